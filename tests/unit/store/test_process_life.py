"""Whether a process has certainly ended."""

from __future__ import annotations

import os
import platform

from nbmlops.store.process_life import is_over, life_of

HERE = platform.node()


def _ended() -> tuple[int, str]:
    """A process that has ended, and what told it from others."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.read(reader, 1)
        os._exit(0)
    life = life_of(process)
    assert life is not None
    os.write(writer, b"x")
    os.waitpid(process, 0)
    os.close(reader)
    os.close(writer)
    return process, life


def test_a_process_is_over_when_it_has_ended() -> None:
    mine = life_of(os.getpid())
    assert mine is not None
    assert not is_over(os.getpid(), mine, HERE)
    assert is_over(*_ended(), HERE)


def test_a_process_that_waits_for_its_parent_to_notice_is_over() -> None:
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.read(reader, 1)
        os._exit(0)
    life = life_of(process)
    assert life is not None
    os.write(writer, b"x")
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert is_over(process, life, HERE)
    os.waitpid(process, 0)


def test_another_process_of_the_same_number_is_not_the_same() -> None:
    mine = life_of(os.getpid())
    assert mine is not None
    boot, place, began = mine.split()
    assert is_over(os.getpid(), f"{boot} {place} {int(began) - 1}", HERE)
    assert is_over(os.getpid(), f"00000000 {place} {began}", HERE)  # the machine was restarted


def test_of_another_machine_or_container_nothing_is_certain() -> None:
    process, life = _ended()
    boot, _, began = life.split()
    assert not is_over(process, life, f"not-{HERE}")
    assert not is_over(process, f"{boot} pid:[1] {began}", HERE)
    assert not is_over(process, "", HERE)

"""A run is lost only when its process is certainly gone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import psutil

from nbmlops.execution.process import has_vanished, this_process


def test_a_living_process_has_not_vanished() -> None:
    assert not has_vanished(this_process())


def test_an_ended_process_has_vanished_even_where_nobody_waited_for_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        started = psutil.Process(child.pid).create_time()
        identity = replace(this_process(), process=child.pid, started_at=started)
        assert not has_vanished(identity)
        child.kill()
        while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        assert has_vanished(identity)
    assert has_vanished(identity)


def test_a_reused_process_id_is_another_process() -> None:
    assert has_vanished(replace(this_process(), started_at=1.0))


def test_a_process_on_another_host_is_never_certain() -> None:
    assert not has_vanished(replace(this_process(), host="elsewhere", process=2**22 + 7))

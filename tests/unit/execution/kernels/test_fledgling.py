"""What a forked kernel is told by its command line."""

from __future__ import annotations

import pytest
from ipykernel.kernelapp import IPKernelApp

from nbmlops.execution.kernels.fledgling import names_connection_file, take_connection_file


@pytest.mark.parametrize("others", [[], ["--HistoryManager.hist_file=:memory:"]])
@pytest.mark.parametrize("path", ["/run/kernel-1.json", "/a b/{x}=1/--kernel.json"])
def test_a_connection_file_is_taken_as_the_kernel_itself_would(
    path: str, others: list[str]
) -> None:
    arguments = ["-f", path, *others]
    assert names_connection_file(arguments)
    read, taken = IPKernelApp(), IPKernelApp()
    read.parse_command_line(arguments)
    take_connection_file(taken, arguments)
    for name in ("argv", "extra_args", "cli_config", "config", "connection_file"):
        assert getattr(taken, name) == getattr(read, name)


@pytest.mark.parametrize(
    "arguments",
    [(), ("-f",), ("-f", "relative.json"), ("-f", "/a.json", "--debug"), ("--f=/a.json", "/b")],
)
def test_any_other_command_line_is_left_to_the_kernel(arguments: tuple[str, ...]) -> None:
    assert not names_connection_file(arguments)

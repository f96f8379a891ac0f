"""On which line of a cell an exception came out."""

from __future__ import annotations

import pickle

import pytest

from nbmlops.capture.failure import failure_of, line_of


def error_of(source: str, *, above: int = 0, file: str = "<cell>") -> BaseException:
    """What running a cell's code raises; ``above`` lines of it are dropped first."""
    code = "\n".join(source.split("\n")[above:])
    try:
        exec(compile(code, file, "exec"), {})
    except (ArithmeticError, SyntaxError) as error:
        return error
    raise AssertionError("it raised nothing")


def test_it_is_the_cells_own_line_not_that_of_the_function_it_calls() -> None:
    source = "def f():\n    return 1 / 0\n\nf()"
    assert line_of(error_of(source), source) == 4


def test_empty_lines_above_count() -> None:
    source = "\n\n\n1 / 0"
    assert line_of(error_of(source, above=3), source) == 4


def test_lines_below_a_timing_magic_are_counted_from_it() -> None:
    source = "%mlops track s\n%%time\n\nx = 1\n1 / 0"
    assert line_of(error_of(source, above=3, file="<timed exec>"), source) == 5


def test_a_double_percent_inside_a_string_is_no_magic() -> None:
    source = 'x = """\n%%time\n"""\n1 / 0'
    assert line_of(error_of(source), source) == 4


def test_a_syntax_error_has_its_own_line() -> None:
    source = "\nx = 1\ny = = 2"
    assert line_of(error_of(source, above=1), source) == 3


def test_an_error_from_nowhere_has_no_line() -> None:
    assert line_of(KeyboardInterrupt(), "x") is None


def test_a_message_that_cannot_be_made_is_no_second_failure() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    failure = failure_of(OddError(), source="", step="s", cell_id="c")
    assert failure.kind == "OddError"
    assert failure.message == "(its message cannot be shown)"


@pytest.mark.parametrize("depth", [10, 5000])
def test_a_long_traceback_keeps_its_end(depth: int) -> None:
    def fall(n: int) -> None:
        if n == 0:
            raise ValueError("at the bottom" + "!" * depth * 10)
        fall(n - 1)

    with pytest.raises(ValueError, match="at the bottom") as caught:
        fall(5)
    failure = failure_of(caught.value, source="", step=None, cell_id=None)
    assert len(failure.traceback) <= 20_000
    assert failure.traceback.rstrip().endswith("!")
    assert pickle.loads(pickle.dumps(failure)) == failure

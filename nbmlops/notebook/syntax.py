"""A cell as Python: the only door to IPython's input transformations."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from nbmlops.errors import CellSyntaxError

_PYTHON = """
    capture heat lprun memit mlops mprun prun pyinstrument scalene snakeviz time timeit
"""
_FOREIGN = """
    ! HTML R SVG bash cmd file html javascript js latex markdown perl pypy python python2 python3
    ruby script sh sql svg sx system writefile
"""

PYTHON_CELL_MAGICS = frozenset(_PYTHON.split())
"""Cell magics whose body is Python of this kernel."""

FOREIGN_CELL_MAGICS = frozenset(_FOREIGN.split())
"""Cell magics whose body is something else, with no effect on names but by their options."""

STATEMENT_MAGICS = frozenset(["capture", "lprun", "memit", "mprun", "prun", "time", "timeit"])
"""Line magics whose argument is Python of this kernel."""

TIMED_FUNCTION = "<timeit>"
"""The function that stands for what ``timeit`` runs: names that it binds are its own."""

_RUNNING_MAGICS = frozenset(["getoutput", "magic", "run_line_magic", "system"])
"""Methods of the shell for which a magic or a shell line stands."""

_AUTOMATIC = """
    cat cd conda cp env load_ext ls matplotlib mkdir mv pip popd pushd pwd pylab reload_ext rm rmdir
    run set_env time timeit
"""
_AUTOMAGIC = frozenset(_AUTOMATIC.split())
_SHOWING = """
    dhist dirs hist history ldir less lf lk ll lsmagic lx magic man more quickref who who_ls whos
"""
_LIKE_PYTHON = _AUTOMAGIC | frozenset(_SHOWING.split())
_WORD = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)(?=\s|$)")
_HEADER = re.compile(r"\s*%%(?P<name>\S+)[ \t]*(?P<arguments>.*)")
_OUTPUT = re.compile(
    r"(?:--out|--err|-o)[ =]+(?P<name>[A-Za-z_]\w*)|(?<!\S)(?P<query>[A-Za-z_]\w*)[ ]*=?[ ]*<<"
)
_INPUT = re.compile(r"(?:-i|--input)[ =]+(?P<name>[A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A cell as a tree; line numbers are those of the cell.

    ``text`` is the Python that the tree was made of, line by line that of the cell. ``foreign``
    is the text of another language, with the names that its magic's options read and write.
    ``unknown`` names a cell magic that may do anything.
    """

    tree: ast.Module
    text: str
    foreign: str | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    unknown: str | None = None


@lru_cache(maxsize=8)  # a cell that runs is read for what it does and for its version
def parse(source: str) -> Parsed:
    """Read a cell's source; the tree is shared, and not to be changed.

    Raises:
        CellSyntaxError: the cell is not Python.
    """
    return _parse(source)


def _parse(source: str) -> Parsed:
    header, body, skipped = _split(source)
    if header is None:
        text, tree = _python(source)
        tree.body = _spliced(tree.body)
        return Parsed(tree=tree, text=text)
    name, arguments = header
    if name not in PYTHON_CELL_MAGICS:
        return _foreign(name, arguments, source)
    inner = _parse("\n" * skipped + body) if _split(body)[0] is None else _nested(body, skipped)
    outputs = (_captured(arguments) if name == "capture" else ()) + inner.outputs
    tree = _timed(inner.tree, arguments) if name == "timeit" else inner.tree
    return Parsed(
        tree=tree,
        text=inner.text,
        foreign=inner.foreign,
        inputs=inner.inputs,
        outputs=outputs,
        unknown=inner.unknown,
    )


def _nested(body: str, skipped: int) -> Parsed:
    inner = _parse(body)
    ast.increment_lineno(inner.tree, skipped)
    return Parsed(
        tree=inner.tree,
        text="\n" * skipped + inner.text,
        foreign=inner.foreign,
        inputs=inner.inputs,
        outputs=inner.outputs,
        unknown=inner.unknown,
    )


def _split(source: str) -> tuple[tuple[str, str] | None, str, int]:
    """The cell magic with its arguments, the body below it, and the lines above the body."""
    lines = source.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or not lines[first].lstrip().startswith("%%"):
        return None, source, 0
    match = _HEADER.match(lines[first])
    if match is None:
        return None, source, 0
    header = (match["name"], match["arguments"].strip())
    return header, "".join(lines[first + 1 :]), first + 1


def _foreign(name: str, arguments: str, source: str) -> Parsed:
    return Parsed(
        tree=ast.Module(body=[], type_ignores=[]),
        text="",
        foreign=source,
        inputs=tuple(match["name"] for match in _INPUT.finditer(arguments)),
        outputs=outputs_of(arguments),
        unknown=None if name in FOREIGN_CELL_MAGICS else f"%%{name}",
    )


def outputs_of(arguments: str) -> tuple[str, ...]:
    """The names that the options of a magic bind: ``--out x``, ``rows <<``."""
    return tuple(match["name"] or match["query"] for match in _OUTPUT.finditer(arguments))


def _captured(arguments: str) -> tuple[str, ...]:
    return tuple(word for word in arguments.split() if word.isidentifier())


def _python(source: str) -> tuple[str, ast.Module]:
    """A cell without a cell magic; what is Python as it stands needs no IPython."""
    try:
        return source, _tree(source)
    except CellSyntaxError:
        text = _transform(_marked(source))
        return text, _tree(text)


def _marked(source: str) -> str:
    """A cell of one line with a magic that is no Python: ``cd data`` is ``%cd data``."""
    words = source.split()
    if words and words[0] in _AUTOMAGIC and len(source.strip().splitlines()) == 1:
        return source.replace(words[0], f"%{words[0]}", 1)
    return source


def marked(source: str, bound: Container[str]) -> str:
    """A cell of one line with a magic that reads as Python: ``pwd`` is ``%pwd``, if it is no name.

    IPython takes ``ls -l`` for a magic where nothing is called ``ls``, and else for a subtraction.

    Args:
        source: the cell.
        bound: the names that are there before it.

    >>> marked("ls -l", bound={"l"}), marked("ls", bound={"ls"}), marked("env = 1", bound=())
    ('%ls -l', 'ls', 'env = 1')
    """
    found = _WORD.match(source)
    name = found["name"] if found is not None else ""
    if name not in _LIKE_PYTHON or name in bound or len(source.strip().splitlines()) != 1:
        return source
    try:
        body = _tree(source.strip()).body
    except CellSyntaxError:
        return source
    return source.replace(name, f"%{name}", 1) if isinstance(body[0], ast.Expr) else source


@lru_cache(maxsize=256)  # a cell is read for what it does, for its version and for its imports
def _transform(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    lead = len(source) - len(source.lstrip("\r\n"))
    # IPython drops leading empty lines; they are put back so that line numbers stay
    blank = "".join(character for character in source[:lead] if character == "\n")
    try:
        manager = TransformerManager()
        return blank + manager.transform_cell(source[lead:])
    except SyntaxError as error:
        raise CellSyntaxError(error.msg, (error.lineno or 1) + len(blank)) from error


def _tree(text: str) -> ast.Module:
    try:
        with _without_warnings():  # a cell's invalid escapes are the author's business
            tree = ast.parse(text)
    except SyntaxError as error:
        raise CellSyntaxError(error.msg, error.lineno or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise CellSyntaxError(str(error) or "the code is nested too deeply", 1) from error
    return tree


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Ignore warnings, without `catch_warnings`.

    That makes Python forget which warnings it has shown, and a kernel would show those of a
    library again after each cell.
    """
    import warnings

    filters = cast("list[object]", warnings.filters)  # documented as a sequence; it is a list
    ignore = ("ignore", None, Warning, None, 0)
    filters.insert(0, ignore)
    try:
        yield
    finally:
        filters.remove(ignore)


def _timed(tree: ast.Module, setup: str) -> ast.Module:
    """What ``timeit`` does: the body, and the set-up code on its line, become a function."""
    code = _without_options(setup)
    before = _tree(code).body if code else []
    return ast.Module(body=_as_function(before + tree.body), type_ignores=[])


def _as_function(body: list[ast.stmt]) -> list[ast.stmt]:
    if not body:
        return []
    template = ast.parse("def f():\n    pass").body[0]
    if isinstance(template, ast.FunctionDef):
        template.name, template.body = TIMED_FUNCTION, body
    return [ast.copy_location(template, body[0])]


def _without_options(arguments: str) -> str:
    """The code behind a magic's options: ``-n 10 f(x)`` is ``f(x)``."""
    words = arguments.split(" ")
    while words and (words[0].startswith("-") or not words[0]):
        option = words.pop(0)
        takes_value = re.fullmatch(r"-[nrptlsDT]", option) and words
        if takes_value and (words[0].isdigit() or option in ("-l", "-s", "-D", "-T")):
            words.pop(0)
    return " ".join(words)


def _spliced(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements with the Python inside ``%time …`` and its like in place of the magic."""
    result: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Assign):
            result.append(statement)
            continue
        if isinstance(statement, ast.Expr):
            result += _inlined(statement)
            continue
        for holder in [statement, *getattr(statement, "handlers", ())]:
            for name in ("body", "orelse", "finalbody"):
                if getattr(holder, name, None):
                    setattr(holder, name, _spliced(getattr(holder, name)))
        for case in getattr(statement, "cases", ()):
            case.body = _spliced(case.body)
        result.append(statement)
    return result


def _inlined(statement: ast.Expr) -> list[ast.stmt]:
    found = line_magic(statement.value)
    if found is None or found[0] not in STATEMENT_MAGICS:
        return [statement]
    name, arguments = found
    body = _tree(_transform(_without_options(arguments))).body
    for part in (part for inner in body for part in ast.walk(inner)):
        if isinstance(part, ast.expr | ast.stmt):
            part.lineno = part.end_lineno = statement.lineno
    body = _spliced(body)
    inlined = _as_function(body) if name == "timeit" else body
    return inlined or [ast.copy_location(ast.Pass(), statement)]


def line_magic(node: ast.expr) -> tuple[str, str] | None:
    """The name and arguments of ``%name arguments``; shell lines are called ``!`` and ``!!``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return None
    if node.func.attr not in _RUNNING_MAGICS or not _is_shell(node.func.value):
        return None
    words = [part.value for part in node.args if isinstance(part, ast.Constant)]
    if node.func.attr in ("system", "getoutput"):
        return ("!" if node.func.attr == "system" else "!!", str(words[0]) if words else "")
    if node.func.attr == "run_line_magic" and len(words) == 2:  # noqa: PLR2004  # name, arguments
        return str(words[0]), str(words[1])
    if node.func.attr == "magic" and words:
        name, _, arguments = str(words[0]).lstrip("%").partition(" ")
        return name, arguments
    return None


def _is_shell(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id == "get_ipython"

"""What a call does: the rules of `known`, applied."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.effects import ANY_FILE, CODE, PART, SAME, Harmless, Holds
from nbmlops.notebook.dataflow.escaping import Escaping
from nbmlops.notebook.dataflow.expressions import dotted
from nbmlops.notebook.dataflow.handed import may_call
from nbmlops.notebook.dataflow.settings import Call, is_constant
from nbmlops.notebook.dataflow.sql_texts import magic_only_asks
from nbmlops.notebook.dataflow.state import shallow, union, weaker
from nbmlops.notebook.tree import walk

_MENTION = re.compile(r"(?:[{$]+|(?<![:\w]):)([A-Za-z_]\w*)")
_QUERY_NAME = re.compile(r"@([A-Za-z_]\w*)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ROOT = re.compile(r"(?<![\w.*-])[A-Za-z_]\w*")
_LOOKING_UP = frozenset(["page", "pdef", "pdoc", "pfile", "pinfo", "pinfo2", "psearch", "psource"])
_LISTING_NAMES = frozenset(["who", "who_ls", "whos"])
_INPUTS_OF_NUMPY = 2
_OPERATORS = known.UNARY | known.BINARY
_QUERYING = known.SQL_PACKAGES - {"polars"}
_REBINDING_MAGICS = frozenset(
    ["run", "load", "reset", "reset_selective", "recall", "rerun", "macro", "edit", "xdel"]
)
_DOORS = frozenset(["__import__", "eval", "exec", "execfile", "globals"])
_IN_PLACE = (("copy", True), ("copy_X", True), ("copy_x", True), ("inplace", False))
_WRITING = re.compile(r"[rbt]*[wax+][rbtwax+]*")
_ABOUT_FILES = known.FILE_WRITERS | known.FILE_READERS | known.SAVES | {"open"}
_DRAWING_NAMES = re.compile(r"torch\.(rand|normal|bernoulli|multinomial|nn\.)|tensorflow\.random\.")
_RUNNING = frozenset(
    ["drop_by_id", "del_var", "ev", "ex", "find_cell_magic", "find_line_magic", "find_magic",
     "magic", "push", "reset", "reset_selective", "run_cell", "run_cell_async", "run_cell_magic",
     "run_code", "run_line_magic", "safe_execfile", "safe_execfile_ipy", "safe_run_module"]
)  # fmt: skip
_RUNNING_BY_NAME = _RUNNING - {"ev", "magic", "push", "reset", "reset_selective"}
_PATH_METHODS = frozenset(["mkdir", "touch", "unlink", "write_bytes", "write_text"])


OF_WHAT = "[]"
"""Stands behind a name in a call of a method of what an expression with that name gives."""


def _names_in(node: ast.expr) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


class Calls(Escaping):
    """Walks calls."""

    def statement(self, node: ast.expr) -> None:
        """Evaluate an expression that is a statement."""
        if isinstance(node, ast.Await):
            self.statement(node.value)
        elif isinstance(node, ast.Call):
            self._called(node, alone=True)
        else:
            self.value(node)

    def _call(self, node: ast.Call) -> Holds:
        return self._called(node, alone=False)

    def _called(self, node: ast.Call, *, alone: bool) -> Holds:
        magic = syntax.line_magic(node)
        if magic is not None:
            self._magic(*magic)
            return {}
        call = self._read(node, alone=alone)
        self._special(call)
        self._random(call)
        self.set_up(call)
        if call.name in _ABOUT_FILES:
            self._files(call)
        self._outside(call)
        self.hand_out(call)
        if may_call(node.func, call.name, call.full):
            self.hand(node, call.full, call.receiver, call.arguments)
        holds = {**self._effect(call), **self.opened(node)}
        if call.full and not self.is_inert(call.full):
            holds = union([holds, {f"pkg:{call.package}": PART}])
        return holds

    def _outside(self, call: Call) -> None:
        """What may change something that no name of the notebook holds."""
        if call.full == "warnings.warn" or (call.name in known.LOGS and call.node.args):
            self.act(known.LOGGED)
        renames = call.name in ("rename", "replace") and len(call.arguments) == 1
        writes = call.name in _ABOUT_FILES and (
            call.name in known.FILE_WRITERS or self._opens_to_write(call)
        )
        renames = renames and not call.keywords
        of_value = not call.full and call.is_method and call.name in known.KNOWN_METHODS
        sets = call.name.startswith(known.SETTING_WORDS) and not of_value
        if writes or renames or sets:
            self.act(call.name)
        elif call.full:
            if not self.is_inert(call.full):
                self.act(call.full)
            self.found.may_draw |= call.package in known.MAY_DRAW
            self.found.draws_figures |= call.full.startswith(("matplotlib.pyplot.", "seaborn."))
            self.found.keeps_figures |= (
                call.package == "matplotlib" and call.name in known.KEEPING_FIGURES
            )
        elif call.is_method:
            if call.name not in known.KNOWN_METHODS:
                self.act(f".{call.name}()")
            self.found.may_draw |= call.name in ("split", "resample", "choice")
            self.found.draws_figures |= call.name in ("plot", "hist", "boxplot")
        elif isinstance(call.node.func, ast.Name):
            self._calls_name(call.node.func.id)
        else:
            self.act("a call of what a call returned")
            self.touch(weaker(call.callee), PART)

    def _calls_name(self, name: str) -> None:
        if self.scope.find(name) != name:
            self.act(f"{name}()")
            self.touch(weaker(self.load(name)), PART)
        elif not (name in known.BUILTINS and name not in self.found.writes):
            self.found.called.add(name)

    def _read(self, node: ast.Call, *, alone: bool) -> Call:
        """Evaluate callee and arguments, in order."""
        words = dotted(node.func)
        full = self.origin(words)
        self.look(node, words, full)
        receiver: Holds = {}
        callee: Holds = {}
        if isinstance(node.func, ast.Attribute):
            receiver = self.place(node.func.value)
            name = node.func.attr
        else:
            callee = self.value(node.func)
            name = words[0] if words else ""
        if full:
            name = full.rpartition(".")[2]
        if words:
            self.found.calls.add(full or ".".join(words))
        elif isinstance(node.func, ast.Attribute):
            self.found.calls |= {f"{one}{OF_WHAT}.{name}" for one in _names_in(node.func.value)}
        named = node.keywords
        given = [*node.args, *[word.value for word in named]] if named else node.args
        return Call(
            node=node,
            words=words,
            name=name,
            full=full,
            package=full.partition(".")[0],
            is_method=isinstance(node.func, ast.Attribute),
            receiver=receiver,
            callee=callee,
            given=given,
            arguments=[self.value(part) for part in given],
            keywords={word.arg: word.value for word in named if word.arg} if named else {},
            alone=alone,
        )

    def _effect(self, call: Call) -> Holds:
        """What changes in place; returns what the result holds."""
        given = weaker(union(call.arguments))
        if call.node.keywords:
            self._named(call, given)
        if call.full:
            return self._library(call, given)
        if call.is_method:
            return self._method(call, given)
        return self._function(call, given)

    def _named(self, call: Call, given: Holds) -> None:
        """What named arguments have a call change."""
        words = call.keywords
        unseen = None in [word.arg for word in call.node.keywords]
        changes = [not is_constant(words[word], fine) for word, fine in _IN_PLACE if word in words]
        if unseen or any(changes):
            self._may_touch(given)
            if unseen:
                self._may_touch(weaker(call.receiver))
            elif call.is_class:
                self.unknown(f"{call.name}(copy=False)")
        for word, part in words.items():
            if word in ("ax", "axes", "fig"):
                self.draw_on(self.value(part))
            elif word == "out":
                self.touch(self.value(part))
            elif word == "inplace" and not (isinstance(part, ast.Constant) and not part.value):
                self.touch(call.receiver)

    def _library(self, call: Call, given: Holds) -> Holds:
        """A call of something imported: the module stays, arguments may change."""
        mutating = call.name in known.MUTATING_FUNCTIONS
        known_pure = call.package in known.PURE_PACKAGES or call.name in known.READ_ONLY
        pure = (known_pure or call.is_class) and not mutating
        # what a call by itself is there for: np.add(a, 1, a)
        inputs = 1 if call.name in known.UNARY else _INPUTS_OF_NUMPY
        fresh = call.name in known.FRESH and len(call.node.args) <= inputs
        if call.package == "numpy" and call.name in _OPERATORS:
            self._may_touch(weaker(union(call.arguments[inputs : len(call.node.args)])))
        pure = pure and not (call.alone and call.package == "numpy" and not fresh)
        pure = pure and call.package != "operator"
        if not pure or self._of_class(call):
            self._may_touch(given)
            if mutating or call.package == "operator":
                first, *others = call.arguments or [{}]
                self.put(weaker(union(others)), into=first)
            if call.alone and not mutating and call.package not in known.INERT_PACKAGES:
                self.touch(self.load(call.words[0]), PART)
        shares = not pure or call.is_class or call.name in known.VIEWS
        shares = shares or call.package in known.SHARING_PACKAGES
        shares = shares or any(word in call.keywords for word, _ in _IN_PLACE)
        shares = shares or (call.package == "numpy" and call.name not in known.FRESH)
        # of n=0 it is what was given
        shares |= call.full == "numpy.diff" and (len(call.node.args) > 1 or "n" in call.keywords)
        if call.full in known.COPYING_FUNCTIONS and "copy" not in call.keywords:
            return shallow(given)
        if call.full in ("copy.copy", "copy.replace"):
            return given  # an instance of a class shares what it holds with its copy
        if not shares and call.name in known.SHALLOW and call.package in known.OF_TABLES:
            given = shallow(given)
        elif not shares:
            given = {}
        return union([given, dict.fromkeys(call.callee, CODE)])

    def _method(self, call: Call, given: Holds) -> Holds:
        """A method of a value."""
        everything = union([weaker(call.receiver), given])
        if call.name not in known.DISPLAYS:
            self.draw_on(call.receiver)
        if call.name in known.READ_ONLY:
            if "copy" in call.keywords and not is_constant(call.keywords["copy"], True):
                return everything
            if call.alone and len(call.node.args) > 1:
                self._may_touch(given)
            if call.name in known.SHALLOW:
                return shallow(union([call.receiver, given]))
            return everything if call.name in known.VIEWS else {}
        certain = call.alone and call.name in known.MUTATORS
        self.touch(call.receiver, SAME if certain else PART)
        if call.name in known.ESTIMATOR_METHODS:
            return weaker(call.receiver)
        if call.name not in known.MUTATORS or self._of_class(call):
            self._may_touch(given)
        self.put(given, into=call.receiver)
        return everything

    @staticmethod
    def _of_class(call: Call) -> bool:
        """Whether a method is called on a class, so that it changes its argument."""
        if call.full:
            owner = call.full.split(".")[-2:-1]
            quiet = call.name in known.QUIET_RESULTS or call.name.startswith("from_")
            return not quiet and not call.is_class and bool(owner) and owner[0][:1].isupper()
        root = call.words[:1]
        return bool(root) and (root[0] in known.BUILTINS or root[0][:1].isupper())

    def _function(self, call: Call, given: Holds) -> Holds:
        """A function of the notebook, a builtin, or the result of an expression."""
        builtin = isinstance(call.node.func, ast.Name) and call.callee == {call.name: SAME}
        if builtin and call.name in known.PURE_BUILTINS:
            makes_class = call.name == "type" and len(call.arguments) > 1
            return given if makes_class else {}
        if builtin and call.name in known.ALIASING_BUILTINS:
            if call.name == "getattr" and len(call.node.args) > 1:
                module, member = self.origin(dotted(call.node.args[0])), call.node.args[1]
                self._refer_to(f"{module}.{getattr(member, 'value', '')}")
            return given
        if call.name in ("setattr", "delattr") and builtin and call.arguments:
            self.touch(call.arguments[0])
            self.put(given, into=call.arguments[0])
            return {}
        if call.name in known.READ_ONLY and call.name in ("deepcopy", "copy"):
            return {}
        how = self._harmless(call.node.func) if given else None
        if how is not None:
            return self._left_alone(call, given, how)
        self._may_touch(given)
        # the function may keep what it is given, or put one argument into another
        self.put(given, into=given)
        self.give(given, to=call.callee)
        return union([given, dict.fromkeys(call.callee, CODE)])

    def _harmless(self, called: ast.expr) -> Harmless | None:
        """How harmless a function of an earlier cell is, called by its name; `None` if not."""
        if not isinstance(called, ast.Name) or self.scope.find(called.id) != called.id:
            return None
        return None if called.id in self.found.writes else self.harmless.get(called.id)

    def _left_alone(self, call: Call, given: Holds, how: Harmless) -> Holds:
        """A function that is known to leave what it is given alone, but for drawing on it."""
        self.draw_on(given)
        if how.opens:
            self.touch(shallow(given), PART)
        return union([given if how.shares else {}, dict.fromkeys(call.callee, CODE)])

    def _may_touch(self, holds: Holds) -> None:
        if holds:
            own = {thing: sure for thing, sure in holds.items() if not self.is_import(thing)}
            self.touch(own, PART)

    def _special(self, call: Call) -> None:
        """Builtins and doors to the namespace whose effects the code does not tell."""
        at_top = self.scope.kind in ("module", "class")
        if call.is_method:
            runs = call.name in _RUNNING
            if runs and (call.name in _RUNNING_BY_NAME or self.names_shell(call.node.func)):
                self.unknown(f"get_ipython().{call.name}()")
        elif call.name in _DOORS or (
            at_top and (call.name == "locals" or (call.name == "vars" and not call.arguments))
        ):
            self.unknown(f"{call.name}()")
        asks = call.name in known.SQL_METHODS and (call.is_method or bool(call.full))
        if asks or call.package in _QUERYING or call.name == "sqldf":
            self._sql(call)
        if call.name == "register_globals" or "register_globals" in call.keywords:
            self.unknown("register_globals", writes=False)
        if call.full.startswith(known.FORMULAS) or call.name in known.FORMULA_FUNCTIONS:
            self._formula(call)
        if call.is_method and call.name in ("query", "eval"):
            self._query(call)

    def _query(self, call: Call) -> None:
        """Names in the text of a query; `pandas.eval` takes them without a mark."""
        pattern = _WORD if call.full == "pandas.eval" else _QUERY_NAME
        for part in _texts(call, "expr"):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self._mention(pattern.findall(part.value))
            else:
                self.unknown(f"{call.name}() of a text that is not written there", writes=False)

    def _sql(self, call: Call) -> None:
        """Tables in a text may be names of the notebook: DuckDB and Polars look for them."""
        sure = bool(self.imported.those(_is_of_sql))
        packages = frozenset[str]() if sure else known.SQL_PACKAGES
        for part in _texts(call, "query", "sql", "q"):
            if not isinstance(part, ast.Constant):
                reason = f"{call.name}() of a text that is not written there"
                self.unknown(reason, writes=False, packages=packages)
            elif sure or self.scope.in_function:  # it may be imported before the call
                self._mention(_WORD.findall(str(part.value)))
            else:
                self.found.queried.update(self._from_before(_WORD.findall(str(part.value))))

    def _formula(self, call: Call) -> None:
        """Names in a formula are those of the data, or of whoever calls."""
        for part in _texts(call, "formula", "formula_like", "ex"):
            if isinstance(part, ast.Constant):
                self._mention(_WORD.findall(str(part.value)))
            else:
                self.unknown(f"{call.name}() of a text that is not written there", writes=False)

    def _random(self, call: Call) -> None:
        """Seeds and draws of the global random generators."""
        if call.name in known.SEEDS and (call.full or not call.is_method):
            self.shift(known.RANDOM, reads=False)
        elif self._draws(call):
            self.shift(known.RANDOM, reads=True)

    def _draws(self, call: Call) -> bool:
        if call.full.startswith(("random.", "numpy.random.")):
            return call.name not in known.GENERATORS
        if call.full and _DRAWING_NAMES.match(call.full):
            return True
        guesses = call.name in known.GUESSES and self.imported.those(_is_a_dummy)
        if call.name not in known.DRAWS and not guesses:
            return False
        inner = [part for part in walk(call.node) if isinstance(part, ast.keyword)]
        return not any(part.arg in known.OWN_STATE for part in inner)

    def _files(self, call: Call) -> None:
        """Files that are written, named by the strings and variables in the arguments."""
        self._file_names(call)
        if call.name not in known.SAVES and not self._opens_to_write(call):
            return
        # json.dump(data, file): the data is not what changes
        inner = [*call.node.args[call.name == "dump" :], *call.keywords.values()]
        if call.name in _PATH_METHODS:
            inner.append(call.node.func)
        for part in (found for argument in inner for found in walk(argument)):
            if isinstance(part, ast.Name) and self.scope.find(part.id) == part.id:
                if self.imported.get(part.id) is None:
                    self.found.saves.add(part.id)
            elif isinstance(part, ast.Constant) and part.value in self.found.literals:
                self.found.saves.add(str(part.value))

    def _file_names(self, call: Call) -> None:
        """Which files the call may read or write, as far as it says."""
        writes = call.name in known.FILE_WRITERS or self._opens_to_write(call)
        if not writes and call.name not in known.FILE_READERS:
            return
        parts = call.node.args[: 1 if call.name == "open" else 2]
        if call.name in ("write", "write_bytes", "write_text"):
            parts = []  # what is given is content
            receiver = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
            if call.name == "write" and isinstance(receiver, ast.Call):
                return  # such as open("a", "w").write(…)
        if isinstance(call.node.func, ast.Attribute) and not call.full:
            parts = [*parts, call.node.func.value]
        leaves = [leaf for part in parts for leaf in walk(part)]
        texts = [
            n.value for n in leaves if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        names = {text.replace("\\", "/").rstrip("/").rpartition("/")[2] for text in texts}
        told = {name for name in names if name not in ("", ".", "..")}
        computed = (ast.JoinedStr, ast.BinOp, ast.Subscript)
        sure = bool(told) and not any(isinstance(leaf, computed) for leaf in leaves)
        target = self.found.files_written if writes else self.found.files_read
        target.update(told if sure else {*told, ANY_FILE})

    def _opens_to_write(self, call: Call) -> bool:
        if call.name != "open":
            return False
        modes = [*call.node.args[1:2], *filter(None, [call.keywords.get("mode")])]
        if call.is_method and not call.full:  # Path("a").open("w")
            modes += call.node.args[:1]
        return any(
            not isinstance(mode, ast.Constant) or _WRITING.fullmatch(str(mode.value))
            for mode in modes
        )

    def _magic(self, name: str, arguments: str, *, acts: bool = True) -> None:
        """A line magic or a shell line."""
        if acts:
            self._magic_outside(name, arguments)
        self._mention([*_MENTION.findall(arguments), *_looked_up(name, arguments)])
        if name in ("!", "!!"):
            words = {word.strip("'\"") for word in arguments.split()}
            self.found.literals.update(word for word in words if "." in word or "/" in word)
            self.found.saves.update(word for word in words if "." in word or "/" in word)
        elif name == "sql":
            self._sql_magic(arguments)
            for made in syntax.outputs_of(arguments):
                self.store(made, {})
        else:
            self._magic_inside(name, arguments)

    def _magic_inside(self, name: str, arguments: str) -> None:
        """What a line magic may change of the names, and of the process."""
        if name in _REBINDING_MAGICS | _LISTING_NAMES:
            self.unknown(f"%{name}", writes=name not in _LISTING_NAMES)
        elif name == "store":
            self.unknown("%store", reads="-r" not in arguments)
        elif name in known.SETTING_MAGICS:
            self.shift(known.PROCESS, reads=False)
            if name == "pylab":
                self.unknown("%pylab", reads=False)
        elif name == "load_ext":
            if arguments.split()[:1] != ["nbmlops"]:
                self.shift(known.PROCESS, reads=False)
        elif name not in known.STILL_MAGICS | known.INERT_MAGICS:
            self.unknown(f"%{name}")

    def _sql_magic(self, text: str) -> None:
        """Queries name variables, and some databases find frames by their names."""
        self._mention(_WORD.findall(text))
        if not magic_only_asks(text):
            self.shift(known.PROCESS, reads=False)

    def _magic_outside(self, name: str, arguments: str) -> None:
        """What a magic may change that no name of the notebook holds."""
        ours = name == "load_ext" and arguments.split()[:1] == ["nbmlops"]
        if name not in known.INERT_MAGICS and name not in known.SETTING_MAGICS and not ours:
            self.act("a shell line" if name in ("!", "!!") else f"%{name}")
            self.found.files_written.add(ANY_FILE)
            self.found.files_read.add(ANY_FILE)
        if name == "matplotlib" and arguments.strip() not in ("", "inline"):
            self.found.keeps_figures = True

    def _mention(self, names: Sequence[str]) -> None:
        self.found.soft_reads.update(self._from_before(names))
        self.found.uses.update(names)

    def _from_before(self, names: Sequence[str]) -> set[str]:
        """Those that are what the cells above have left, as far as they know them."""
        bound = self.point.bound
        return {name for name in names if self.scope.find(name) == name and name not in bound}


def _looked_up(magic: str, arguments: str) -> Sequence[str]:
    """The names that a magic shows something of, as ``df?`` and ``%psource f`` do."""
    return _ROOT.findall(arguments) if magic in _LOOKING_UP else ()


def _is_of_sql(origin: str) -> bool:
    return origin.partition(".")[0] in known.SQL_PACKAGES


def _is_a_dummy(origin: str) -> bool:
    return "dummy" in origin


def _texts(call: Call, *words: str) -> Sequence[ast.expr]:
    """The text that a call is given first, or by name."""
    return call.node.args[:1] or [call.keywords[word] for word in words if word in call.keywords]

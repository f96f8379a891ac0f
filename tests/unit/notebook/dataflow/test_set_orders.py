"""The order of a set reaches a result where it goes through something that has an order."""

from __future__ import annotations

import pytest

from nbmlops.notebook.dataflow.set_orders import reaches_results

ONCE = "class Once:\n    def __init__(self, words):\n        self.words = set(words)\n"

FREE = (
    "fruit = rows[rows.kind.isin({'apple', 'pear'})]",
    "known = kind in {'apple', 'pear'}",
    "count = len(set(kinds))",
    "kinds = sorted(set(kinds), reverse=True)",
    "first = min({*kinds})",
    "both = sorted(set(kinds) & set(others) - {'pear'})",
    "missing = sorted(wanted.keys() - given.keys())",
    "is_there = bool(set(kinds) or frozenset(others))",
    "same = set(kinds) == {*others}",
    "found = any(word in text for word in {'apple', 'pear'})",
    "found = {word.lower() for word in set(words)} <= known",
    "short = sum(len(word) for word in {'apple', *words})",
    "squares = [n * n for n in {1, 2, 3}]",
    "ends = [n for n in set(range(9))]",
    "lengths = list({len(word) for word in words})",
    "seen = set()\nfor word in words:\n    if word not in seen:\n        seen.add(word)",
    f"{ONCE}\n    def knows(self, word):\n        return word in self.words",
    "def count(rows: list[set[str]], kinds: set[str] | None = None) -> int:\n    return len(rows)",
    "if isinstance(rows, (list, set)) and type(rows) is not frozenset:\n    n = 1",
    "places = {frozenset(pair): 1 for pair in pairs}[frozenset(one)]",
    "class Word:\n    def __hash__(self):\n        return hash(self.text)",
    "options = {'a': 1, 'b': [2]}",
    "found = re.findall('set of', text)",
)

REACHES = (
    "names = list(set(words))",
    "vectors = [vector(word) for word in {'apple', 'pear'}]",
    "for word in set(words):\n    found.append(word)",
    "first, *others = {'apple', 'pear'}",
    "first = next(iter(set(words)))",
    "text = ' '.join(set(words))",
    "kinds = set(words)\nkinds |= set(others)\nnames = [*kinds]",
    "names = sorted(set(words), key=len)",
    "longest = max(set(words), key=len)",
    "numbers = {word: n for n, word in enumerate(set(words))}",
    "counts.update(set(words))",
    "names = list(a.keys() & b.keys())",
    "groups = defaultdict(set)",
    "groups = list(map(set, rows))",
    "table = pd.DataFrame(columns=set(words))",
    "found = any(note(word) for word in set(words))",
    "total = sum(weight[word] for word in set(words))",
    "def kinds(rows):\n    return set(rows)",
    "print({'apple', 'pear'})",
    "{'apple', 'pear'}",
    "one = set(words).pop()",
    "place = hash(word) % 16",
    f"{ONCE}\n    def names(self):\n        return list(self.words)",
    "pairs = list(zip(set(words), vectors))",
    "chosen = {'apple', 'pear'} if both else {'apple'}\nnames = tuple(chosen)",
    "if (kinds := set(words)):\n    names = list(kinds)",
)

USES = {
    "names = list(words)": True,
    "vectors = [vector(word) for word in words]": True,
    "known = 'apple' in words and len(words) > 2": False,
    "names = sorted(words)": False,
    "counts = describe(words)": True,
    "first = words['fruit']": True,
    "n = 1": False,
    "others = words\nnames = list(others)": True,
}


@pytest.mark.parametrize("source", FREE)
def test_what_has_no_order_is_told(source: str) -> None:
    assert not reaches_results({"": source}, [])


@pytest.mark.parametrize("source", REACHES)
def test_what_has_the_order_of_a_set_is_told(source: str) -> None:
    assert reaches_results({"": source}, [])


@pytest.mark.parametrize("source", USES)
def test_sets_that_names_hold_are_followed(source: str) -> None:
    assert reaches_results({"": source}, ["words"]) is USES[source]


def test_sets_of_modules_are_found_by_those_who_import_them() -> None:
    module = "WORDS = {'apple', 'pear'}\n\ndef is_one(word):\n    return word in WORDS\n"
    assert not reaches_results({"": "import lib\nn = lib.is_one('plum')", "lib.py": module}, [])
    assert reaches_results({"": "import lib\nnames = list(lib.WORDS)", "lib.py": module}, [])
    other = "from lib import WORDS as ALL\n\ndef names():\n    return [*ALL]\n"
    both = {"": "from more import names", "lib.py": module, "more.py": other}
    assert reaches_results(both, [])


def test_cells_that_are_no_python_have_no_sets() -> None:
    assert not reaches_results({"": "%%bash\nset -e; echo {a,b}", "lib.py": "def ("}, ["words"])
    assert reaches_results({"": "%%time\nnames = list(words)"}, ["words"])


def test_a_module_is_read_once_whatever_else_holds_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "def first(rows):\n    kinds = {*rows}\n    return sorted(kinds)  # once\n"
    sources = {"": "total = lib.first(3)", "lib.py": module}
    assert not reaches_results(sources, {"names"})

    def walk(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ast.walk", walk)
    assert not reaches_results(sources, {"words"})
    assert not reaches_results(sources, {"words", "names"})


def test_a_set_that_a_module_takes_by_name_is_found() -> None:
    """A name that is written in another form of the same letters is that name."""
    module = "from notebook import \N{LATIN SMALL LIGATURE FI}les\nrows = list(files)\n"
    assert reaches_results({"": "", "lib.py": module}, {"files"})

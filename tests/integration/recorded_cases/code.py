"""Objects, classes and functions."""

from __future__ import annotations

from tests.integration.recorded_cases.case import CLASS, CLOSURE, COUNTING, Case

OBJECTS = (
    Case("an attribute is set", (CLASS, "box = Box()", "box.x = 1"), "box", "box", needs=(0, 1)),
    Case("an attribute is read", (CLASS, "box = Box()\nbox.x = 1", "y = box.x"), "box", "y"),
    Case("a method sets", (CLASS, "box = Box()", "box.put(1)"), "box", "box", needs=(0, 1)),
    Case(
        "a method keeps what it is given",
        (CLASS, "box = Box()\nL = []", "box.put(L)", "L.append(1)"),
        "L",
        "L box",
        needs=(0, 1, 2),
    ),
    Case("setattr()", (CLASS, "box = Box()", "setattr(box, 'x', 1)"), "box", "box"),
    Case("__dict__", (CLASS, "box = Box()", "box.__dict__['x'] = 1"), "box", "box"),
    Case("vars()", (CLASS, "box = Box()", "vars(box)['x'] = 1"), "box", "box"),
    Case("slots", ("class P:\n    __slots__ = ('x',)", "p = P()", "p.x = 1"), "p", "p"),
    Case(
        "a data class",
        (
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0",
            "p = P()",
            "p.x = 1",
        ),
        "p",
        "p",
        needs=(0, 1),
    ),
    Case(
        "a class attribute is set",
        (CLASS, "box = Box()", "Box.limit = 1"),
        writes="Box box",
        needs=(0, 1),
    ),
    Case(
        "a class attribute changes in place",
        (CLASS, "box = Box()", "Box.shared.append(1)"),
        writes="Box box",
        needs=(0, 1),
    ),
    Case(
        "a class attribute changes through an instance",
        (CLASS, "box = Box()", "box.shared.append(1)"),
        "box",
        "Box box",
        needs=(0, 1),
    ),
    Case(
        "a method is replaced",
        (CLASS, "box = Box()", "def put(self, thing):\n    self.held = 0\nBox.put = put"),
        writes="Box box put",
    ),
    Case(
        "a property that counts its reads",
        (
            COUNTING % "@property\n    def v(self)",
            "c = C()",
            "x = c.v",
        ),
        "c",
        "c x",
        needs=(0, 1),
    ),
    Case(
        "operators that change their operand",
        (
            COUNTING % "def __lt__(self, other)",
            "c = C()",
            "x = c < 1",
        ),
        "c",
        "c x",
    ),
    Case(
        "a method that changes a global",
        ("L = []\nclass C:\n    def put(self):\n        L.append(1)", "c = C()", "c.put()"),
        "L c",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a class that counts its instances",
        (
            "class C:\n    n = 0\n    def __init__(self):\n        type(self).n += 1",
            "c = C()",
            "d = C()",
        ),
        writes="C c d",
    ),
    Case(
        "a new method does not touch other classes",
        ("class C: pass\nclass D: pass\nc, d = C(), D()", "C.x = 1"),
        writes="C c",
    ),
    Case("an instance spares those beside it", (CLASS, "a, b = Box(), Box()", "a.x = 1"), "a", "a"),
    Case(
        "a context manager that changes",
        (
            (
                "class C:\n    n = 0\n    def __enter__(self): self.n += 1\n"
                "    def __exit__(self, *a): pass"
            ),
            "c = C()",
            "with c: pass",
        ),
        "c",
        "c",
    ),
)

FUNCTIONS = (
    Case(
        "a closure counts",
        (
            CLOSURE,
            "count = make()",
            "x = count()",
        ),
        writes="count x",
        needs=(0, 1),
    ),
    Case(
        "a closure holds a list",
        ("def make(kept):\n    return lambda x: kept.append(x)", "L = []\nput = make(L)", "put(1)"),
        writes="L put",
        needs=(0, 1),
    ),
    Case(
        "a global that a function binds",
        ("def f():\n    global g\n    g = 1", "f()"),
        writes="g",
        needs=(0,),
    ),
    Case(
        "a global that a function changes",
        ("L = []", "def f():\n    L.append(1)", "f()"),
        "L",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a default argument that grows",
        ("def f(x, L=[]):\n    L.append(x)\n    return L", "y = f(1)"),
        writes="f y",
        needs=(0,),
    ),
    Case("an attribute of a function", ("def f(): pass", "f.n = 1"), writes="f", needs=(0,)),
    Case(
        "a lambda over a global",
        ("k = 2", "double = lambda x: k * x", "y = double(3)"),
        "k",
        "y",
        needs=(0, 1),
    ),
    Case(
        "a lambda over a global that was changed since",
        ("k = 2", "double = lambda x: k * x", "k = 5", "y = double(3)"),
        "k",
        "y",
        needs=(1, 2),
    ),
    Case(
        "a function that was defined anew",
        ("def f():\n    return 1", "def g():\n    return f()", "def f():\n    return 2", "y = g()"),
        writes="y",
        needs=(1, 2),
    ),
    Case(
        "a function that is called through a list",
        ("L = []\ndef f():\n    L.append(1)\ncalls = [f]", "calls[0]()"),
        "L calls",
        "L",
        needs=(0,),
    ),
    Case(
        "a partial",
        ("from functools import partial\nL = []\nput = partial(list.append, L)", "put(1)"),
        "put",
        "L put",
        needs=(0,),
    ),
    Case(
        "a bound method",
        ("L = []\nput = L.append", "put(1)"),
        writes="L put",
        needs=(0,),
    ),
    Case(
        "a cached function",
        (
            "from functools import cache\n@cache\ndef f(x):\n    return [x]",
            "a = f(1)",
            "a.append(2)",
        ),
        "a",
        "a",
        needs=(0, 1),
    ),
    Case("a function is only defined", ("L = []", "def f():\n    L.append(1)"), writes="f"),
    Case(
        "a decorator that registers",
        (
            "known = []\ndef register(f):\n    known.append(f)\n    return f",
            "@register\ndef g():\n    return 1",
        ),
        "known",
        "g known",
        needs=(0,),
    ),
    Case(
        "a recursive function",
        ("def f(n):\n    return n and n * f(n - 1)", "y = f(3)"),
        writes="y",
        needs=(0,),
    ),
    Case(
        "map is lazy until it is used",
        ("L = [[1]]", "m = map(lambda r: r.append(2), L)", "done = list(m)"),
        "m",
        "L done m",
        needs=(0, 1),
    ),
)

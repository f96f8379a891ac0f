"""What a case of the table is, and cells that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

ARRAY = "import numpy as np\nbig = np.zeros(8)\napart = big.copy()"
FRAME = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2, 3], 'b': [4., 5., 6.]})"
CLASS = "class Box:\n    shared = []\n    def put(self, thing):\n        self.held = thing"
COUNTING = "class C:\n    n = 0\n    %s:\n        self.n += 1\n        return 1"
CLOSURE = (
    "def make():\n    n = 0\n    def count():\n        nonlocal n\n        n += 1\n"
    "        return n\n    return count"
)
SQL = "import sqlite3\nc = sqlite3.connect(':memory:')\nrows = c.execute('select 1 union select 2')"
AXES = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt"


@dataclass(frozen=True)
class Case:
    """Cells, and what is known of the last one; names are separated by spaces.

    ``needs`` are the earlier cells in the slice of the last one. ``known`` says whether its
    inputs are fully known. What is ``None`` is not looked at.
    """

    name: str
    cells: tuple[str, ...]
    reads: str = ""
    writes: str = ""
    deletes: str = ""
    needs: tuple[int, ...] | None = None
    known: bool = True

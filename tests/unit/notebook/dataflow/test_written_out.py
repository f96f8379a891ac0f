"""What a cell sets for the process is written out in it, or comes from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.written_out import settings_are_written_out


@dataclass(frozen=True, slots=True)
class Case:
    source: str
    found: bool | None


CASES = (
    Case("import pandas as pd\npd.set_option('display.precision', 3)\nx = pd.read_csv('a')", True),
    Case("pd.options.display.max_rows = 5", True),
    Case("sns.set_theme()\ndf = pd.read_csv('a.csv')", True),
    Case("plt.rcParams['figure.figsize'] = (10, -6)", True),
    Case("warnings.filterwarnings('ignore', category=pd.errors.DtypeWarning)", True),
    Case("warnings.filterwarnings('ignore', category=FutureWarning)", True),
    Case("%matplotlib inline", True),
    Case("%precision {digits}", False),
    Case("%config InlineBackend.figure_format = '$form'", False),
    Case("pd.set_option('display.precision', digits)", False),
    Case("pd.set_option('display.precision', json.load(open('c.json'))['n'])", False),
    Case("plt.rcParams['lines.linewidth'] = load()", False),
    Case("sns.set_theme()\nplt.rcParams.update(style)", False),
    Case("for name in names: pd.set_option(name, 3)", False),
    Case("pd.set_option('display.precision', settings.digits)", False),
    Case("x = 1", None),
    Case("%%bash\nls", None),
    Case("load('a')", None),
    Case("x = (", None),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_settings_of_literals_are_told_from_those_of_values(case: Case) -> None:
    assert settings_are_written_out(case.source) is case.found

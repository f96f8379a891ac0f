"""Who passes a bundle on must pass on the licenses of what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nbmlops

PACKAGE = Path(nbmlops.__file__).parent


@pytest.mark.parametrize("folder", ["server/static", "widgets/static", "labextension/static"])
def test_each_package_in_a_bundle_has_the_text_of_its_license_beside_it(folder: str) -> None:
    if not (PACKAGE / folder).is_dir():
        pytest.skip("the front end is not built: npm --prefix labextension run build:prod")
    told = json.loads((PACKAGE / folder / "third-party-licenses.json").read_text("utf-8"))
    texts = {one["name"]: one["extractedText"] for one in told["packages"]}
    assert {"@codemirror/merge", "ajv"} <= set(texts)
    mute = [name for name, text in texts.items() if "permi" not in text.lower()]
    assert mute == []

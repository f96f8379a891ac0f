"""What shell lines add to is found in their text."""

from __future__ import annotations

import pytest

from nbmlops.notebook.appending import appended_by


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("echo x >> a.csv", ("a.csv",)),
        ("echo x>>a.csv", ("a.csv",)),
        ("program 2>> errors.txt", ("errors.txt",)),
        ("program &>> all.txt", ("all.txt",)),
        ("echo \"it's\" >> 'my file.txt'\nls", ("my file.txt",)),
        ("cat b | tee -a c d > e", ("c", "d")),
        ("cat b | tee --append c", ("c",)),
        ("cat b | tee c", ()),
        ("echo a > b; echo c >> b", ()),
        ("echo a >> b; echo c > b", ("b",)),
        ("echo '>>' b", ()),
        ('echo "a >> b"', ()),
        ("echo a >> $HOME/b", ()),
        ("echo a >>", ()),
        ("", ()),
    ],
)
def test_what_lines_add_to_is_found(text: str, files: tuple[str, ...]) -> None:
    """Not what is in quotes, what the same lines wrote anew, and names that a shell computes."""
    assert appended_by(text) == files

"""What is bound anew between two moments, told by identities in whatever order the names are."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from nbmlops.capture.identities import Identities

OBJECTS = [object() for _ in range(4)]
NAMESPACES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(OBJECTS))


@given(before=NAMESPACES, after=NAMESPACES)
@example(before={"a": OBJECTS[0], "b": OBJECTS[1]}, after={"b": OBJECTS[1], "a": OBJECTS[0]})
@example(before={"a": OBJECTS[0]}, after={"a": OBJECTS[0], "b": OBJECTS[1]})
@example(before={"a": OBJECTS[0], "b": OBJECTS[1]}, after={"a": OBJECTS[1]})
def test_names_are_compared_by_what_they_hold(
    before: dict[str, object], after: dict[str, object]
) -> None:
    seen = Identities(before)
    rebound = {name for name, value in after.items() if before.get(name) is not value}
    assert seen.compared(after) == (rebound, before.keys() - after.keys())
    for name in "abcdef":
        assert seen.holds(name, OBJECTS[0]) == (before.get(name) is OBJECTS[0])

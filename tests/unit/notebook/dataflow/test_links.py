"""What cells need from each other, asked cell by cell or as edges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.notebook.dataflow.links import KnownBy, Links, at, bits, from_last

_SURENESS: tuple[KnownBy, ...] = ("static", "observed", "possible")
Need = tuple[int, str, int, KnownBy]

needs = st.lists(
    st.tuples(
        st.integers(0, 8), st.sampled_from("abc"), st.integers(0, 8), st.sampled_from(_SURENESS)
    ),
    max_size=30,
)


def _links(found: list[Need]) -> Links:
    links = Links()
    for target, name, source, known_by in found:
        links.add(target, name, at(source, known_by))
    return links


@given(needs)
def test_a_cell_is_told_of_the_sources_that_the_edges_have(found: list[Need]) -> None:
    links = _links(found)
    edges = links.edges()
    for target in range(9):
        into = {key: names for key, names in edges.items() if key[1] == target}
        assert set(bits(links.sources(target))) == {source for source, _, _ in into}
        known = {name: set(bits(positions)) for name, positions in links.known(target).items()}
        assert list(known) == sorted(known)
        assert known == {
            name: {key[0] for key in into if key[2] != "possible" and name in into[key]}
            for name in {name for key in into if key[2] != "possible" for name in into[key]}
        }


@given(needs, st.sets(st.integers(0, 8)))
def test_links_without_some_sources_have_the_other_edges(found: list[Need], gone: set[int]) -> None:
    links = _links(found)
    before = links.edges()
    assert links.without(gone).edges() == {
        key: names for key, names in before.items() if key[0] not in gone
    }
    assert links.edges() == before


@given(needs, needs)
def test_links_to_which_some_are_added_have_all(first: list[Need], more: list[Need]) -> None:
    links = _links(first)
    before = links.edges()
    added = [(target, name, at(source, known_by)) for target, name, source, known_by in more]
    assert links.plus(added).edges() == _links(first + more).edges()
    assert links.edges() == before


@given(st.sets(st.integers(0, 300)))
def test_places_are_told_from_both_ends(places: set[int]) -> None:
    number = sum(1 << place for place in places)
    assert list(bits(number)) == sorted(places)
    assert list(from_last(number)) == sorted(places, reverse=True)

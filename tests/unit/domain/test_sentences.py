"""Sentences that can be said in another language."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from nbmlops.domain import wire
from nbmlops.domain.sentences import Said, in_language, said, together
from nbmlops.domain.staleness import Reason

GERMAN = {
    "%1 is due now.": "%1 ist jetzt fällig.",
    "Schedule %1 (%2)": "Zeitplan %1 (%2)",
    "It waits for %1.": "%1 fehlt.",
}


def test_a_sentence_is_the_english_text_it_makes() -> None:
    sentence = said("%1 is due now.", said("Schedule %1 (%2)", "1", "flights"))
    assert sentence == "Schedule 1 (flights) is due now."
    assert f"{sentence}" == str(sentence) == "Schedule 1 (flights) is due now."


def test_a_sentence_is_said_in_another_language_with_the_sentences_in_it() -> None:
    sentence = said("%1 is due now.", said("Schedule %1 (%2)", "1", "flights"))
    assert in_language(sentence, GERMAN) == "Zeitplan 1 (flights) ist jetzt fällig."


def test_sentences_go_together_and_what_has_no_translation_stays() -> None:
    both = together(said("It waits for %1.", "a scheduler"), "", "Try again: 100 %1.")
    assert both == "It waits for a scheduler. Try again: 100 %1."
    assert in_language(both, GERMAN) == "a scheduler fehlt. Try again: 100 %1."


def test_a_fact_is_no_place_for_other_facts() -> None:
    assert said("%1 is due now.", "a%1b") == "a%1b is due now."


@pytest.mark.parametrize("text", ["plain", said("%1 is due now.", "x")])
def test_a_sentence_survives_pickling(text: str) -> None:
    again = pickle.loads(pickle.dumps(text))
    assert again == text
    assert in_language(again, GERMAN) == in_language(text, GERMAN)


@pytest.mark.parametrize(
    ("texts", "told"), [(None, "x is due now."), (GERMAN, "x ist jetzt fällig.")]
)
def test_nouns_are_plain_in_a_language(texts: dict[str, str] | None, told: str) -> None:
    reason = Reason(kind="edited", detail=said("%1 is due now.", "x"))
    found = wire.plain({"reasons": (reason,)}, texts)["reasons"][0]
    assert found["detail"] == told
    assert type(found["detail"]) is str


def test_a_noun_with_a_sentence_is_encoded_in_english() -> None:
    encoded = wire.encode(Reason(kind="edited", detail=said("%1 is due now.", "x")))
    assert wire.decode(encoded, Reason).detail == "x is due now."


@pytest.mark.parametrize("write", [wire.plain, wire.encode])
def test_what_is_no_noun_is_refused_as_before(write: Any) -> None:
    with pytest.raises(TypeError, match="unsupported"):
        write({"found": object()})


def test_a_text_of_its_own_is_a_string() -> None:
    assert isinstance(said("Wait."), Said)
    assert {said("Wait."): 1}["Wait."] == 1

"""Few words turn a decision where it hangs on few words; what the explanation adds is told from chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.config.probes import AdversarialConfig
from audit.probes.adversarial.search import Substitution
from audit.probes.adversarial.substitutes import substitutes, synonyms
from audit.probes.asking import Model
from audit.probes.edited import edited
from audit.probes.variants import Attributed, Outcome, ProbedRow

TEXT = "the committee found the proposal wonderful and the budget plausible for everybody"


class Words:
    """Says yes as long as it reads enough of some words: each stands for a part of the score."""

    classes = ["no", "yes"]

    def __init__(self, parts: dict[str, float]) -> None:
        self.parts = parts
        self.asked = 0

    def probabilities(self, examples: Sequence[str]) -> np.ndarray:
        self.asked += len(examples)
        yes = [min(1.0, sum(part for word, part in self.parts.items() if word in text.split())) for text in examples]
        return np.array([[1 - p, p] for p in yes])

    def score(self, probabilities: np.ndarray, predicted: str) -> float:
        return float(probabilities[self.classes.index(predicted)])


def row(name: str, text: str, parts: dict[str, float]) -> ProbedRow:
    places = [(text.index(word), word, part) for word, part in parts.items() if word in text]
    attributed = tuple(Attributed(at, at + len(word), part) for at, word, part in places)
    return ProbedRow(name, text, None, "yes", {}, attributed)


def searched(model: Words, rows: list[ProbedRow], *, guided: bool = True, words: int = 3) -> list[Outcome]:
    probe = Substitution(AdversarialConfig(words=words), 0, guided=guided)
    return probe.ask(rows, cast("Model", model))


def test_one_word_that_carries_everything_is_found_first() -> None:
    parts = {"wonderful": 0.9}
    model = Words(parts)
    found = searched(model, [row("r", TEXT, parts)])
    assert [outcome.variant.severity for outcome in found] == [1, 2, 3]
    assert all(outcome.hit for outcome in found)
    version = found[0].variant.version
    assert version is not None and [edit.old for edit in version.edits] == ["wonderful"]
    assert edited(TEXT, version.edits) == version.text and "wonderful" not in str(version.text).split()
    # The original, and the substitutes of one word.
    assert model.asked <= 1 + AdversarialConfig().candidates


def test_rates_by_severity_say_how_many_words_it_takes() -> None:
    parts = {"wonderful": 0.4, "plausible": 0.35, "budget": 0.2}
    found = searched(Words(parts), [row("r", TEXT, parts)])
    # Without the first word .55 is left, without two of them .2.
    assert [outcome.hit for outcome in found] == [False, True, True]


def test_what_random_changes_turn_less_often_is_what_the_explanation_adds() -> None:
    parts = {"wonderful": 0.9}
    rows = [row(f"r{i}", TEXT, parts) for i in range(60)]
    turned = {
        guided: sum(
            bool(o.hit) for o in searched(Words(parts), rows, guided=guided, words=1) if o.variant.severity == 1
        )
        for guided in (True, False)
    }
    assert turned[True] == 60 and 0 < turned[False] < 40
    again = [o.hit for o in searched(Words(parts), rows, guided=False)]
    assert again == [o.hit for o in searched(Words(parts), rows, guided=False)]


def test_a_decision_that_hangs_on_nothing_exchangeable_stays_or_is_refused() -> None:
    found = searched(Words({"the": 0.9}), [row("r", TEXT, {"the": 0.9})])
    assert not any(outcome.hit for outcome in found)
    (refused,) = searched(Words({"no": 0.9}), [row("r", "no 12 not never", {"no": 0.9})])
    assert (refused.status, refused.variant.refused) == ("refused", "no_substitute")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("she told the woman about it", ["she", "woman"]),
        ("this is not plausible", ["not"]),
        ("we met Pastor Jones yesterday", ["Pastor", "Jones"]),
        ("write to someone@example.org about 12 dollars", ["someone", "example", "12"]),
        ("it cannot and won't happen", ["won't"]),
    ],
)
def test_what_names_groups_or_turns_the_answer_is_never_touched(text: str, kept: list[str]) -> None:
    touched = {text[place.start : place.end] for place in substitutes(text)}
    assert not touched & set(kept)


@given(st.lists(st.sampled_from(sorted(synonyms())), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_substitutes_are_other_words_in_the_same_place(words: list[str]) -> None:
    text = " ".join(words)
    for place in substitutes(text):
        word = text[place.start : place.end]
        assert word.isalpha() and word not in place.words
        assert all(new and " " not in new for new in place.words)
        assert len(set(place.words)) == len(place.words)


def test_synonyms_are_other_single_words() -> None:
    known: dict[str, Any] = dict(synonyms())
    assert len(known) > 1000
    for word, others in known.items():
        assert all(one.isalpha() and one.islower() for one in (word, *others))
        assert others and word not in others

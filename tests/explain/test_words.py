"""Influential words: weighted means over the decisions that hold them."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.explain.words import LEAST_DECISIONS, influential_words


def decisions(texts: list[str], phi: dict[str, float], **columns: list[object]) -> pd.DataFrame:
    """Each word of a text is a unit; the frame has an attribution of its own."""
    rows = []
    for text in texts:
        words = text.split()
        ends = [len(" ".join(words[: i + 1])) for i in range(len(words))]
        rows.append(
            {
                "input": text,
                "starts": [end - len(word) for end, word in zip(ends, words, strict=True)],
                "ends": ends,
                "attributions": [phi.get(word.lower(), 0.0) for word in words],
                "frame": 9.0,
            }
        )
    plain = {"y_pred": ["yes"] * len(texts), "inclusion_probability": [1.0] * len(texts)}
    return pd.DataFrame(rows).assign(**{**plain, **columns})


PHI = {"good": 0.5, "bad": -0.7, "rare": 5.0, "!": 3.0}


def test_means_per_decision_strongest_first() -> None:
    found = influential_words(decisions(["Good bad !"] * 4 + ["good"] + ["bad rare"], PHI), [])
    # "rare" stands in too few decisions, "!" is no word, special tokens are none.
    assert [(word.word, word.n, word.mean) for word in found] == [("bad", 5, -0.7), ("good", 5, 0.5)]
    assert {(word.cls, word.attribute, word.group) for word in found} == {("yes", None, None)}


def test_a_word_that_stands_twice_counts_once_with_both_shares() -> None:
    (found,) = influential_words(decisions(["good good"] * LEAST_DECISIONS, PHI), [])
    assert (found.n, found.mean) == (LEAST_DECISIONS, 1.0)


def test_decisions_weigh_by_the_inverse_of_their_inclusion_probability() -> None:
    table = decisions(["good"] * 8, PHI, inclusion_probability=[0.25] * 4 + [1.0] * 4)
    table["attributions"] = [[1.0]] * 4 + [[0.0]] * 4
    (found,) = influential_words(table, [])
    assert found.mean == pytest.approx(4 * 4 / (4 * 4 + 4))


def test_by_predicted_class_and_group() -> None:
    table = decisions(
        ["good"] * 20,
        PHI,
        y_pred=["yes"] * 10 + ["no"] * 10,
        **{"group:g": ["a"] * 5 + ["b"] * 5 + ["a"] * 6 + ["b"] * 4},
    )
    found = {(word.cls, word.group): word.n for word in influential_words(table, ["g"])}
    # Four decisions are too few to be told.
    assert found == {("yes", None): 10, ("yes", "a"): 5, ("yes", "b"): 5, ("no", None): 10, ("no", "a"): 6}


@pytest.mark.parametrize("texts", [[], ["! !"] * 9])
def test_no_words(texts: list[str]) -> None:
    table = decisions(["good", *texts], PHI)
    assert influential_words(table[1:], []) == []

"""Rates are those of the audit: the same decisions are counted, and what is unlike one is said to be."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.metrics.definitions import known_metrics
from audit.monitoring.rates import PROPORTIONS, labelled_part, rate_of_groups, shares_of_groups
from audit.monitoring.texts import LEAST_TEXTS, Vocabulary, histogram, longer, middle, words_of
from tests.monitoring.streams import Cell, counts, plan


@pytest.mark.parametrize("name", PROPORTIONS)
def test_a_proportion_is_the_metric_of_that_name(name: str) -> None:
    metric, own = known_metrics()[name], PROPORTIONS[name]
    assert (own.denominator, own.numerator) == (metric.needs[0], metric.numerator)
    assert own.labels == metric.needs_labels
    assert own.of_class == (metric.scope == "class")


def test_every_proportion_of_decisions_is_there() -> None:
    known = {name for name, m in known_metrics().items() if m.numerator is not None and m.scope in {"class", "all"}}
    assert known - set(PROPORTIONS) == {"hamming_loss"}


CELLS: list[Cell] = [
    (["a"], "yes", "yes", 6), (["a"], "yes", "no", 2), (["a"], "no", "yes", 1), (["a"], "no", "no", 3),
    (["a"], None, "yes", 8), (["b"], "yes", "no", 5), (["b"], None, None, 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "k", "n"),
    [
        ("selection_rate", 15, 20), ("true_positive_rate", 6, 8), ("false_positive_rate", 1, 4), ("precision", 6, 7),
        ("false_omission_rate", 2, 5), ("accuracy", 9, 12),
    ],
)  # fmt: skip
def test_counts_by_hand(metric: str, k: int, n: int) -> None:
    cls = "yes" if PROPORTIONS[metric].of_class else None
    found = rate_of_groups(counts(CELLS), metric, cls, plan())[("a",)]
    assert (found.k, found.n, found.raw) == pytest.approx((k, n, n))


def test_weights_make_fewer_decisions_of_the_same_rate() -> None:
    heavy = counts(CELLS).model_copy(update={"w": [2.0, 1, 1, 1, 1, 1, 1], "w2": [4.0, 1, 1, 1, 1, 1, 1]})
    found = rate_of_groups(heavy, "true_positive_rate", "yes", plan())[("a",)]
    assert found.k / found.n == pytest.approx(2 / 3)
    assert found.n == pytest.approx(9 / 5)


def test_shares_add_up() -> None:
    shares = shares_of_groups(counts(CELLS))
    assert sum(one.k for one in shares.values()) == pytest.approx(29)
    assert {one.n for one in shares.values()} == {29.0}


def test_labels_that_were_taken_back_are_told() -> None:
    fewer = [*CELLS[1:]]
    with pytest.raises(ValueError, match="6 labels of a were changed or taken back"):
        labelled_part(counts(fewer), counts(CELLS))
    assert labelled_part(counts(CELLS), counts(CELLS)).n == []


def test_words_are_remembered_once_several_texts_hold_them() -> None:
    texts = ["The cat isn't here"] * LEAST_TEXTS + ["Zoë lives at 12"] + ["猫在这里"] * LEAST_TEXTS
    known = Vocabulary.read(Vocabulary.of(texts).packed())
    assert all(map(known.knows, ["the", "cat", "isn't", "猫"]))
    assert not known.knows("zoë")
    assert words_of("Don’t 12 a_b 你好") == {"don’t", "a", "b", "你", "好"}
    held = known.hold(["the cat", "the dog is here", ""])
    assert (held.texts, held.unseen) == (3, 1)


def test_lengths_in_steps() -> None:
    found = histogram([1, 2, 3, 4, 8], [5, 4, 3, 2, 1])
    assert found == [5, 0, 4, 3, 2, 0, 1]
    assert longer(found, 3) == (6, 15)
    assert middle([10, 10]) == 1
    assert middle([1, 1, 8]) == 2
    assert middle(np.zeros(3, int).tolist()) == 0

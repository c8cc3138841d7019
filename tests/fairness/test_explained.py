"""Explained rates: groups that write longer texts are not explained better, nor worse, than others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.fairness.compare.explained import BAND, cut_bands, explained_rates
from audit.fairness.compare.question import Question

QUESTION = Question([], [], ["no", "yes"], "yes", 0.95)


def outcomes(size: int, seed: int, means: dict[str, int]) -> pd.DataFrame:
    """Decisions whose chance of being explained follows from their number of words alone."""
    rng = np.random.default_rng(seed)
    group = rng.choice(list(means), size)
    words = 1 + rng.geometric([1 / means[name] for name in group])
    explained = rng.random(size) < 0.15 + 0.5 * np.minimum(words, 30) / 30
    return pd.DataFrame(
        {
            "row_id": np.arange(size).astype(str),
            "y_pred": "yes",
            "outcome": np.where(explained, "explained", "unexplained"),
            "units": words,
            "inclusion_probability": 1.0,
            "cluster": None,
            "group:group": group,
        }
    )


def adjusted(table: pd.DataFrame) -> dict[str, float | None]:
    (found,) = explained_rates(table, [("group",)], QUESTION)
    return {value.group[0]: value.value for value in found.adjusted}


def test_length_alone_makes_no_gap() -> None:
    gaps = []
    for seed in range(6):
        found = adjusted(outcomes(4000, seed, {"brief": 8, "wordy": 20}))
        assert found["brief"] is not None
        assert found["wordy"] is not None
        gaps.append(found["wordy"] - found["brief"])
    # The mean of six has a standard error of .008; standardised over thirds of the lengths it would be .026.
    assert abs(np.mean(gaps)) < 0.02


def test_bands_are_coarser_where_a_small_group_would_be_lost() -> None:
    table = outcomes(600, 1, {"a": 10, "b": 10})
    table.loc[:11, "group:group"] = "few"
    (found,) = explained_rates(table, [("group",)], QUESTION)
    assert all(value.value is not None for value in found.adjusted)
    (pair,) = explained_rates(table[12:], [("group",)], QUESTION)

    def bands(compared) -> int:  # type: ignore[no-untyped-def]
        return len({value.stratum[BAND] for value in compared.metrics if value.stratum})

    assert bands(found) < bands(pair)


@pytest.mark.parametrize("bands", [1, 3, 16])
def test_bands_cover_all_and_part_no_equal_lengths(bands: int) -> None:
    words = np.random.default_rng(2).poisson(9, 300)
    found = cut_bands(words, bands)
    assert len(set(found)) <= bands
    for count in np.unique(words):
        assert len(set(found[words == count])) == 1
    in_order = [found[np.flatnonzero(words == count)[0]] for count in np.unique(words)]
    assert in_order == sorted(in_order)


def test_one_decision_is_a_band() -> None:
    assert cut_bands(np.array([7]), 3).tolist() == ["7"]


def test_outcomes_have_classes_of_their_own_whatever_is_decided() -> None:
    table = outcomes(600, 5, {"a": 20, "b": 20})
    plain = explained_rates(table, [("group",)], QUESTION)
    several = replace(QUESTION, classes=["(none)", "no", "yes"], positive=None, nothing="(none)", negatives=True)
    found = explained_rates(table, [("group",)], several)
    assert [item.metrics for item in found] == [item.metrics for item in plain]
    assert {value.cls for item in found for value in item.metrics} == {value.cls for v in plain for value in v.metrics}

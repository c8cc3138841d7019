"""Pairs of groups that few texts name are told, not dropped, so that a rule over them cannot pass without them."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.fairness.compare.flips import pair_effects


def scored(texts: dict[str, int]) -> pd.DataFrame:
    rows = [
        {"row_id": f"{source} {number}", "axis": "gender", "source": source, "target": "x", "both": False,
         "y_pred": "1", "y_pred_exchanged": "1",
         "f": 0.8, "f_exchanged": 0.8, "weight": 1.0, "cluster": None}
        for source, n in texts.items() for number in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("few", [1, 2, 9])
def test_a_pair_of_few_texts_stays(few: int) -> None:
    many, rare = pair_effects(scored({"a": 400, "b": few}), "1", 0.95)
    assert (many.source, rare.source, rare.n) == ("a", "b", few)
    assert rare.upper > 0.25 > many.upper
    assert rare.effective_n < 10
    assert (rare.token_gap_error is None) == (few == 1)


def test_a_row_that_is_exchanged_twice_for_one_pair_counts_once_in_bounds() -> None:
    once = scored({"a": 40})
    once.loc[:9, "y_pred_exchanged"] = "0"
    twice = pd.concat([once, once], ignore_index=True)
    (one,), (two,) = pair_effects(once, "1", 0.95), pair_effects(twice, "1", 0.95)
    assert (two.n, two.flip_rate) == (80, one.flip_rate)
    assert two.clusters == 40
    assert two.upper - two.lower >= one.upper - one.lower

"""Decisions are drawn with the probabilities that the key says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.review.draw import CONTROL, FLAGGED, REST, draw, review_id, shared_out, shuffled

COLUMN = "group:g"


def decisions(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(n)],
            "y_pred": rng.choice(["yes", "no"], n),
            COLUMN: rng.choice(["a", "b", "c"], n, p=[0.6, 0.35, 0.05]),
        }
    )


FRAME = decisions()
WORST_FIRST = [row for row, group in FRAME[["row_id", COLUMN]].itertuples(index=False) if group == "b"][:40]


def test_all_flagged_and_as_many_controls_of_every_stratum() -> None:
    drawn = draw(FRAME, WORST_FIRST, [COLUMN], seed=1)
    flagged = drawn[drawn["arm"] == FLAGGED]
    assert sorted(flagged["row_id"]) == sorted(WORST_FIRST)
    assert (flagged["inclusion_probability"] == 1).all()
    controls = drawn[drawn["arm"] == CONTROL]
    assert not set(controls["row_id"]) & set(WORST_FIRST)
    assert 50 <= len(controls) <= 56  # rounded up in every stratum
    assert set(flagged["stratum"]) <= set(controls["stratum"])
    assert REST in set(controls["stratum"])


def test_each_decision_counts_as_many_as_there_are() -> None:
    drawn = draw(FRAME, WORST_FIRST, [COLUMN], most=11, controls=60, seed=3)
    assert (drawn["arm"] == FLAGGED).sum() == 11
    assert (drawn["inclusion_probability"] > 0).all()
    assert (1 / drawn["inclusion_probability"]).sum() == pytest.approx(len(FRAME))


def test_probabilities_are_those_of_the_draw() -> None:
    """Over many seeds each decision is drawn as often as its probability says."""
    runs = 400
    hits: dict[str, int] = dict.fromkeys(FRAME["row_id"], 0)
    told: dict[str, float] = {}
    for seed in range(runs):
        for item in draw(FRAME, WORST_FIRST, [COLUMN], most=10, controls=40, seed=seed).itertuples():
            hits[str(item.row_id)] += 1
            told[str(item.row_id)] = float(item.inclusion_probability)  # type: ignore[arg-type]
    assert set(told) == set(FRAME["row_id"])
    error = [abs(hits[row] / runs - p) / max(np.sqrt(p * (1 - p) / runs), 1e-9) for row, p in told.items()]
    assert max(error) < 4.5  # of 400 decisions, one lies beyond in less than 0.3 % of tries


def test_the_worst_are_drawn_for_certain() -> None:
    for seed in range(5):
        drawn = set(draw(FRAME, WORST_FIRST, [COLUMN], most=10, controls=0, seed=seed)["row_id"])
        assert set(WORST_FIRST[:5]) <= drawn


def test_without_flags_controls_are_drawn_from_all() -> None:
    drawn = draw(FRAME, [], [COLUMN], controls=30)
    assert len(drawn) == 30
    assert set(drawn["stratum"]) == {REST}


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (draw(FRAME, WORST_FIRST, [COLUMN], seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one["row_id"].equals(other["row_id"])


def test_ids_and_orders_tell_nothing() -> None:
    ids = [review_id(row, "secret") for row in FRAME["row_id"]]
    assert len(set(ids)) == len(ids)
    assert review_id("r1", "secret") != review_id("r1", "other")
    orders = [shuffled(ids, reviewer, 0) for reviewer in (1, 2)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(ids)


def test_overlap_is_shared_by_all_and_the_rest_by_nobody() -> None:
    found = shared_out([str(i) for i in range(100)], 3, 0.2, seed=0)
    assert sum(len(one) == 3 for one in found) == 20
    alone = [one[0] for one in found if len(one) == 1]
    assert sorted(alone.count(reviewer) for reviewer in (1, 2, 3)) == [26, 27, 27]

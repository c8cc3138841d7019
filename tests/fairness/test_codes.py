"""Sums over the cells of columns, whichever way they are added up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.fairness import codes, scores
from audit.fairness.codes import Coded, cells_of, codes_of, summed
from audit.fairness.scores import tally_scores
from audit.fairness.tally import Slicing
from tests.fairness.helpers import decisions

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None]), st.integers(0, 5)), min_size=1, max_size=50
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.booleans(), st.sampled_from([0, 1 << 16]), st.integers(1, 60))
def test_cells_are_those_of_pandas(rows: list[tuple[str, str | None, int]], coded: bool, dense: int, size: int) -> None:
    """Dense or by hash, of text or of stored numbers, in one batch or in several."""
    frame = pd.DataFrame(rows, columns=["g", "h", "n"])
    table = pa.table({"g": [g for g, _, _ in rows], "h": pa.array([h for _, h, _ in rows], pa.string())})
    if coded:
        table = pa.table({name: table[name].dictionary_encode() for name in ("g", "h")})
    table = table.append_column("n", pa.array(frame["n"])).append_column("w", pa.array(frame["n"] / 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_DENSE", dense)
        batches = [Coded(table.slice(at, size)) for at in range(0, len(rows), size)]
        parts = [cells_of(one, ["g", "h"], {name: one.numbers(name) for name in ("n", "w")}) for one in batches]
        found = summed(parts, ["g", "h"], ["n", "w"]).to_pylist()
    by_hand = frame.assign(w=frame["n"] / 2).groupby(["g", "h"], dropna=False)[["n", "w"]].sum()
    expected = {
        (g, None if pd.isna(h) else h): tuple(row) for (g, h), row in zip(by_hand.index, by_hand.values, strict=True)
    }
    assert {(row["g"], row["h"]): (row["n"], row["w"]) for row in found} == expected
    assert all(isinstance(row["n"], int) for row in found)


def test_a_missing_value_is_a_value() -> None:
    found = codes_of(pa.chunked_array([["b", None], ["b", "a"]], pa.string()))
    assert found.values.take(pa.array(found.codes)).to_pylist() == ["b", None, "b", "a"]
    assert codes_of(pa.chunked_array([], pa.string())).codes.tolist() == []


@pytest.mark.parametrize("clustered", [False, True])
def test_how_often_scores_are_merged_changes_nothing(monkeypatch: pytest.MonkeyPatch, clustered: bool) -> None:
    rng = np.random.default_rng(3)
    n = 600
    frame = pd.DataFrame(
        {
            "g": rng.choice(list("abc"), n),
            "y_true": rng.choice(["0", "1"], n),
            "y_pred": rng.choice(["0", "1"], n),
            "score": rng.random(n).round(2),
        }
    )
    if clustered:
        frame["cluster"] = rng.integers(0, 40, n).astype(str)
    table = decisions(frame, ["g"])
    parts = [table.slice(at, 25) for at in range(0, n, 25)]
    found = []
    for held in (0, 10**6):
        monkeypatch.setattr(scores, "MOST_HELD", held)
        (tally,) = tally_scores(parts, [Slicing(("g",), (), clustered)], "1")
        found.append(tally)
    pd.testing.assert_frame_equal(found[0].counts, found[1].counts)
    pd.testing.assert_frame_equal(found[0].sums, found[1].sums)
    keys = found[0].counts[["group:g", "is_positive", "score_block", "score_key"]]
    assert keys.equals(keys.sort_values(list(keys)).reset_index(drop=True))
    assert found[0].counts["n"].sum() == n


def test_whole_and_broken_weights_are_added_up() -> None:
    whole = pa.table({"g": ["a", "b"], "w": pa.array([1, 2], pa.int64())})
    broken = pa.table({"g": ["b", "c"], "w": [0.5, 1.5]})
    for parts in ([whole, broken], [broken, whole]):
        found = summed(parts, ["g"], ["w"]).to_pylist()
        assert {row["g"]: row["w"] for row in found} == {"a": 1.0, "b": 2.5, "c": 1.5}

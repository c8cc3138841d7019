"""Explanations of the same decisions by two versions: how far they went apart, and whether that is more than error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.explain.agreement import common_words, compare_explanations
from audit.explain.explanations import SCHEMA
from audit.result import ExplanationComparison, ExplanationShift
from audit.store.decisions import decision_schema, decision_table
from audit.store.runfolder import RunFolder

LEVEL = 0.95


def explained(row: str, phi: list[float], **keys: Any) -> dict[str, Any]:
    """A row of the table of attributions: words of three characters with a space between."""
    starts = [4 * i for i in range(len(phi))]
    blank = {
        "row_id": row, "target_class": "1", "method": "m", "baseline": "mask", "scale": "probability", "f_input": 0.9,
        "f_baseline": 0.2, "error": 0.0, "reason": None, "starts": starts, "ends": [at + 3 for at in starts],
        "attributions": phi, "frame": 0.0, "inclusion_probability": 1.0,
    }  # fmt: skip
    return blank | keys


def folder(path: Path, rows: list[dict[str, Any]], clusters: list[str | None] | None = None) -> RunFolder:
    path.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path / "attributions.parquet")
    ids = [row["row_id"] for row in rows]
    columns = {
        "row_id": pa.array(ids),
        "status": pa.array(["ok"] * len(ids)),
        "weight": pa.array([1.0] * len(ids)),
        "count": pa.array([1] * len(ids)),
        "cluster": pa.array(clusters or [None] * len(ids), pa.string()),
        "group:g": pa.array(["ab"[i % 2] for i in range(len(ids))]),
    }
    table = decision_table(columns, decision_schema(["g"]))
    pq.write_table(table, path / "decisions.parquet")
    return RunFolder(path)


def compared(
    tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]], classes: str = "01", **keys: Any
) -> ExplanationComparison:
    baseline, candidate = folder(tmp_path / "before", before), folder(tmp_path / "after", after, **keys)
    found = compare_explanations(candidate, baseline, list(classes), ["g"], LEVEL)
    assert found is not None
    return found


def overall(found: ExplanationComparison, which: str = "all") -> ExplanationShift:
    return next(item for item in found.shifts if not item.attributes and item.which == which)


def test_the_share_that_moved_by_hand(tmp_path: Path) -> None:
    before = [explained("x", [0.4, 0.1, -0.2], frame=0.1), explained("y", [0.3, 0.2, 0.1])]
    after = [explained("x", [0.1, 0.4, -0.2], frame=0.0), explained("y", [0.3, 0.2, 0.1])]
    shift = overall(compared(tmp_path, before, after))
    assert shift.moved == pytest.approx((0.7 / 1.5 + 0) / 2)
    assert (shift.n, shift.beyond_error, shift.same_strongest) == (2, 1, 1)
    assert shift.rank_correlation == pytest.approx((0.5 + 1) / 2)
    assert 0 < shift.lower < shift.moved < shift.upper <= 1


def test_a_difference_within_the_errors_is_not_one(tmp_path: Path) -> None:
    before = [explained(row, [0.4, 0.1], error=0.03) for row in "xy"]
    after = [explained("x", [0.42, 0.08], error=0.02), explained("y", [0.43, 0.06], error=0.03)]
    found = compared(tmp_path, before, after)
    assert overall(found).beyond_error == 1
    assert [item.row_id for item in found.shown] == ["y", "x"]


def test_of_a_decision_that_changed_both_are_told_for_one_class(tmp_path: Path) -> None:
    """With p of one class going from .45 to .55, what spoke for it before speaks for it after."""
    before = [explained("x", [-0.2, 0.1], target_class="0", f_input=0.55, f_baseline=0.65, frame=0.02)]
    after = [explained("x", [0.25, -0.05], f_input=0.55, f_baseline=0.35)]
    found = compared(tmp_path, before, after)
    (item,) = found.shown
    assert (item.y_before, item.y_pred) == ("0", "1")
    assert item.before.attributions == [0.2, -0.1]
    assert (item.before.f_input, item.before.f_baseline, item.before.frame) == (
        pytest.approx(0.45), pytest.approx(0.35), -0.02,
    )  # fmt: skip
    assert item.moved == pytest.approx((0.05 + 0.05 + 0.02) / 0.62)
    assert (overall(found, "flipped").n, overall(found, "kept").n, found.flipped) == (1, 0, 1)
    assert overall(found, "kept").moved is None


def test_what_cannot_be_compared_is_counted_with_its_reason(tmp_path: Path) -> None:
    rows = ["same", "dark", "scale", "against", "class", "only"]
    before = [explained(row, [0.4, 0.1]) for row in rows[:-1]]
    after = [
        explained("same", [0.4, 0.1]),
        explained("dark", [0.4, 0.1], reason="no_contrast"),
        explained("scale", [0.4, 0.1], scale="log_odds"),
        explained("against", [0.4, 0.1], baseline="pad"),
        explained("class", [0.4, 0.1], target_class="2"),
        explained("only", [0.4, 0.1]),
    ]
    found = compared(tmp_path, before, after, "012")
    assert found.left_out == {"not_explained": 1, "other_class": 1, "other_reference": 1, "other_scale": 1}
    assert (found.baseline, found.candidate, found.both, overall(found).n) == (5, 6, 5, 1)


def test_no_explanations_on_one_side(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", [explained("x", [0.1])])
    other = folder(tmp_path / "other", [explained("x", [0.1])])
    other.attributions.unlink()
    assert compare_explanations(one, other, ["0", "1"], ["g"], LEVEL) is None
    assert compare_explanations(other, one, ["0", "1"], ["g"], LEVEL) is None


def test_no_decision_in_common(tmp_path: Path) -> None:
    found = compared(tmp_path, [explained("x", [0.1, 0.2])], [explained("y", [0.1, 0.2])])
    assert (found.both, found.shown, overall(found).n, overall(found).moved) == (0, [], 0, None)


def test_rare_draws_weigh_more_and_clusters_tell_less(tmp_path: Path) -> None:
    still, moved = [0.4, 0.1], [0.1, 0.4]
    rows = [f"r{i}" for i in range(40)]
    before = [explained(row, still, inclusion_probability=0.5) for row in rows]
    after = [
        explained(row, moved if i < 10 else still, inclusion_probability=0.25 if i < 10 else 1.0)
        for i, row in enumerate(rows)
    ]
    alone = overall(compared(tmp_path, before, after))
    assert alone.moved == pytest.approx(0.6 * 40 / 100)  # the smaller of both probabilities: .25 and .5
    (tmp_path / "again").mkdir()
    tied = overall(compared(tmp_path / "again", before, after, clusters=[f"c{i // 10}" for i in range(40)]))
    assert tied.moved == alone.moved
    assert tied.upper - tied.lower > 1.5 * (alone.upper - alone.lower)


def test_every_group_of_an_attribute_is_told(tmp_path: Path) -> None:
    rows = [f"r{i}" for i in range(8)]
    before = [explained(row, [0.4, 0.1]) for row in rows]
    after = [explained(row, [0.4, 0.1] if i % 2 else [0.1, 0.4]) for i, row in enumerate(rows)]
    groups = [item for item in compared(tmp_path, before, after).shifts if item.attributes]
    assert [(item.attributes, item.group, item.n, item.moved) for item in groups] == [
        (["g"], ["a"], 4, pytest.approx(0.6)), (["g"], ["b"], 4, 0.0),
    ]  # fmt: skip


def test_words_of_two_tokenizers_are_taken_together_where_they_overlap() -> None:
    """One reads ab|cd ef, the other abcd e|f; the third has not read the last word."""
    found = common_words(
        ([0, 2, 5], [2, 4, 7], np.array([0.1, 0.2, 0.4])), ([0, 5, 6], [4, 6, 7], np.array([0.5, 0.2, 0.3]))
    )
    assert [array.tolist() for array in found[:2]] == [[0, 5], [4, 7]]
    np.testing.assert_allclose(found[2], [0.3, 0.4])
    np.testing.assert_allclose(found[3], [0.5, 0.5])
    short = common_words(([0, 5], [4, 7], np.array([0.1, 0.2])), ([0], [4], np.array([0.3])))
    np.testing.assert_allclose(short[3], [0.3, 0.0])


CUTS = st.lists(st.integers(0, 30), min_size=0, max_size=8, unique=True).map(sorted)


@given(CUTS, CUTS)
def test_common_words_lose_nothing_and_never_overlap(one: list[int], other: list[int]) -> None:
    sides = []
    for cuts in (one, other):
        starts, ends = cuts[:-1], cuts[1:]
        sides.append((starts, ends, np.arange(1.0, len(starts) + 1)))
    starts, ends, before, after = common_words(*sides)
    assert (starts[1:] >= ends[:-1]).all()
    assert (ends > starts).all()
    for values, (_, _, given_values) in zip((before, after), sides, strict=True):
        assert values.sum() == pytest.approx(given_values.sum())


def test_intervals_hold_for_rare_large_moves(tmp_path: Path) -> None:
    """Of twenty explanations, one in ten turned round: normal bounds miss the mean far too often."""
    rng, held = np.random.default_rng(0), 0
    for run in range(40):
        hit = rng.random(20) < 0.1
        before = [explained(f"r{i}", [0.4, 0.1]) for i in range(20)]
        after = [explained(f"r{i}", [-0.4, -0.1] if hit[i] else [0.4, 0.1]) for i in range(20)]
        (tmp_path / str(run)).mkdir()
        shift = overall(compared(tmp_path / str(run), before, after))
        held += shift.lower <= 0.1 <= shift.upper
    assert held >= 36


def test_the_table_of_attributions_keeps_the_error_as_it_is() -> None:
    assert pd.Index(SCHEMA.names).is_unique
    assert "error" in SCHEMA.names

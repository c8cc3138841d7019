from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.fairness.tally import Slicing, tally_decisions
from tests.fairness.helpers import decisions, tally

ROW = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
    st.sampled_from(["0", "1", None]),
    st.sampled_from(["0", "1"]),
    st.integers(0, 5),
    st.floats(0, 4),
)


def frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["g", "h", "y_true", "y_pred", "count", "weight"])


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30), st.lists(ROW, min_size=1, max_size=30))
def test_tally_of_the_whole_is_the_sum_of_the_parts(first: list, second: list) -> None:
    whole = tally(frame(first + second), ["g", "h"])
    parts = tally(frame(first), ["g", "h"]) + tally(frame(second), ["g", "h"])
    pd.testing.assert_frame_equal(whole.cells, parts.cells)


def test_batches_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    rows = [tuple(row) for row in zip(*(rng.choice(list(c), 400) for c in ("ab", "xyz", "01", "01")), strict=True)]
    table = decisions(frame([(*row, 1, 1.0) for row in rows]), ["g", "h"])
    slicing = Slicing(("g",))
    one = tally_decisions([table], [slicing])[0]
    many = tally_decisions([table.slice(i, 10) for i in range(0, 400, 10)], [slicing])[0]
    pd.testing.assert_frame_equal(one.cells, many.cells)
    assert one.cells["n"].sum() == 400


def test_only_observed_cells_are_kept() -> None:
    rng = np.random.default_rng(0)
    names = [f"a{i}" for i in range(8)]
    rows = pd.DataFrame({name: rng.integers(0, 20, 500).astype(str) for name in names})
    rows["y_true"] = rows["y_pred"] = "1"
    assert len(tally(rows, names).cells) <= 500


def test_counts_and_weights() -> None:
    rows = pd.DataFrame({"g": ["a", "a", "a"], "y_true": ["1"] * 3, "y_pred": ["1"] * 3})
    rows = rows.assign(count=[2, 1, 1], weight=[3.0, 1.0, 5.0])
    cell = tally(rows, ["g"]).cells.iloc[0]
    assert (cell["n"], cell["w"], cell["w2"]) == (4, 12.0, 2 * 9 + 1 + 25)


def test_failed_decisions_are_left_out() -> None:
    rows = pd.DataFrame({"g": ["a", "b"], "y_true": ["1", "1"], "y_pred": ["1", None], "status": ["ok", "failed"]})
    assert tally(rows, ["g"]).cells["group:g"].tolist() == ["a"]


def test_unknown_labels_are_none() -> None:
    rows = pd.DataFrame({"g": ["a", "a"], "y_true": ["1", None], "y_pred": ["1", "0"]})
    assert tally(rows, ["g"]).cells["y_true"].tolist() == ["1", None]


def test_nothing_to_tally() -> None:
    empty = decisions(pd.DataFrame({"g": ["a"], "y_true": ["1"], "y_pred": ["1"]}), ["g"]).slice(0, 0)
    assert isinstance(empty, pa.Table)
    assert tally_decisions([empty], [Slicing(("g",))])[0].cells.empty

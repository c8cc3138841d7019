"""An example knows whether it is a text or a pair of texts."""

from __future__ import annotations

import pyarrow as pa

from audit.data.examples import example_fields, examples_of


def test_a_text_or_a_pair() -> None:
    rows = pa.table({"row_id": ["a", "b"], "input": ["x", None]})
    assert examples_of(rows) == ["x", ""]
    pairs = rows.append_column("input_pair", pa.array([None, None], pa.string()))
    assert examples_of(pairs) == [("x", ""), ("", "")]
    assert (example_fields(rows), example_fields(pairs)) == (["input"], ["input", "input_pair"])
    assert examples_of(rows[:0]) == []

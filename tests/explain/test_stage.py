"""What an audit's explanation stage leaves in the run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from audit import run

Make = Callable[..., dict[str, Any]]


def test_table_holds_numbers_and_spans_but_no_text(model_case: Make) -> None:
    config = model_case()
    result = run(config)
    folder = Path(config["output"]["folder"])
    names = pq.read_schema(folder / "attributions.parquet").names
    assert not {"text", "input", "tokens", "token_ids"} & set(names)
    explained = pd.read_parquet(folder / "attributions.parquet")
    decisions = pd.read_parquet(folder / "decisions.parquet").set_index("row_id")
    assert len(explained) == result.explanations.sampled == 12
    for _, row in explained.iterrows():
        assert row["target_class"] == decisions.loc[row["row_id"], "y_pred"]
        total = np.sum(row["attributions"], dtype=np.float64)
        np.testing.assert_allclose(total - (row["f_input"] - row["f_baseline"]), row["convergence_delta"], atol=1e-6)
        probability = decisions.loc[row["row_id"], "score"]
        expected = probability if row["target_class"] == "yes" else 1 - probability
        np.testing.assert_allclose(row["f_input"], expected, atol=1e-5)


def test_text_is_kept_for_shown_rows_only(model_case: Make) -> None:
    config = model_case()
    result = run(config)
    inputs = pd.read_parquet(Path(config["output"]["folder"]) / "inputs.parquet")
    assert inputs["row_id"].tolist() == result.explanations.shown
    assert len(inputs) == 6
    texts = pd.read_csv(config["data"]["path"]).set_index("id")["text"]
    assert inputs["input"].tolist() == texts[inputs["row_id"]].tolist()


def test_quality_counts_add_up_per_slicing(model_case: Make) -> None:
    result = run(model_case())
    explained = result.explanations
    by_group = [item for item in explained.by_group if item.attributes == ["group"]]
    assert sum(item.n for item in by_group) == explained.sampled
    assert sum(item.converged for item in by_group) == explained.converged
    assert len(explained.errors) == explained.sampled - explained.no_contrast - explained.failed


def test_none_asked_for(model_case: Make) -> None:
    config = model_case(explanations={"sample": 0})
    result = run(config)
    assert result.explanations is None
    assert "explanations_off" in {note.code for note in result.notes}
    assert not (Path(config["output"]["folder"]) / "inputs.parquet").exists()


def test_explained_but_not_shown(model_case: Make) -> None:
    config = model_case(explanations={"sample": 5, "shown": 0, "n_steps": 4})
    result = run(config)
    assert (result.explanations.sampled, result.explanations.shown) == (5, [])
    folder = Path(config["output"]["folder"])
    assert pd.read_parquet(folder / "inputs.parquet").empty
    assert "Internal" not in (folder / "report.html").read_text()

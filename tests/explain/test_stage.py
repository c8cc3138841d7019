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
        total = np.sum(row["attributions"], dtype=np.float64) + row["frame"]
        np.testing.assert_allclose(total - (row["f_input"] - row["f_baseline"]), row["convergence_delta"], atol=1e-6)
        probability = decisions.loc[row["row_id"], "score"]
        expected = probability if row["target_class"] == "yes" else 1 - probability
        if row["scale"] == "log_odds":
            expected = np.log(expected / (1 - expected))
        np.testing.assert_allclose(row["f_input"], expected, atol=1e-5)


def test_text_is_kept_for_shown_rows_only(model_case: Make) -> None:
    config = model_case()
    result = run(config)
    inputs = pd.read_parquet(Path(config["output"]["folder"]) / "inputs.parquet")
    assert set(inputs["row_id"]) == {*result.explanations.shown, *result.flags.shown}
    assert len(result.explanations.shown) == 6
    texts = pd.read_csv(config["data"]["path"]).set_index("id")["text"]
    assert inputs["input"].tolist() == texts[inputs["row_id"]].tolist()


def test_outcomes_add_up_per_slicing(model_case: Make) -> None:
    explained = run(model_case()).explanations
    everybody = next(item for item in explained.outcomes if not item.attributes)
    groups = [item for item in explained.outcomes if item.attributes == ["group"]]
    for name in ("n", "explained", "weak", "unexplained"):
        assert sum(getattr(item, name) for item in groups) == getattr(everybody, name)
    assert everybody.n == explained.sampled == everybody.explained + everybody.weak + everybody.unexplained
    assert sum(everybody.reasons.values()) == everybody.weak + everybody.unexplained


def test_explained_rates_are_weighted_shares_and_can_be_ruled(model_case: Make) -> None:
    rule = {"metric": "explained_rate", "limit": 0.9}
    config = model_case(
        explanations={"sample": 40, "sanity": 2, "least_contrast": 0}, policy={"rules": [rule]}, rows=120
    )
    result = run(config)
    folder = Path(config["output"]["folder"])
    table = pd.read_parquet(folder / "attributions.parquet")
    groups = pd.read_parquet(folder / "decisions.parquet").set_index("row_id")["group:group"]
    table["group"] = groups[table["row_id"]].to_numpy()
    for group, rows in table.groupby("group"):
        expected = np.average(rows["outcome"] == "explained", weights=1 / rows["inclusion_probability"])
        value = next(v for v in result.metrics if v.metric == "explained_rate" and v.group == [group])
        np.testing.assert_allclose(value.value, expected)
    verdicts = {rule.scope: rule.counts for rule in result.judgement.rules}
    assert verdicts == {"pooled": False, "adjusted": True}
    assert result.explanations.sanity.decisions == 2


def test_all_decisions_can_be_explained(model_case: Make) -> None:
    result = run(model_case(explanations={"which": "all", "sanity": 0}, rows=30))
    assert result.explanations.sampled == result.explanations.population == 30


def test_the_order_and_company_of_decisions_does_not_matter(model_case: Make, tmp_path: Path) -> None:
    tables = []
    for name, sample in (("few", 12), ("all", 60)):
        config = model_case(explanations={"sample": sample, "sanity": 0}, output={"folder": str(tmp_path / name)})
        run(config)
        tables.append(pd.read_parquet(tmp_path / name / "attributions.parquet").set_index("row_id"))
    few, everything = tables
    same = everything.loc[few.index]
    assert (few["outcome"] == same["outcome"]).all()
    np.testing.assert_allclose(few["followed"].astype(float), same["followed"].astype(float), atol=1e-3)
    np.testing.assert_allclose(few["removed"].astype(float), same["removed"].astype(float), atol=1e-3)


def test_none_asked_for(model_case: Make) -> None:
    config = model_case(explanations={"sample": 0})
    result = run(config)
    assert result.explanations is None
    assert "explanations_off" in {note.code for note in result.notes}
    assert not (Path(config["output"]["folder"]) / "inputs.parquet").exists()


def test_explained_but_not_shown(model_case: Make) -> None:
    config = model_case(explanations={"sample": 5, "shown": 0})
    result = run(config)
    assert (result.explanations.sampled, result.explanations.shown) == (5, [])
    folder = Path(config["output"]["folder"])
    assert pd.read_parquet(folder / "inputs.parquet").empty
    assert "Internal" not in (folder / "report.html").read_text()

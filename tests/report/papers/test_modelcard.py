from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from audit.report.documents import Telling
from audit.report.papers.modelcard import central_metrics, render_model_card
from audit.store.files import sha256
from tests.report.papers.conftest import SECRET, of, with_model


def loaded(telling: Telling, folder: Path) -> ModelCard:
    path = folder / "README.md"
    path.write_text(render_model_card(telling), encoding="utf-8")
    return ModelCard.load(path)


def test_the_hub_reads_its_metrics(told: Telling, tmp_path: Path) -> None:
    card = loaded(of(told, model=with_model(told.result)), tmp_path)
    assert card.data.model_name == "screener"
    results = card.data.eval_results
    overall = {item.metric_type: item for item in results if item.dataset_config is None}
    expected = {item.metric: item for item in told.result.metrics if not item.attributes and item.value is not None}
    assert len(overall) == len(expected)
    assert overall["f1"].metric_value == pytest.approx(expected["f1_score"].value, abs=1e-6)
    rate = next(r for r in results if r.metric_type == "selection_rate" and r.dataset_config == "h=x")
    item = next(i for i in told.result.metrics if i.metric == "selection_rate" and i.group == ["x"])
    assert rate.metric_value == pytest.approx(item.value, abs=1e-6)
    assert rate.metric_args["lower"] == pytest.approx(item.lower, abs=1e-6)
    assert rate.dataset_args == {"sha256": told.result.data.sha256, "decisions": item.n}


def test_slices_tell_the_metrics_that_rules_judge_or_that_differ(told: Telling, tmp_path: Path) -> None:
    central = central_metrics(told.result)
    assert {"selection_rate", "false_negative_rate", "accuracy"} <= set(central)
    card = loaded(told, tmp_path)
    sliced = {item.metric_type for item in card.data.eval_results if item.dataset_config}
    assert sliced == set(central)


def test_the_section_tells_verdict_findings_limits_and_hashes(told: Telling, tmp_path: Path) -> None:
    text = loaded(told, tmp_path).text
    assert "**Fail**." in text
    for gap in told.result.clear_gaps.items:
        assert "apart" in text
        assert gap.metric in central_metrics(told.result)
    for heading in ("### Clear gaps", "### By g", "### By h", "### Limits of this audit", "### Hashes"):
        assert heading in text
    assert sha256(told.folder.result) in text
    assert told.result.data.sha256 in text


def test_names_are_text_and_nothing_else(told: Telling, tmp_path: Path) -> None:
    card = loaded(told, tmp_path)  # a group is called like the end of the metadata
    assert "a⟨U+202E⟩b" in card.text
    assert "\u202e" not in card.content
    assert SECRET not in card.content
    assert {line for line in card.text.splitlines() if line.startswith("---")} == set()
    configs = {item.dataset_config for item in card.data.eval_results}
    assert "g==1+1" in configs


def test_how_many_files_the_data_came_from(told: Telling, tmp_path: Path) -> None:
    assert "The table is made of" not in loaded(told, tmp_path).text
    many = of(told, data=told.result.data.model_copy(update={"files": 1200}))
    assert "The table is made of 1,200 files." in loaded(many, tmp_path).text


def test_without_gaps_and_policy(told: Telling, tmp_path: Path) -> None:
    none = told.result.clear_gaps.model_copy(update={"items": []})
    text = loaded(of(told, clear_gaps=none, judgement=None), tmp_path).text
    assert "**Not judged**." in text
    assert "### By g" in text

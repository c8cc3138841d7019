"""Adapters against their base model: every method of texts, and LoRA where rows have several decisions."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

import audit
from audit.result import AuditResult
from tests.models.adapters import METHODS, train
from tests.pipeline.several import (
    biased_labeller,
    biased_tagger,
    entities_config,
    labels_config,
    taught_labels,
    taught_tags,
)

peft = pytest.importorskip("peft")


def hashes(run: Path) -> dict[str, str]:
    return dict(json.loads((run / "manifest.json").read_text())["peft"])


def flips_of(result: AuditResult) -> dict[tuple[str, ...], tuple[int, int]]:
    """Decisions that changed, and all of them, by group."""
    assert result.comparison is not None
    assert result.comparison.paired
    return {
        tuple(item.group): (next(rate.flips for rate in item.rates if rate.kind == "changed"), item.n)
        for item in result.comparison.flips
    }


def test_every_method_is_held_against_the_base(
    model_case: Callable[..., dict[str, Any]], checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    base = Path(shutil.copytree(checkpoints["bert"], tmp_path / "base"))
    settings = {"sample": 3, "most_flagged": 0, "shown": 2, "sanity": 0}
    config = model_case(explanations=settings, metrics=["selection_rate", "accuracy"])
    before = tmp_path / "runs" / "base"
    config["model"], config["output"] = {"path": str(base), "device": "cpu"}, {"folder": str(before)}
    plain = audit.run(config)
    seen = set()
    for method in METHODS:
        folder, run = train(base, tmp_path / method, method), tmp_path / "runs" / method
        config["model"], config["output"] = {"path": str(folder), "device": "cpu"}, {"folder": str(run)}
        result = audit.run(config, baseline=before)
        changed, n = flips_of(result)[()]
        assert 0 < changed <= n == 60, method
        assert sum(flips_of(result).get((group,), (0, 0))[0] for group in ("a", "b", "(missing)")) == changed
        assert len(pd.read_parquet(run / "attributions.parquet")) >= 3
        assert plain.model is not None
        assert hashes(run)["base_sha256"] == plain.model.sha256
        seen.add(hashes(run)["adapter_sha256"])
    assert len(seen) == len(METHODS)


@pytest.mark.parametrize(
    ("make", "teach", "config_of", "auto", "kind", "cls"),
    [
        (biased_tagger, taught_tags, entities_config, AutoModelForTokenClassification, "TOKEN_CLS", "person"),
        (biased_labeller, taught_labels, labels_config, AutoModelForSequenceClassification, "SEQ_CLS", "rude"),
    ],
    ids=["entities", "labels"],
)
def test_an_adapter_that_repairs_its_base(
    make: Any, teach: Any, config_of: Any, auto: Any, kind: str, cls: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    base, folder = make(checkpoints["bert"], tmp_path / "base"), tmp_path / "adapter"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about transformers
        model = peft.get_peft_model(auto.from_pretrained(base), peft.LoraConfig(task_type=kind, r=8, lora_alpha=32))
        teach(model, base, blind=False)
        model.save_pretrained(folder)
    explained = {"sample": 4, "most_flagged": 0, "shown": 2, "sanity": 0}
    keys = {"explanations": explained, "metrics": ["true_positive_rate", "exact_match"], "size": 120}
    before, after = tmp_path / "before", tmp_path / "after"
    audit.run(config_of(base, tmp_path, **keys) | {"output": {"folder": str(before)}})
    result = audit.run(
        config_of(folder, tmp_path, **keys) | {"output": {"folder": str(after)}}, baseline=before
    )  # fmt: skip
    flips = flips_of(result)
    assert flips["she",][0] > flips["he",][0]
    recall = {
        tuple(value.group): value.value
        for value in result.metrics
        if (value.metric, value.cls) == ("true_positive_rate", cls)
    }
    assert (recall["she",] or 0) > 0.5
    assert len(pd.read_parquet(after / "attributions.parquet")) >= 4
    assert set(hashes(after)) == {"adapter_sha256", "base_sha256"}

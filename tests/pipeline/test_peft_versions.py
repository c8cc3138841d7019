"""Adapters against their base model: every method of texts, and others where rows have several decisions."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

import audit
from audit.result import AuditResult
from tests.models.adapters import METHODS, settings_of, train
from tests.models.taggers import TAGS
from tests.pipeline.several import (
    biased_labeller,
    biased_tagger,
    entities_config,
    labels_config,
    rows,
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


@pytest.mark.parametrize("method", ["adalora", "ia3"])
@pytest.mark.parametrize(
    ("make", "teach", "config_of", "auto", "kind"),
    [
        (biased_tagger, taught_tags, entities_config, AutoModelForTokenClassification, "TOKEN_CLS"),
        (biased_labeller, taught_labels, labels_config, AutoModelForSequenceClassification, "SEQ_CLS"),
    ],
    ids=["entities", "labels"],
)
def test_other_methods_where_rows_have_several_decisions(
    make: Any,
    teach: Any,
    config_of: Any,
    auto: Any,
    kind: str,
    method: str,
    checkpoints: dict[str, Path],
    tmp_path: Path,
) -> None:
    base, folder = make(checkpoints["bert"], tmp_path / "base", steps=20), tmp_path / "adapter"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about transformers
        model = peft.get_peft_model(auto.from_pretrained(base), settings_of(method, task_type=kind))
        teach(model, base, blind=False, steps=15)
        model.save_pretrained(folder)
        plain = peft.PeftModel.from_pretrained(auto.from_pretrained(base), folder, torch_device="cpu").eval()
    explained = {"sample": 3, "most_flagged": 0, "shown": 2, "sanity": 0}
    result = audit.run(config_of(folder, tmp_path, size=24, explanations=explained))
    run = tmp_path / "run"
    # What was decided is what plain peft says of the same rows, and not what the base model says.
    tokenizer, unlike = AutoTokenizer.from_pretrained(base), 0.0
    bare = auto.from_pretrained(base).eval()
    decided = pd.read_parquet(run / "decisions.parquet")
    decided = decided[decided["status"] == "ok"]
    assert len(decided) > 24
    words = {row["id"]: row["words"] for row in rows(24)}
    for one in decided.to_dict("records"):
        text = words[one["example"]]
        encoded = tokenizer(text, is_split_into_words=True, return_tensors="pt")
        if kind == "SEQ_CLS":
            encoded = tokenizer(" ".join(text), return_tensors="pt")
        with torch.inference_mode():
            both = [model(**encoded).logits[0].numpy() for model in (plain, bare)]
        said_here = np.array(one["logits"])
        if kind == "SEQ_CLS":
            at = list(plain.config.id2label.values()).index(one["output"])
            said_here = said_here[[0, 1 + at]]
            expected, without = [np.array([0.0, said[at]]) for said in both]
        else:
            token = encoded.word_ids().index(int(one["position"]))
            types = {name: [i for i, tag in enumerate(TAGS) if tag.endswith(name)] for name in ("O", "person", "place")}
            expected, without = [
                np.array([np.logaddexp.reduce(said[token, added]) for added in types.values()]) for said in both
            ]
        np.testing.assert_allclose(said_here, expected, rtol=0, atol=1e-4 * max(1, np.abs(expected).max()))
        unlike = max(unlike, float(np.abs(expected - without).max()))
    assert unlike > 0.05
    explanations = pd.read_parquet(run / "attributions.parquet")
    assert len(explanations) == 3
    assert all(np.isfinite(values).all() and np.abs(values).max() > 0 for values in explanations["attributions"])
    assert result.model is not None
    assert result.model.peft is not None
    expected_hashes = {"adapter_sha256": result.model.peft.sha256, "base_sha256": result.model.peft.base_sha256}
    assert hashes(run) == expected_hashes
    assert len(set(expected_hashes.values())) == 2

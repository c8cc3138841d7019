"""Each reason by name, and inputs that nobody expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from audit.config import ExplanationConfig, ModelConfig
from audit.explain.explanations import Explainer
from audit.explain.integrate.attribution import Attribution
from audit.explain.verify.faithfulness import Faithfulness
from audit.explain.verify.outcome import Thresholds, has_content, verdict
from audit.models.text_classification import TextClassification
from audit.result.outcomes import REASONS


def attribution(**changes: Any) -> Attribution:
    given: dict[str, Any] = {"f_input": 0.9, "f_baseline": 0.5, "estimated_error": 0.0, "gradients": 9}
    given["values"] = np.array([0.3, 0.1], np.float32)
    return Attribution(**given | changes)


def faithful_(**changes: Any) -> Faithfulness:
    given = {"units": 12, "named": 2, "removed": 0.9, "sufficient": True, "followed": 0.95, "wrong_signs": 0.02}
    return Faithfulness(**given | changes)


@pytest.mark.parametrize(
    ("found", "faithful", "content", "expected"),
    [
        (attribution(), faithful_(), 0.9, ("explained", None)),
        (attribution(f_input=float("nan")), None, 0.9, ("unexplained", "failed")),
        (attribution(), faithful_(units=0), 0.9, ("unexplained", "no_input")),
        (attribution(f_input=0.52), None, 0.9, ("unexplained", "no_contrast")),
        (attribution(f_input=0.8), None, 0.9, ("unexplained", "not_converged")),
        (attribution(estimated_error=0.1), None, 0.9, ("unexplained", "not_converged")),
        (attribution(f_input=0.52, scale="log_odds"), None, 0.9, ("unexplained", "no_contrast")),
        (attribution(f_input=1.0, f_baseline=0.6, scale="log_odds"), faithful_(), 0.9, ("unexplained", "no_contrast")),
        (attribution(), faithful_(units=2), 0.9, ("unexplained", "too_short_to_test")),
        (attribution(), faithful_(removed=0.3), 0.9, ("unexplained", "not_removed")),
        (attribution(), faithful_(followed=0.8), 0.9, ("unexplained", "not_followed")),
        (attribution(), faithful_(units=5, followed=0.9), 0.9, ("unexplained", "not_followed")),
        (attribution(), faithful_(wrong_signs=0.2), 0.9, ("unexplained", "wrong_signs")),
        (attribution(), faithful_(sufficient=False), 0.9, ("weak", "not_sufficient")),
        (attribution(), faithful_(sufficient=None), 0.9, ("explained", None)),
        (attribution(), faithful_(), 0.4, ("weak", "contentless")),
        # The first reason that applies is the one that is told.
        (attribution(estimated_error=0.1), faithful_(removed=0.1), 0.1, ("unexplained", "not_converged")),
    ],
)
def test_the_first_reason_that_applies(
    found: Attribution, faithful: Faithfulness | None, content: float, expected: tuple[str, str | None]
) -> None:
    assert verdict(found, faithful, content, Thresholds()) == expected


@pytest.mark.parametrize(
    ("text", "content"),
    [("word", True), ("7", True), ("...", False), (" ,", False), ("\U0001f642", True), ("\u4e2d", True)],
)
def test_content(text: str, content: bool) -> None:
    assert has_content(text) is content


FIXED = {"y_pred": "yes", "inclusion_probability": 1.0}
STRANGE = {
    "empty": "",
    "spaces": "   ",
    "one": "good",
    "long": "good bad " * 300,
    "punctuation": "... !!! ?",
    "emoji": "\U0001f642\U0001f642 good",
    "right to left": "\u05e9\u05dc\u05d5\u05dd good bad word1 word2 word3",
    "chinese": "\u4f60\u597d\u4e16\u754c\u4f60\u597d\u4e16\u754c",
}


@pytest.mark.parametrize("family", ["bert", "roberta", "llama"])
def test_any_input_has_an_outcome_with_its_reason(checkpoints: dict[str, Path], family: str) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints[family], device="cpu"))
    explainer = Explainer(adapter, ExplanationConfig(least_contrast=0.0), adapter.baseline_kind("auto"), 0)
    rows = pd.DataFrame({"row_id": list(STRANGE), "input": list(STRANGE.values())}).assign(**FIXED)
    table, _ = explainer.explain(rows)
    found = table.to_pandas().set_index("row_id")
    assert set(found["outcome"]) <= {"explained", "weak", "unexplained"}
    assert (found["reason"].isna() == (found["outcome"] == "explained")).all()
    assert set(found["reason"].dropna()) <= set(REASONS)
    assert found.loc["empty", "reason"] == "no_input"
    assert found.loc["one", "reason"] in {"too_short_to_test", "not_converged"}


class Broken(TextClassification):
    def logits(self, batch: Any, embedded: torch.Tensor | None = None) -> torch.Tensor:
        return super().logits(batch, embedded) * float("nan")


class Deaf(TextClassification):
    def logits(self, batch: Any, embedded: torch.Tensor | None = None) -> torch.Tensor:
        return super().logits(batch, embedded) * 0 + torch.tensor([0.0, 1.0])


@pytest.mark.parametrize(("kind", "reason"), [(Broken, "failed"), (Deaf, "no_contrast")])
def test_models_that_fail_or_do_not_listen(checkpoints: dict[str, Path], kind: Any, reason: str) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device="cpu"))
    # Only now: loading refuses a model that says nothing, and one of these may still come up for single texts.
    adapter.__class__ = kind
    explainer = Explainer(adapter, ExplanationConfig(), "mask", 0)
    rows = pd.DataFrame({"row_id": ["a"], "input": ["good bad word1 word2 he she"]}).assign(**FIXED)
    (record,) = explainer.explain(rows)[0].to_pylist()
    assert (record["outcome"], record["reason"]) == ("unexplained", reason)

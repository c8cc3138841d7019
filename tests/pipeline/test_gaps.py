"""Which gaps are taken apart, and what is said of those that are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoTokenizer

from audit import run
from audit.config import ModelConfig
from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.path import PathIntegrator
from audit.models.text_classification import TextClassification
from tests.conftest import WORDS

Make = Callable[..., dict[str, Any]]
EXPLAIN = {"sample": 1, "sanity": 0, "shown": 0, "most_flagged": 0}


def test_gaps_that_are_asked_for_add_up_under_each_condition(model_case: Make) -> None:
    metrics = ["selection_rate", "true_positive_rate", "false_positive_rate"]
    gaps = run(model_case(rows=150, explanations=EXPLAIN, gaps={"sample": 150, "metrics": metrics})).gaps
    assert {gap.condition for gap in gaps} == {"all", "positive", "negative"}
    for gap in gaps:
        assert sum(part.value for part in gap.parts) == pytest.approx(gap.score_gap, abs=1e-9)
        # Everybody was drawn, so that nothing is left for the line that tells of sampling.
        assert next(part for part in gap.parts if part.kind == "sampling").value == pytest.approx(0, abs=1e-6)


def test_too_few_decisions_of_a_group_are_told(model_case: Make) -> None:
    result = run(model_case(explanations=EXPLAIN, gaps={"sample": 20, "metrics": ["selection_rate"]}))
    assert result.gaps == []
    (note,) = [note for note in result.notes if note.code == "gap_too_few_explained"]
    assert sorted(note.params["groups"]) == ["a", "b"]


def test_attributions_that_are_no_numbers_are_counted(model_case: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    attribute = PathIntegrator.attribute

    def first_fails(self: PathIntegrator, *given: Any, **how: Any) -> tuple[list[Attribution], dict[str, int]]:
        found, spent = attribute(self, *given, **how)
        return [replace(found[0], values=found[0].values * np.float32("nan")), *found[1:]], spent

    monkeypatch.setattr(PathIntegrator, "attribute", first_fails)
    shown = {**EXPLAIN, "sample": 3, "shown": 3}
    result = run(model_case(explanations=shown, gaps={"sample": 60, "metrics": ["selection_rate"]}))
    assert result.explanations is not None
    assert result.explanations.outcomes[0].reasons["failed"] == 1
    (note,) = [note for note in result.notes if note.code == "attributions_failed"]
    assert note.params == {"n": 1}
    assert result.gaps
    assert sum(part.value for part in result.gaps[0].parts) == pytest.approx(result.gaps[0].score_gap, abs=1e-9)


def test_what_closes_is_what_the_model_says_once_words_are_masked(
    model_case: Make, checkpoints: dict[str, Path]
) -> None:
    concepts = {"some": WORDS[1:30], "others": WORDS[31:60]}
    config = model_case(
        rows=400, explanations=EXPLAIN, gaps={"sample": 400, "metrics": ["selection_rate"], "concepts": concepts}
    )
    # Texts of one group hold other words, so that there is something to name.
    path = Path(config["data"]["path"])
    frame = pd.read_csv(path, keep_default_na=False)
    rng = np.random.default_rng(5)
    for group, words in (("a", WORDS[1:31]), ("b", WORDS[30:60])):
        mine = frame["group"] == group
        frame.loc[mine, "text"] = [" ".join(rng.choice(words, rng.integers(3, 9))) for _ in range(mine.sum())]
    frame.to_csv(path, index=False)
    (gap,) = run(config).gaps
    adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device="cpu"))
    token = AutoTokenizer.from_pretrained(checkpoints["bert"])

    def score(text: str, masked: set[str]) -> float:
        words = [
            " ".join([token.mask_token] * len(token.tokenize(word))) if word in masked else word
            for word in text.split()
        ]
        with torch.no_grad():
            return float(adapter.logits(adapter.collate(adapter.encode([" ".join(words)]))).softmax(-1)[0, 1])

    def closed(masked: set[str]) -> float:
        lost = frame["text"].map(lambda text: score(text, set()) - score(text, masked))
        high, low = (frame["group"] == group[0] for group in (gap.high_group, gap.low_group))
        return float(lost[high].mean() - lost[low].mean())

    masked = [part for part in gap.parts if part.closes is not None]
    assert masked
    assert all(part.named for part in masked)
    terms = {part.name: set(concepts.get(part.name, [part.name])) for part in masked}
    for part in masked:
        assert part.closes is not None
        assert part.closes.value == pytest.approx(closed(terms[part.name]), abs=1e-5)
        assert part.closes.lower <= part.closes.value <= part.closes.upper
    assert gap.closes is not None
    assert gap.closes.value == pytest.approx(closed(set().union(*terms.values())), abs=1e-5)

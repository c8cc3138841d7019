"""Reliance on identity terms is suspected by attribution, and confirmed by masking or by exchanging them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from audit.config import ExplanationConfig, ModelConfig
from audit.explain.explanations import Explainer
from audit.explain.gaps.reliance import Moved, find_reliance
from audit.models.text_classification import TextClassification
from audit.terms.loading import load_lexicons

LEXICONS = load_lexicons(["en"], axes=["gender"])
TEXTS = {"much": "word2 he good bad", "little": "word3 she good bad", "nobody": "word4 good", "failed": "he word5"}


@pytest.fixture(scope="module")
def explainer(checkpoints: dict[str, Path]) -> Explainer:
    adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device="cpu"))
    return Explainer(adapter, ExplanationConfig(), "mask", 0)


@pytest.fixture(scope="module")
def explained(explainer: Explainer) -> pd.DataFrame:
    """Explanations that lay 60 % on "he", 10 % on "she"."""
    rows = []
    for (name, text), item in zip(TEXTS.items(), explainer.adapter.encode(list(TEXTS.values())), strict=True):
        with torch.no_grad():
            p = explainer.adapter.logits(explainer.adapter.collate([item])).softmax(-1)[0].numpy()
        term = np.array([text[a:b] in {"he", "she"} for a, b in item.places])
        share = {"much": 0.6, "little": 0.1}.get(name, 0.6)
        phi = np.where(term, -share, (1 - share) / max((~term).sum(), 1)) if term.any() else np.ones(len(item.places))
        rows.append(
            {
                "row_id": name, "input": text, "y_pred": explainer.adapter.classes[int(p.argmax())], "baseline": "mask",
                "f_input": float(p.max()), "scale": "probability", "reason": "failed" if name == "failed" else None,
                "starts": item.places[:, 0], "ends": item.places[:, 1], "attributions": phi, "frame": 0.0,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def masked(explainer: Explainer, text: str, term: str, predicted: str) -> tuple[float, bool]:
    """Probability of the predicted class with a term masked, and whether it is still predicted."""
    (item,) = explainer.adapter.encode([text.replace(term, "[MASK]")])
    with torch.no_grad():
        p = explainer.adapter.logits(explainer.adapter.collate([item])).softmax(-1)[0]
    at = explainer.adapter.classes.index(predicted)
    return float(p[at]), int(p.argmax()) == at


def find(explainer: Explainer, explained: pd.DataFrame, **given: Any) -> tuple[Any, pd.DataFrame]:
    settings: dict[str, Any] = {"share": 0.3, "threshold": 0.05, "moved_by_exchange": {}, **given}
    return find_reliance(explainer, explained, LEXICONS, **settings)


def test_suspected_are_decisions_whose_terms_carry_the_share(explainer: Explainer, explained: pd.DataFrame) -> None:
    summary, suspected = find(explainer, explained)
    # One text names nobody, and one has no explanation.
    assert (summary.decisions, summary.suspected) == (2, 1)
    assert suspected["row_id"].tolist() == ["much"]
    assert suspected["share"].tolist() == pytest.approx([0.6])
    summary, suspected = find(explainer, explained, share=0.05)
    assert suspected["share"].tolist() == pytest.approx([0.6, 0.1])


def test_masking_is_what_the_model_says_without_the_terms(explainer: Explainer, explained: pd.DataFrame) -> None:
    _, suspected = find(explainer, explained, share=0.05)
    for found, term in zip(suspected.to_dict("records"), ("he", "she"), strict=True):
        row = explained.set_index("row_id").loc[found["row_id"]]
        f, same = masked(explainer, row["input"], term, row["y_pred"])
        assert found["masked"] == pytest.approx(row["f_input"] - f, abs=1e-6)
        assert found["flips"] == (not same)


@pytest.mark.parametrize(
    ("below", "moved", "by"),
    [(True, 0.0, "masking"), (True, 9.0, "both"), (False, 9.0, "exchange"), (False, 0.0, None)],
)
def test_who_confirms(explainer: Explainer, explained: pd.DataFrame, below: bool, moved: float, by: str | None) -> None:
    row = explained.iloc[0]
    f, same = masked(explainer, row["input"], "he", row["y_pred"])
    assert same, "the case needs a decision that masking does not change"
    fall = float(row["f_input"]) - f
    # A threshold just under, or just over, what masking does; F that rises is no confirmation.
    threshold = fall - 1e-4 if below else max(fall, 0) + 1e-4
    exchanges = {"much": [Moved([(6, 8)], moved)]}
    summary, suspected = find(explainer, explained, threshold=threshold, moved_by_exchange=exchanges)
    assert suspected["confirmed_by"].tolist() == [by]
    assert summary.confirmed_by_masking == (by in {"masking", "both"})
    assert summary.confirmed_by_exchange == (by in {"exchange", "both"})
    assert summary.unconfirmed == (by is None)


def test_a_decision_that_masking_changes_is_confirmed(explainer: Explainer, explained: pd.DataFrame) -> None:
    # As if the other class had been decided: masking then "changes" it, whatever the threshold.
    other = {"no": "yes", "yes": "no"}
    turned = explained.assign(y_pred=explained["y_pred"].map(other), f_input=1 - explained["f_input"])
    _, suspected = find(explainer, turned, threshold=2.0)
    assert suspected[["flips", "confirmed_by"]].to_numpy().tolist() == [[True, "masking"]]


def test_nobody_named(explainer: Explainer, explained: pd.DataFrame) -> None:
    for nobody in (explained[explained["row_id"] == "nobody"], explained[:0]):
        summary, suspected = find(explainer, nobody)
        assert (summary.decisions, summary.suspected, len(suspected)) == (0, 0, 0)


def test_an_exchange_of_something_else_says_nothing_of_the_terms(explainer: Explainer, explained: pd.DataFrame) -> None:
    other = {"much": [Moved([(9, 13)], np.inf), Moved([], np.inf)]}
    _, suspected = find(explainer, explained, threshold=2.0, moved_by_exchange=other)
    assert suspected["confirmed_by"].tolist() == [None]

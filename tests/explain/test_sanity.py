"""The model-level sanity check: it must tell a method that follows the words from one that follows the model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from audit.config import ExplanationConfig, ModelConfig
from audit.explain.explanations import Explainer
from audit.explain.verify.sanity import check_sanity
from audit.models.text_classification import TextClassification
from tests.conftest import WORDS, make_texts


class Unlearned(TextClassification):
    """A model whose attributions do not change with its weights."""

    def randomised(self, seed: int) -> TextClassification:
        return self


def explainer(kind: type[TextClassification], checkpoint: Path) -> Explainer:
    adapter = kind.load(ModelConfig(path=checkpoint, device="cpu"))
    return Explainer(adapter, ExplanationConfig(least_contrast=0.0), "mask", 0)


@pytest.fixture
def rows() -> pd.DataFrame:
    texts = [" ".join([text, *WORDS[:4]]) for text in make_texts(12, seed=3)]
    return pd.DataFrame(
        {"row_id": list("abcdefghijkl"), "input": texts, "y_pred": ["yes", "no"] * 6, "inclusion_probability": 1.0}
    )


def explained(explainer: Explainer, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with what the explanation pass found."""
    found = explainer.explain(rows)[0].to_pandas()
    return pd.concat([rows, found[["units", "baseline", "attributions"]]], axis=1)


def test_shuffled_weights_say_something_else(checkpoints: dict[str, Path], rows: pd.DataFrame) -> None:
    asked = explainer(TextClassification, checkpoints["bert"])
    found = check_sanity(asked, explained(asked, rows), 12, 0)
    assert found is not None
    assert (found.decisions, found.resembles) == (12, False)
    assert abs(found.similarity) < found.similarity_bound < 0.6


def test_attributions_that_do_not_follow_the_weights_are_found(
    checkpoints: dict[str, Path], rows: pd.DataFrame
) -> None:
    asked = explainer(Unlearned, checkpoints["bert"])
    found = check_sanity(asked, explained(asked, rows), 12, 0)
    assert found is not None
    assert found.resembles
    assert found.similarity > 0.99
    assert found.similarity_bound < 0.5


def test_texts_too_short_to_rank_are_left_out(checkpoints: dict[str, Path]) -> None:
    rows = pd.DataFrame({"row_id": ["a"], "input": ["good"], "y_pred": ["yes"], "inclusion_probability": 1.0})
    asked = explainer(TextClassification, checkpoints["bert"])
    assert check_sanity(asked, explained(asked, rows), 12, 0) is None

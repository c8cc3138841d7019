"""Whole audits of every family, and of text pairs: numbers equal plain transformers, one input at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from audit import run
from audit.result import AuditResult
from tests.conftest import make_texts

Make = Callable[..., dict[str, Any]]
WHY = {
    "explanations": {"sample": 12, "shown": 6, "sanity": 0, "most_flagged": 4, "least_contrast": 0},
    "gaps": {"sample": 60, "metrics": ["selection_rate"], "resamples": 200},
    "exchange": {"threshold": 0.001},
}


def alone(checkpoint: Path, texts: list[Any]) -> np.ndarray:
    """Probabilities of each text or pair by itself, without padding."""
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    out = []
    with torch.no_grad():
        for text in texts:
            given = text if isinstance(text, tuple) else (text,)
            ids = tokenizer(*given, return_tensors="pt", truncation="longest_first", max_length=40)
            out.append(model(**ids).logits.softmax(-1)[0].numpy())
    return np.array(out)


def check(result: AuditResult, folder: Path, probabilities: np.ndarray) -> None:
    decisions = pd.read_parquet(folder / "decisions.parquet")
    np.testing.assert_allclose(decisions["score"], probabilities[:, 1], atol=1e-5)
    by_id = dict(zip(decisions["row_id"], probabilities, strict=True))
    found = pd.read_parquet(folder / "attributions.parquet")
    assert len(found) >= 12
    assert found["reason"].isin(["not_converged", "failed"]).sum() == 0
    for row in found.to_dict("records"):
        np.testing.assert_allclose(row["f_input"], by_id[row["row_id"]].max(), atol=1e-5)
        total = float(np.sum(row["attributions"], dtype=np.float64)) + row["frame"]
        assert abs(total - (row["f_input"] - row["f_baseline"])) <= max(0.05 * abs(total), 1e-3)
    assert result.gaps
    for gap in result.gaps:
        assert sum(part.value for part in gap.parts) == pytest.approx(gap.score_gap, abs=1e-9)


@pytest.mark.parametrize("family", ["roberta", "distilbert", "deberta", "llama", "gpt2"])
def test_every_family(model_case: Make, checkpoints: dict[str, Path], family: str) -> None:
    config = model_case(family, **WHY)
    texts = pd.read_csv(config["data"]["path"])["text"].tolist()
    result, folder = run(config), Path(config["output"]["folder"])
    check(result, folder, alone(checkpoints[family], texts))
    assert result.explanations is not None
    # Decoders have no MASK, and no padding token of their own.
    assert result.explanations.baseline == ("eos" if family in {"llama", "gpt2"} else "mask")
    assert result.exchange is not None
    assert result.exchange.exchanged > 0


def test_pairs_of_texts(model_case: Make, checkpoints: dict[str, Path]) -> None:
    config = model_case(**WHY)
    path = Path(config["data"]["path"])
    frame = pd.read_csv(path)
    frame["second"] = make_texts(len(frame), seed=7)
    frame.to_csv(path, index=False)
    config["data"]["columns"]["input_pair"] = "second"
    result, folder = run(config), Path(config["output"]["folder"])
    pairs = list(zip(frame["text"], frame["second"], strict=True))
    check(result, folder, alone(checkpoints["bert"], pairs))
    whole = dict(zip(frame["id"], ("\n".join(pair) for pair in pairs), strict=True))
    kept = pd.read_parquet(folder / "inputs.parquet")
    assert (kept["input"] == [whole[row] for row in kept["row_id"]]).all()
    # Words of the second text are found where they stand in the two joined.
    words = {word for text in whole.values() for word in text.split()}
    in_second = 0
    for row in pd.read_parquet(folder / "attributions.parquet").to_dict("records"):
        text, cut = whole[row["row_id"]], len(frame.set_index("id")["text"][row["row_id"]])
        for start, end in zip(row["starts"], row["ends"], strict=True):
            assert "\n" not in text[start:end]
            in_second += start > cut
            assert any(text[start:end].lower() in known for known in words)
    assert in_second > 0
    for line in (folder / "flagged.jsonl").read_text().splitlines():
        for exchange in json.loads(line)["evidence"].get("exchanges", []):
            text = whole[json.loads(line)["row_id"]]
            assert all(text[edit["start"] : edit["end"]] in {"he", "she"} for edit in exchange["edits"])

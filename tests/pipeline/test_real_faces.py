"""A real model of faces: decisions, rates and attributions equal what plain libraries compute."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import pyarrow.parquet as pq
import pytest
import torch
import transformers

import audit
from audit.config import ModelConfig, parse_config
from audit.data.examples import Image
from audit.models.image_classification import ImageClassification
from audit.result import AuditResult
from benchmarks.explain_images import errors_of
from tests.conftest import shared


@pytest.fixture(scope="module")
def faces() -> pd.DataFrame:
    """The faces, with what plain transformers and PIL make of each, one by one."""
    path, data = shared("models", "resnet-adult-fairface"), shared("data", "fairface_540.parquet")
    rows = pq.read_table(data).to_pandas()
    processor = transformers.AutoImageProcessor.from_pretrained(path, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(path, dtype=torch.float32).eval()
    logits = []
    for cell in rows["image"]:
        picture = PIL.Image.open(io.BytesIO(cell["bytes"])).convert("RGB")
        with torch.inference_mode():
            logits.append(model(**processor(picture, return_tensors="pt")).logits[0].numpy())
    found = np.stack(logits)
    return rows.assign(logits=list(found), says=np.array(["minor", "adult"])[found.argmax(1)])


@pytest.fixture(scope="module")
def result(faces: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    folder = tmp_path_factory.mktemp("faces") / "run"
    raw = {
        "model": {"path": str(shared("models", "resnet-adult-fairface")), "device": "cpu"},
        "data": {
            "path": str(shared("data", "fairface_540.parquet")),
            "columns": {"image": "image", "label": "label", "id": "id"},
            "positive_label": "adult",
        },
        "attributes": ["gender", {"column": "age", "name": "age band"}],
        "explanations": {"which": "none"},
        "gaps": {"sample": 0},
        "output": {"folder": str(folder)},
    }
    return audit.run(parse_config(raw)), folder


def test_decisions_are_those_of_plain_transformers(faces: pd.DataFrame, result: tuple[AuditResult, Path]) -> None:
    decided = pq.read_table(result[1] / "decisions.parquet").to_pandas()
    assert decided["row_id"].tolist() == faces["id"].tolist()
    ours, theirs = np.stack(decided["logits"]), np.stack(faces["logits"])
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
    assert decided["y_pred"].tolist() == faces["says"].tolist()


def test_rates_by_gender_and_age_are_those_of_a_loop(faces: pd.DataFrame, result: tuple[AuditResult, Path]) -> None:
    adult = faces["says"] == "adult"
    expected = {}
    for attribute, column in (("gender", "gender"), ("age band", "age")):
        for group in faces[column].unique():
            mine = faces[column] == group
            expected["selection_rate", attribute, group] = float(adult[mine].mean())
            expected["accuracy", attribute, group] = float((faces["says"] == faces["label"])[mine].mean())
            true = mine & (faces["label"] == "adult")
            if true.any():
                expected["true_positive_rate", attribute, group] = float(adult[true].mean())
    found = {
        (value.metric, value.attributes[0], value.group[0]): value.value
        for value in result[0].metrics
        if len(value.attributes) == 1 and value.value is not None
    }
    # Of nine age bands, three hold no adult.
    assert len(expected) == 2 * 3 + 9 * 2 + 6
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-12)


def test_attributions_are_those_of_300_nodes(faces: pd.DataFrame) -> None:
    adapter = ImageClassification.load(ModelConfig(path=shared("models", "resnet-adult-fairface"), device="cpu"))
    errors, converged, _ = errors_of(adapter, [Image(cell["bytes"]) for cell in faces["image"][::54]], 0.03)
    assert len(errors) >= 5
    assert converged.all()
    # What is estimated of functions with kinks (ReLU) may be missed by a little: docs/explanations.md says by how much.
    assert errors.max() <= 0.05

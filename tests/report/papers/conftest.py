"""One audit of stored predictions, with names that a spreadsheet, YAML or Markdown might take for its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.report.documents import Telling
from audit.result import AuditResult, ModelFacts
from audit.store.runfolder import RunFolder

#: A formula, a link, what Excel reads as a capital A, a mark of direction, and the end of a YAML block.
GROUPS = ("=1+1", "http://evil.example/x", "_x0041_", "a\u202eb", "---\n...")
SECRET = "a secret text of one single person"


def make_run(folder: Path, **changes: Any) -> RunFolder:
    """Audit 600 rows in which the first group is hardly ever selected."""
    rng = np.random.default_rng(3)
    rows = [
        {
            "id": f"@row {i}",
            "text": f"{SECRET} {i}",
            "y": str(int(rng.random() < 0.5)),
            "p": str(int(rng.random() < (0.15 if i % 5 == 0 else 0.6))),
            "g": GROUPS[i % 5],
            "h": "x" if i % 2 else "y",
        }
        for i in range(600)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "rows.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows))
    config = {
        "data": {
            "path": str(data),
            "columns": {"id": "id", "label": "y", "prediction": "p"},
            "positive_label": "1",
        },
        "attributes": ["g", "h"],
        "crossings": [["g", "h"]],
        "policy": {
            "rules": [
                {"name": "rates", "metric": "selection_rate", "limit": 0.1},
                {"name": "misses", "metric": "false_negative_rate", "limit": 0.05, "severity": "warn"},
                {"name": "all", "metric": "accuracy", "limit": 0.9, "over": ["h"]},
            ]
        },
        "output": {"folder": str(folder / "run"), "title": "=cmd|' /C calc'!A0", "intended_use": "--- none ---"},
        **changes,
    }
    audit.run(config)
    return RunFolder(folder / "run")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_run(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="session")
def told(run: RunFolder) -> Telling:
    return Telling(run, run.read_result())


def of(telling: Telling, **changes: Any) -> Telling:
    """The same, told of a result with something else in it."""
    return replace(telling, result=telling.result.model_copy(update=changes))


def judged(telling: Telling, **changes: Any) -> Telling:
    judgement = telling.result.judgement
    assert judgement is not None
    return of(telling, judgement=judgement.model_copy(update=changes))


def with_model(result: AuditResult) -> ModelFacts:
    return ModelFacts(
        name="screener", task="text-classification", architecture="Bert", parameters=7, classes=result.classes,
        sha256="a" * 64, revision=None, stored_dtype="float32", dtype="float32", device="cpu", max_length=40,
        batch_tokens=100,
    )  # fmt: skip

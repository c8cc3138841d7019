"""A run that is killed anywhere goes on with --resume, and no finished part is computed again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import make_texts
from tests.models.decoders import TEMPLATE, save
from tests.pipeline.several import biased_labeller, biased_tagger, entities_config, labels_config

Make = Callable[..., dict[str, Any]]
DRIVER = Path(__file__).with_name("kill_driver.py")


@pytest.fixture
def case(model_case: Make, tmp_path: Path) -> Path:
    # The sanity check is no part: a resumed run makes it again, and its passes would be counted with the next part.
    config = model_case(rows=240, explanations={"sample": 60, "shown": 4, "sanity": 0})
    path = tmp_path / "case.json"
    path.write_text(json.dumps(config))
    return path


def drive(*arguments: str) -> dict[str, Any]:
    out = subprocess.run(
        [sys.executable, str(DRIVER), *arguments], capture_output=True, text=True, timeout=900, check=False
    )
    assert out.returncode == 0, out.stderr[-3000:]
    return dict(json.loads(out.stdout.splitlines()[-1]))


def test_twenty_kills_at_random_points(case: Path, tmp_path: Path) -> None:
    found = drive(str(case), str(tmp_path), "20")
    # The process really died that often before it was done.
    assert found["kills"] == 20
    assert found["same_result"]
    assert found["parts_written_twice"] == []
    # Forward passes: those of one undisturbed run, plus at most one unfinished part per kill.
    assert found["forwards_of_finished_parts"] == found["forwards_undisturbed"]
    assert found["forwards_after_everything_was_finished"] == 0


@pytest.mark.parametrize(
    ("make", "config_of"),
    [(biased_tagger, entities_config), (biased_labeller, labels_config)],
    ids=["entities", "labels"],
)
def test_kills_where_rows_have_several_decisions(
    make: Any, config_of: Any, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    model = make(checkpoints["bert"], tmp_path / "model", steps=30)
    explained = {"sample": 18, "most_flagged": 4, "shown": 4, "sanity": 0}
    # Bounds of shares alone: those of F1 would be drawn again after every kill, and are no part.
    config = config_of(model, tmp_path, size=64, explanations=explained, metrics=["true_positive_rate", "exact_match"])
    path = tmp_path / "case.json"
    path.write_text(json.dumps(config))
    found = drive(str(path), str(tmp_path), "3")
    assert found["kills"] == 3
    assert found["same_result"]
    assert found["parts_written_twice"] == []
    assert found["forwards_of_finished_parts"] == found["forwards_undisturbed"]
    assert found["forwards_after_everything_was_finished"] == 0


def test_kills_where_a_decoder_is_asked_with_a_prompt(tmp_path: Path) -> None:
    prompt = {"template": TEMPLATE, "labels": {"no": [" no"], "yes": [" yes", " good it"]}, "calibrate": True}
    rows = [
        {"id": f"r{i}", "text": text, "label": ("no", "yes")[i % 2], "group": "ab"[i % 3 > 0]}
        for i, text in enumerate(make_texts(40, seed=2))
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "texts.csv", index=False)
    config = {
        "model": {"path": str(save(tmp_path / "model")), "device": "cpu", "prompt": prompt},
        "data": {
            "path": str(tmp_path / "texts.csv"),
            "columns": {"fields": ["text"], "label": "label", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": ["group"],
        "explanations": {"sample": 8, "most_flagged": 0, "shown": 4, "sanity": 0},
        "output": {"folder": str(tmp_path / "run")},
    }
    path = tmp_path / "case.json"
    path.write_text(json.dumps(config))
    found = drive(str(path), str(tmp_path), "2")
    assert (found["kills"], found["same_result"], found["parts_written_twice"]) == (2, True, [])
    assert found["forwards_of_finished_parts"] == found["forwards_undisturbed"]
    assert found["forwards_after_everything_was_finished"] == 0

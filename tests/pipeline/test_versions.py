"""A model against a changed copy of it: every decision that flipped is explained in both, and both are shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

import audit
from audit.cli import call
from audit.errors import ExitCode, RunFolderError
from audit.report import islands

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def versions(model_case: Make, checkpoints: dict[str, Path], tmp_path: Path) -> Callable[..., Path]:
    """Audit the original, or a copy whose threshold lies elsewhere, into a folder of its own."""
    copy = tmp_path / "copy"
    shutil.copytree(checkpoints["bert"], copy)
    weights = load_file(copy / "model.safetensors")
    config = model_case(explanations={"sample": 10, "shown": 6, "sanity": 0, "least_contrast": 0})
    quick = config | {"explanations": {"which": "none"}, "output": {"folder": str(tmp_path / "quick")}}
    audit.run(quick)
    score = pd.read_parquet(tmp_path / "quick" / "decisions.parquet")["score"]
    above = float((score > 0.5).mean())
    cut = float(np.quantile(score, 1 - (above - 0.3 if above > 0.5 else above + 0.3)))
    weights["classifier.bias"][1] += np.log((1 - cut) / cut)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})

    def make(name: str, which: str = "sample", baseline: str | None = None, **keys: Any) -> Path:
        plain = json.loads(json.dumps(config))
        if name.startswith("copy"):
            plain["model"]["path"] = str(copy)
        plain["explanations"]["which"] = which
        plain["output"]["folder"] = str(tmp_path / "runs" / name)
        audit.run(plain | keys.pop("config", {}), baseline=tmp_path / "runs" / baseline if baseline else None, **keys)
        return tmp_path / "runs" / name

    return make


def test_what_flipped_is_explained_by_both_and_shown_side_by_side(
    versions: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    quick = versions("copy decided", "none")
    original = versions("original", baseline="copy decided")
    copy = versions("copy", baseline="original")
    before, after = (pd.read_parquet(at / "decisions.parquet").set_index("row_id")["y_pred"] for at in (original, copy))
    flipped = set(before.index[before != after])
    assert 5 < len(flipped) < 55
    for at in (original, copy):
        table = pd.read_parquet(at / "attributions.parquet").set_index("row_id")
        assert flipped <= set(table.index)
        assert (table.loc[sorted(flipped), "inclusion_probability"] == 1).all()
    found = json.loads((copy / "result.json").read_text())["comparison"]
    assert found["explanations"]["flipped"] == len(flipped)
    everybody = next(item for item in found["flips"] if not item["attributes"])
    assert next(rate["flips"] for rate in everybody["rates"] if rate["kind"] == "changed") == len(flipped)
    shown = [item["row_id"] for item in found["explanations"]["shown"]]
    assert set(shown[: min(12, len(flipped))]) <= flipped
    assert set(shown) <= set(pd.read_parquet(copy / "inputs.parquet")["row_id"])
    # Only the bias of the head differs, so what words add to the log-odds stays; in probability it grows or shrinks.
    shifts = {item["which"]: item for item in found["explanations"]["shifts"] if not item["attributes"]}
    assert shifts["all"]["n"] == shifts["flipped"]["n"] + shifts["kept"]["n"]
    assert shifts["all"]["rank_correlation"] > 0.9
    page = (copy / "report.html").read_text()
    assert "Do the reasons stay?" in page
    # The first of a long list stand in the page, the rest in an island.
    assert page.count('<article class="decision">') + len(islands.texts(page)) >= len(shown)
    capsys.readouterr()
    assert call(["compare", str(original), str(copy), "--format", "json"]) == ExitCode.PASSED
    assert json.loads(capsys.readouterr().out)["explanations"]["flipped"] == len(flipped)
    assert call(["compare", str(original), str(copy)]) == ExitCode.PASSED
    assert "Decisions that changed" in capsys.readouterr().out
    assert call(["compare", str(quick), str(copy), "--format", "json"]) == ExitCode.PASSED
    assert json.loads(capsys.readouterr().out)["explanations"] is None


def test_explanations_of_other_texts_are_not_compared(versions: Callable[..., Path], tmp_path: Path) -> None:
    versions("original")
    path = tmp_path / "texts.csv"
    frame = pd.read_csv(path, keep_default_na=False)
    frame.assign(text=frame["text"] + " good").to_csv(path, index=False)
    found = json.loads((versions("copy", baseline="original") / "result.json").read_text())["comparison"]
    assert found["paired"]
    assert found["explanations"] is None
    assert [note["code"] for note in found["notes"]] == ["explanations_of_other_texts"]


def test_at_most_as_many_as_flagged_ones_are_explained_for_having_flipped(versions: Callable[..., Path]) -> None:
    settings = {"explanations": {"sample": 0, "which": "flagged", "most_flagged": 3, "sanity": 0, "shown": 0}}
    versions("original decided", "none")
    sides = []
    for name, baseline in (("copy", "original decided"), ("original", "copy")):
        at = versions(name, baseline=baseline, config=settings)
        sides.append(set(pd.read_parquet(at / "attributions.parquet")["row_id"]))
        notes = {note["code"]: note["params"] for note in json.loads((at / "result.json").read_text())["notes"]}
        assert notes["changed_not_explained"]["n"] > 0
        assert not (at / "inputs.parquet").exists() or pd.read_parquet(at / "inputs.parquet").empty
    assert len(sides[0]) == 3
    assert sides[0] == sides[1]


def test_work_begun_against_one_baseline_does_not_go_on_against_another(versions: Callable[..., Path]) -> None:
    """Which decisions are explained depends on it."""
    versions("copy decided", "none")
    versions("original", baseline="copy decided")
    with pytest.raises(RunFolderError, match="an audit of another baseline"):
        versions("original", resume=True)
    again = versions("original", baseline="copy decided", resume=True)
    assert json.loads((again / "result.json").read_text())["comparison"] is not None

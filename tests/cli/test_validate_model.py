"""`audit validate --model` finds before an audit what would stop it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def written(model_case: Make, checkpoints: dict[str, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A configuration file, and the checkpoint that it names."""
    checkpoint = Path(shutil.copytree(checkpoints["bert"], tmp_path / "checkpoint"))
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(model_case(model={"path": str(checkpoint), "device": "cpu"})))
    return path, checkpoint


def test_a_sound_model(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["validate", str(written[0]), "--model"]) == ExitCode.PASSED
    assert "BertForSequenceClassification: " in capsys.readouterr().out


def test_a_model_that_would_stop_the_audit(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path, checkpoint = written
    (checkpoint / "tokenizer.json").unlink()
    assert call(["validate", str(path), "--model"]) == ExitCode.USAGE
    assert "holds no tokenizer" in capsys.readouterr().err


def test_decisions_that_cannot_be_explained(
    written: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit.models import text_model

    monkeypatch.setattr(text_model, "probe_explanations", lambda *given: "it is deaf")
    path, _ = written
    assert call(["validate", str(path), "--model"]) == ExitCode.USAGE
    assert "not explained: it is deaf\n  hint: set explanations.which: none" in capsys.readouterr().err
    assert call(["validate", str(path), "--model", "--set", "explanations.which=none"]) == ExitCode.PASSED
    assert "cannot be explained: it is deaf" in capsys.readouterr().out


def test_neither_data_nor_model_cannot_be_both(written: tuple[Path, Path]) -> None:
    assert call(["validate", str(written[0]), "--model", "--no-data"]) == ExitCode.USAGE


def test_classes_numbered_by_words(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path, checkpoint = written
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"id2label": {"no": "no", "yes": "yes"}}))
    assert call(["validate", str(path)]) == ExitCode.USAGE
    assert "id2label" in capsys.readouterr().err

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import audit
from audit.errors import RunFolderError
from audit.result import AuditResult
from audit.store.files import sha256
from audit.store.lock import LOCK
from audit.store.runfolder import RunFolder

Make = Callable[..., dict[str, Any]]


def test_result_follows_its_published_schema(model_case: Make, tmp_path: Path) -> None:
    audit.run(model_case(crossings=[]))
    schema = AuditResult.model_json_schema(by_alias=True)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((tmp_path / "run" / "result.json").read_text()), schema)


def test_result_holds_codes_not_prose(model_case: Make, tmp_path: Path) -> None:
    audit.run(model_case())
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    notes = [item["note"] for item in result["metrics"] + result["disparities"]] + [n["code"] for n in result["notes"]]
    assert all(note is None or note.replace("_", "").isalpha() for note in notes)


def test_no_text_of_the_data_is_in_the_result(model_case: Make, tmp_path: Path) -> None:
    config = model_case()
    audit.run(config)
    text = (tmp_path / "run" / "result.json").read_text() + (tmp_path / "run" / "summary.md").read_text()
    assert "word1" not in text


def test_manifest_vouches_for_every_file(model_case: Make, tmp_path: Path) -> None:
    config = model_case()
    audit.run(config)
    folder = RunFolder(tmp_path / "run")
    manifest = json.loads(folder.manifest.read_text())
    assert {path.name for path in folder.path.iterdir()} == {*manifest["files"], "manifest.json", LOCK}
    for name, facts in manifest["files"].items():
        assert sha256(folder.path / name) == facts["sha256"]
    result = folder.read_result()
    assert manifest["data_sha256"] == sha256(Path(config["data"]["path"])) == result.data.sha256
    assert manifest["model_sha256"] == sha256(Path(config["model"]["path"])) == result.model.sha256
    assert (manifest["seed"], manifest["dtype"], manifest["device"]) == (0, "float32", "cpu")
    assert manifest["environment"]["versions"]["torch"]


def test_a_folder_without_an_audit_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no finished audit"):
        RunFolder(tmp_path).read_result()
    with pytest.raises(RunFolderError, match="no such folder"):
        RunFolder(tmp_path / "none").read_result()

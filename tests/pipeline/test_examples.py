"""The examples of the documents run on data such as they describe, and so do the commands that they tell of."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode
from audit.result import AuditResult
from tests.conftest import ROOT, make_texts
from tests.models.adapters import train
from tests.pipeline.several import biased_tagger, rows

EXAMPLES = ROOT / "docs" / "examples"
VERDICTS = {ExitCode.PASSED, ExitCode.GATE_FAILED, ExitCode.INCONCLUSIVE}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a reader's own, which commands start in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    return tmp_path


def copied(name: str, project: Path) -> Path:
    """Copy an example, with fewer decisions to explain."""
    plain = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    if "explanations" in plain:
        plain["explanations"] |= {"sample": 4, "most_flagged": 2, "sanity": 0}
    (project / name).write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    return project / name


def told(name: str) -> list[list[str]]:
    """List the commands in the comments of an example."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(r"^#   audit (.+)$", text, re.M)]


def result_of(folder: Path) -> AuditResult:
    return AuditResult.model_validate_json((folder / "result.json").read_text())


def write(path: Path, table: list[dict[str, Any]]) -> None:
    path.write_text("\n".join(map(json.dumps, table)))


def test_entities(project: Path, checkpoints: dict[str, Path]) -> None:
    model = biased_tagger(checkpoints["bert"], project / "models" / "ner")
    shutil.copytree(model, project / "models" / "deidentify")
    sentences = [
        {"id": row["id"], "letter": row["id"], "tokens": row["words"], "tags": row["tags"], "source": row["group"]}
        | {"language": row["group"], "ward": f"w{i % 2}", "patient": f"p{i // 4}"}
        for i, row in enumerate(rows(160))
    ]
    write(project / "sentences.jsonl", sentences)
    write(project / "letters.jsonl", sentences)
    assert call(["validate", str(copied("entities.yaml", project)), "--model"]) == ExitCode.PASSED
    assert call(["run", "entities.yaml", "--quiet", "--gate"]) == ExitCode.GATE_FAILED
    assert call(["run", str(copied("deidentification.yaml", project)), "--quiet", "--gate"]) == ExitCode.GATE_FAILED
    leaks = {
        value.group[0]: value.value
        for value in result_of(project / "runs" / "deidentify").metrics
        if value.metric == "visible_characters" and value.attributes == ["language"]
    }
    assert leaks["she"] is not None
    assert leaks["he"] is not None
    assert leaks["she"] > leaks["he"] + 0.2  # of women's names all three letters, of men's none
    kept = project / "runs" / "deidentify" / "inputs.parquet"
    assert not kept.exists() or pd.read_parquet(kept).empty
    page = (project / "runs" / "deidentify" / "report.html").read_text()
    assert not [row for row in rows(160) if " ".join(row["words"]) in page]


def test_stored_tags(project: Path) -> None:
    short = {"B-person": "B-per", "B-place": "B-loc"}
    table = [
        {"id": row["id"], "tokens": row["words"], "source": "ab"[i % 2]}
        | {"tags": [tag.replace("place", "location") for tag in row["tags"]]}
        | {"tags_of_the_system": [short.get(tag, tag) for tag in row["tags"]]}
        for i, row in enumerate(rows(160))
    ]
    write(project / "sentences.jsonl", table)
    assert call(["run", str(copied("entities_stored.yaml", project)), "--quiet"]) == ExitCode.PASSED
    result = result_of(project / "runs" / "ner-stored")
    assert result.classes == ["O", "location", "person"]
    assert {v.value for v in result.metrics if v.metric in {"micro_f1", "exact_match"}} == {1.0}


@pytest.mark.parametrize(("name", "before", "after"), [
    ("adapter.yaml", "base", "adapter"), ("rounded_copy.yaml", "original", "int8"),
])  # fmt: skip
def test_two_versions(name: str, before: str, after: str, project: Path, checkpoints: dict[str, Path]) -> None:
    base = Path(shutil.copytree(checkpoints["bert"], project / "models" / "base"))
    config = json.loads((base / "config.json").read_text())
    config |= {"id2label": {"0": "fine", "1": "toxic"}, "label2id": {"fine": 0, "toxic": 1}}
    (base / "config.json").write_text(json.dumps(config))
    if name == "adapter.yaml":
        pytest.importorskip("peft")
        train(base, project / "models" / "adapter", "lora")
    else:
        shutil.copytree(base, project / "models" / "toxicity")
    texts = make_texts(120, seed=8)
    columns = {"id": [f"r{i}" for i in range(120)], "text": texts, "target_group": ["a", "b"] * 60}
    columns["label"] = ["toxic" if "good" in text.split() else "fine" for text in texts]
    pd.DataFrame(columns).to_csv(project / "comments.csv", index=False)
    copied(name, project)
    commands = told(name)
    assert len(commands) >= 2
    for command in commands:
        assert call([*command, *(["--quiet"] if command[0] == "run" else [])]) in VERDICTS, command
    result = result_of(project / "runs" / after)
    assert result.comparison is not None
    assert result.comparison.paired
    assert {tuple(flips.group) for flips in result.comparison.flips if flips.attributes} >= {("a",), ("b",)}
    assert result_of(project / "runs" / before).model != result.model

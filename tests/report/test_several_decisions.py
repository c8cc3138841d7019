"""Reports of audits with several decisions about a row: entities, and labels."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import audit
from tests.conftest import make_texts

TOKENS = ["Ann", "of", "Acme", "met", "Bob", "in", "Rome"]
GOLD = ["B-person", "O", "B-group", "O", "B-person", "O", "B-place"]


def entity_rows() -> list[dict[str, Any]]:
    """Rows of two groups; in group b every person is missed; every tenth row has no entity at all."""
    rows: list[dict[str, Any]] = []
    for i in range(200):
        group = "ab"[i % 2]
        found = ["O" if group == "b" and tag == "B-person" else tag for tag in GOLD]
        found[5] = "B-place" if i % 4 == 0 else "O"
        row = {"id": f"r{i}", "tokens": TOKENS, "tags": GOLD, "found": found, "g": group}
        if i % 10 == 0:
            row |= {"tokens": ["nothing", "here"], "tags": ["O", "O"], "found": ["O", "O"]}
        rows.append(row)
    return rows


def run(folder: Path, rows: list[dict[str, Any]], data: dict[str, Any], **more: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    audit.run(
        {"data": {"path": str(path), **data}, "attributes": ["g"], "output": {"folder": str(folder / "run")}} | more
    )
    return folder / "run"


@pytest.fixture(scope="module")
def entities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    columns = {"id": "id", "input": "tokens", "label": "tags", "prediction": "found"}
    return run(tmp_path_factory.mktemp("entities"), entity_rows(), {"outcome": "entities", "columns": columns})


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        {"id": i, "text": f"text {i}", "rude": i % 2, "threat": int(i % 5 == 0), "g": "ab"[i % 3 == 0]}
        | {"said_rude": int(i % 2 and i % 3 != 0), "said_threat": int(i % 5 == 0)}
        for i in range(300)
    ]
    columns = {"id": "id", "input": "text", "labels": {"rude": "rude", "threat": "threat"}}
    columns |= {"predictions": {"rude": "said_rude", "threat": "said_threat"}}
    return run(tmp_path_factory.mktemp("labels"), rows, {"outcome": "labels", "columns": columns})


def page_of(folder: Path) -> str:
    """Text of the report, without its tags."""
    body = (folder / "report.html").read_text().split("<main", 1)[0] + (folder / "report.html").read_text().split(
        "<main", 1
    )[1]
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", body)))


def test_rows_and_decisions_are_told_apart(entities: Path) -> None:
    result = json.loads((entities / "result.json").read_text())
    assert result["data"]["rows"] == 200
    assert result["data"]["statuses"]["nothing"] == 20
    assert result["data"]["nothing"] == "O"
    text = page_of(entities)
    assert f"{result['data']['decisions']} about entities, in 200 texts" in text
    assert "Texts without an entity, labelled or found 20" in text
    assert "decisions about entities, in 200 texts" in (entities / "summary.md").read_text()


def test_confusion_adds_up_and_names_no_entity(entities: Path) -> None:
    data = json.loads((entities / "result.json").read_text())["data"]
    assert sum(cell["n"] for cell in data["confusion"]) == data["decisions"]
    cells = {(cell["y_true"], cell["y_pred"]): cell["n"] for cell in data["confusion"]}
    assert ("O", "O") not in cells
    assert cells["person", "O"] == 200
    text = page_of(entities)
    assert "no entity" in text
    assert "predicted O" not in text


def test_the_entity_is_marked_in_its_sentence(entities: Path) -> None:
    page = (entities / "report.html").read_text()
    marks = re.findall(r'<mark class="about wrong">(.*?)</mark><bdi class="said">(.*?)</bdi>', page)
    assert {word for word, _ in marks} >= {"Ann", "Bob"}
    assert all("person → no entity" in said for word, said in marks if word in {"Ann", "Bob"})
    assert "missed: predicted no entity" in page_of(entities)


def test_metrics_have_the_names_of_the_field(entities: Path) -> None:
    text = page_of(entities)
    assert "Recall of “person”" in text
    assert "True positive rate" not in text
    summary = (entities / "summary.md").read_text()
    assert "of cases that are “person”" in summary
    assert "rue positive rate" not in summary


def test_flags_say_what_they_are_about(entities: Path) -> None:
    first = json.loads((entities / "flagged.jsonl").read_text().splitlines()[0])
    assert first["row_id"].startswith(first["example"] + "#")
    assert TOKENS[first["position"]] in {"Ann", "Bob"}
    sentence = " ".join(TOKENS)
    assert sentence[first["start"] : first["end"]] == TOKENS[first["position"]]
    assert ("person", "missed") in {(item["class"], item["error"]) for item in first["evidence"]["disparities"]}
    sarif = json.loads((entities / "audit.sarif").read_text())["runs"][0]["results"]
    flagged = [found for found in sarif if found["ruleId"].startswith("flag/")]
    assert flagged[0]["properties"]["decision"] == first["row_id"]
    assert flagged[0]["properties"]["row"] == first["example"]
    assert not any("Ann" in found["message"]["text"] for found in sarif)


def test_texts_stay_out_where_none_may_be_shown(tmp_path: Path) -> None:
    columns = {"id": "id", "input": "tokens", "label": "tags", "prediction": "found"}
    data = {"outcome": "entities", "columns": columns}
    folder = run(tmp_path, entity_rows(), data, explanations={"shown": 0})
    assert not (folder / "inputs.parquet").exists()
    assert "Acme" not in page_of(folder)


def test_labels_are_decisions_of_their_own(labels: Path) -> None:
    text = page_of(labels)
    assert "600 about 2 labels of 300 rows" in text
    assert "label: rude" in text
    assert "missed: predicted no" in text
    assert "(none)" not in text
    assert "600 decisions about 2 labels of 300 rows" in (labels / "summary.md").read_text()
    first = json.loads((labels / "flagged.jsonl").read_text().splitlines()[0])
    assert (first["output"], first["row_id"]) == ("rude", f"{first['example']}#rude")


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202eperson\u2066", "=1+1", "a\x07b", "x" * 10_000])
def test_hostile_types_and_words_are_only_shown(tmp_path: Path, hostile: str) -> None:
    rows = [
        {"id": i, "tokens": [hostile, "b"], "tags": [f"B-{hostile}", "O"], "g": "ab"[i % 2]}
        | {"found": [f"B-{hostile}" if i % 2 else "O", "B-other"]}
        for i in range(60)
    ]
    columns = {"id": "id", "input": "tokens", "label": "tags", "prediction": "found"}
    folder = run(tmp_path, rows, {"outcome": "entities", "columns": columns})
    page = (folder / "report.html").read_text()
    assert "<script>alert" not in page
    for sign in "\u202e\u2066\x07":
        assert sign not in page
        assert sign not in (folder / "summary.md").read_text()
        assert sign not in (folder / "junit.xml").read_text()
    # A name is shown at some length, and not again and again at its full length.
    assert page.count("x" * 9000) <= 1


def test_rows_without_an_entity_are_no_decisions_of_a_group(entities: Path) -> None:
    result = json.loads((entities / "result.json").read_text())
    data = result["data"]
    for slicing in result["slicings"]:
        groups = slicing["groups"]
        assert sum(group["n"] for group in groups) == data["decisions"]
        assert sum(group["share"] for group in groups) == pytest.approx(1)
        for cls in result["classes"]:
            assert sum(group["by_label"][cls] for group in groups) == data["labels"][cls]
            assert sum(group["by_prediction"][cls] for group in groups) == data["predictions"][cls]


def test_series_without_a_colour_of_their_own_are_put_together(tmp_path: Path) -> None:
    names = [f"kind{i}" for i in range(9)]
    rows = [
        {"id": i, "text": f"text {i}", "g": "ab"[i % 2], "true": names[: 1 + i % 9], "said": names[: 1 + i % 5]}
        for i in range(90)
    ]
    columns = {"id": "id", "input": "text", "label": "true", "prediction": "said"}
    folder = run(tmp_path, rows, {"outcome": "labels", "columns": columns})
    page = (folder / "report.html").read_text()
    legend = re.search(r'<p class="series">(.*?)</p>', page)
    assert legend is not None
    colours = re.findall(r"var\(--(\w+)\)", legend[1])
    assert len(colours) == len(set(colours)) == 7
    assert html.unescape(re.sub("<[^>]*>", " ", legend[1])).split()[-3:] == ["4", "others", "together"]


def test_sections_speak_of_no_class_where_none_is_positive(tmp_path: Path, checkpoints: dict[str, Path]) -> None:
    texts = make_texts(24)
    rows = [{"id": i, "text": texts[i], "label": ["no", "yes", "no"][i % 3], "g": "ab"[i % 2]} for i in range(24)]
    config = json.loads((checkpoints["bert"] / "config.json").read_text())
    folder = tmp_path / "labeller"
    shutil.copytree(checkpoints["bert"], folder)
    (folder / "config.json").write_text(json.dumps(config | {"problem_type": "multi_label_classification"}))
    columns = {"id": "id", "input": "text", "label": "label"}
    out = run(
        tmp_path, rows, {"outcome": "labels", "columns": columns},
        model={"path": str(folder)}, exchange={}, explanations={"sample": 6},
    )  # fmt: skip
    text = page_of(out)
    assert "“”" not in text
    assert "one class that counts as positive" in text
    assert "in what models for multi-label-classification read" in text

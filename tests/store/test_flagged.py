"""Lines of `flagged.jsonl` are held to their type when they are read: a forged one is named by its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.errors import RunFolderError
from audit.store.runfolder import RunFolder

LINE: dict[str, Any] = {
    "rank": 1,
    "row_id": "7",
    **{"example": "7", "output": None, "position": None, "start": None, "end": None},
    "severity": "high",
    "codes": ["counterfactual_flip"],
    "groups": {"g": "a"},
    "y_true": None,
    "y_pred": "1",
    "score": 0.25,
    "evidence": {
        "exchanges": [
            {
                **{"axis": "gender", "source": "women", "target": "men", "both": False, "decision": "0"},
                **{"score": 0.9, "score_exchanged": 0, "edits": [{"start": 0, "end": 3, "new": "he"}]},
            }
        ],
        "later": {"what": ["is", "not", "known"]},
    },
    "explanation": None,
}


def changed(path: list[Any], value: object) -> dict[str, Any]:
    line = json.loads(json.dumps(LINE))
    holder = line
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return line


def read(folder: Path, *lines: object) -> list[dict[str, Any]]:
    run = RunFolder(folder)
    run.flagged.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return list(run.read_flagged())


def test_lines_come_as_they_are(tmp_path: Path) -> None:
    assert read(tmp_path, LINE, LINE) == [LINE, LINE]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["codes"], []),
        (["codes"], "flip"),
        (["codes"], [3]),
        (["severity"], "terrible"),
        (["row_id"], 7),
        (["rank"], "1"),
        (["groups"], ["g"]),
        (["evidence"], []),
        (["evidence", "exchanges", 0, "score"], None),
        (["evidence", "exchanges", 0, "edits", 0], "he"),
        (["evidence", "disparities"], [{"metric": "x"}]),
    ],
)
def test_a_forged_line_is_named(tmp_path: Path, path: list[Any], value: object) -> None:
    with pytest.raises(RunFolderError, match=f"line 2, {path[0]}"):
        read(tmp_path, LINE, changed(path, value))


@pytest.mark.parametrize("text", ["[]\n", "3\n", "{\n", '"text"\n'])
def test_what_is_no_object(tmp_path: Path, text: str) -> None:
    run = RunFolder(tmp_path)
    run.flagged.write_text(json.dumps(LINE) + "\n" + text, encoding="utf-8")
    with pytest.raises(RunFolderError, match="line 2"):
        list(run.read_flagged())

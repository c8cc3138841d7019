"""`audit monitor`: a table cut into windows, labels that come late, what is refused, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.cli import call

RULES = "rules: [{metric: selection_rate, limit: 0.1}, {metric: true_positive_rate, limit: 0.3, severity: warn}]"
CONFIG = f"""
data:
  path: rows.csv
  columns: {{input: text, label: y, prediction: p}}
  positive_label: 1
attributes: [g]
policy: {{{RULES}}}
monitoring: {{unit: rows}}
"""
DAYS, LABELLED = 5, 3


def table(gap: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        {"at": f"2026-03-{day + 1:02d}T{hour % 24:02d}:00:00Z", "g": "ab"[hour % 2], "y": str(hour % 3 % 2),
         "p": int(rng.random() < 0.2 + gap * (hour % 2)), "text": f"word{rng.integers(9)} word{rng.integers(9)}"}
        for day in range(DAYS) for hour in range(120)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write(folder: Path, rows: pd.DataFrame, config: str = CONFIG, hidden_from: int = DAYS) -> Path:
    hidden = rows["at"] >= f"2026-03-{hidden_from + 1:02d}"
    rows.assign(y=rows["y"].where(~hidden, "")).to_csv(folder / "rows.csv", index=False)
    (folder / "audit.yaml").write_text(config)
    return folder / "audit.yaml"


def monitor(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = call(["monitor", *map(str, arguments)])
    out, err = capsys.readouterr()
    return int(code), out, err


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of five days, of which three have labels."""
    folder = tmp_path_factory.mktemp("stream")
    config = write(folder, table(), hidden_from=LABELLED)
    follow = ["run", config, "--time", "at", "--window", "1d", "--history", folder / "h.jsonl", "--quiet"]
    assert call(["monitor", *map(str, follow), "--until", "2026-03-05T12:00"]) == 1
    return folder


def follow(folder: Path, *more: object) -> list[object]:
    return ["run", folder / "audit.yaml", "--time", "at", "--history", folder / "h.jsonl", "--quiet", *more]


def test_complete_windows_are_audited_and_the_alarm_stands(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = monitor(capsys, "show", watched / "h.jsonl", "--format", "json")
    found = json.loads(out)
    assert code == found["exit_code"] == 1
    assert [window["start"] for window in found["windows"]] == [f"2026-03-0{n}" for n in (1, 2, 3, 4)]
    assert [window["labelled"] for window in found["windows"]] == [120, 120, 120, 0]
    assert [alarm["code"] for alarm in found["alarms"] if alarm["severity"] == "error"] == ["gap_over_limit"]
    assert {state["metric"] for state in found["limits"]} == {"selection_rate", "true_positive_rate"}
    assert len(found["epochs"]) == 1, "windows without labels are of the same stream"
    text = (watched / "h.jsonl").read_text()
    assert "word1" not in text
    assert '"vocabulary":"' in text


def test_every_form_tells_the_same(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = watched / "page.html"
    code, out, _ = monitor(capsys, "show", watched / "h.jsonl", "--html", page)
    assert code == 1
    assert "The gap is over its limit: Selection rate, g: b over a" in " ".join(out.split())
    _, markdown, _ = monitor(capsys, "show", watched / "h.jsonl", "--format", "markdown", "--lang", "zh")
    assert markdown.startswith("# 监测：")
    assert "差距超过限值" in markdown
    html = page.read_text()
    assert "default-src &#39;none&#39;" in html
    assert "Selection rate, g: b over a" in html
    assert "http" not in html.split("<script", 1)[0].replace("http-equiv", "")


def test_labels_that_came_late_are_added_and_nothing_twice(
    watched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("h.jsonl", "audit.yaml"):
        (tmp_path / name).write_bytes((watched / name).read_bytes())
    write(tmp_path, table())
    before = (tmp_path / "h.jsonl").read_bytes()
    code, out, _ = monitor(capsys, *follow(tmp_path, "--late-labels", "--until", "2026-03-05", "--format", "json"))
    found = json.loads(out)
    assert code == 1
    assert (tmp_path / "h.jsonl").read_bytes().startswith(before)
    assert [window["labelled"] for window in found["windows"]] == [120] * 4
    assert [window["amendments"] for window in found["windows"]] == [0, 0, 0, 1]
    assert "monitor_labels" in {note["code"] for note in found["notes"]}
    again = (tmp_path / "h.jsonl").read_bytes()
    monitor(capsys, *follow(tmp_path, "--late-labels", "--until", "2026-03-05"))
    assert (tmp_path / "h.jsonl").read_bytes() == again


def test_runs_are_added_one_by_one(watched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, history = watched / "h.jsonl.runs", tmp_path / "h.jsonl"
    first, second = runs / "2026-03-01", runs / "2026-03-02"

    def add(run: Path, *more: object) -> tuple[int, str, str]:
        return monitor(capsys, "add", history, run, *more)

    assert add(first, "--config", watched / "audit.yaml")[0] in {0, 1}
    whole = history.read_bytes()
    code, out, _ = add(first)
    assert "is in the history already" in " ".join(out.split())
    assert history.read_bytes() == whole
    code, _, err = add(second, "--window", "2026-03-01T12:00/2026-03-02T12:00")
    assert code == 2
    assert "overlaps that from 2026-03-01 to 2026-03-02" in err
    code, _, err = add(second, "--window", "2026-03-01")
    assert code == 2
    assert "with other decisions" in err
    code, _, err = add(second, "--window", "tomorrow")
    assert code == 2
    assert "is no date or time of ISO 8601" in err
    assert add(second, "--window", "2026-03-02/2026-03-01")[0] == 2
    assert add(second, "--new-epoch", "x", "--same-epoch")[0] == 2
    assert history.read_bytes() == whole
    code, out, _ = add(runs / "2026-03-03", "--new-epoch", "the form was mended", "--format", "json")
    assert [epoch["reason"] for epoch in json.loads(out)["epochs"]] == [None, "the form was mended"]
    # A late window is of the epoch that is there.
    code, out, _ = add(second, "--format", "json")
    found = json.loads(out)
    assert "monitor_late" in {note["code"] for note in found["notes"]}
    assert [window["start"] for window in found["windows"]] == ["2026-03-02", "2026-03-03"]


def test_other_rules_begin_a_new_epoch(watched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "h.jsonl").write_bytes((watched / "h.jsonl").read_bytes())
    write(tmp_path, table(), CONFIG.replace("limit: 0.1}", "limit: 0.2}"))
    code, out, _ = monitor(capsys, *follow(tmp_path, "--until", "2026-03-06", "--format", "json"))
    found = json.loads(out)
    assert [epoch["began"] for epoch in found["epochs"]] == ["first", "settings"]
    assert code == 0, "alarms of an epoch that is over do not fail the new one"
    assert [alarm["epoch"] for alarm in found["alarms"]].count(1) == len(found["alarms"]) > 0


@pytest.mark.parametrize(
    ("changes", "more", "said"),
    [
        ({}, ["--until", "2026-01-01"], "no window is complete by 2026-01-01"),
        ({}, ["--window", "soon"], "is no length of a window, such as 12h"),
        ({"at": "yesterday"}, [], "row 1 holds 'yesterday', which is no time"),
        ({"at": None}, [], "row 1 holds no time, so that it belongs to no window"),
    ],
)
def test_what_cannot_be_cut_is_told(
    changes: dict[str, Any], more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, table().assign(**changes))
    code, _, err = monitor(capsys, *follow(tmp_path, *more))
    assert code == 2
    assert said in err
    assert not (tmp_path / "h.jsonl").exists()


def test_a_history_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = monitor(capsys, "show", tmp_path / "none.jsonl")
    assert code == 2
    assert "there is no history" in err
    assert monitor(capsys, "show", tmp_path)[0] == 2

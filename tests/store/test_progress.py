"""Progress in a log: one line for each stage, and a sign of life from a long one."""

from __future__ import annotations

import re
import time

import pytest

from audit.store.progress import Lines, Progress


def test_a_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().stage("decisions", 3_000, "rows") as bar:
        for _ in range(30):
            bar.update(100)
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"decisions: 3,000 rows in [\d.]+ s, [\d,.]+ rows/s", line)


def test_what_was_cut_short_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), Progress().stage("decisions", 3_000, "rows") as bar:
        bar.update(100)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.startswith("decisions: 100 of 3,000 rows in ")


def test_a_long_stage_shows_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = Lines("decisions", 10, "rows", heartbeat=60)
    for now[0] in (30.0, 61.0, 90.0, 122.0):
        lines.update(2)
    lines.close()
    assert [line.split(" in ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "decisions: 4 of 10 rows", "decisions: 8 of 10 rows", "decisions: 8 of 10 rows",
    ]  # fmt: skip


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True).stage("decisions", 3, "rows") as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""

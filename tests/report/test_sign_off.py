"""Who signs is told as given, with lines for what is missing; what is signed is named by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import audit

Table = Callable[..., Path]
Stored = Callable[..., dict[str, Any]]


def told(table: Table, stored: Stored, tmp_path: Path, **given: Any) -> tuple[str, str]:
    """The section of the page, and the summary."""
    path = table(y=[1, 0] * 20, p=[1, 0, 0, 1] * 10, g=["a", "b"] * 20)
    audit.run(stored(path, **given))
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    part = page.partition('<section id="sign_off"')[2].partition("</section>")[0]
    return part, (tmp_path / "run" / "summary.md").read_text(encoding="utf-8")


def test_people_are_told_as_given_and_the_rest_is_left_to_paper(table: Table, stored: Stored, tmp_path: Path) -> None:
    people = [
        {"role": "independent auditor", "name": "Ana <b>López", "date": "2026-11-30", "statement": "I made | none"},
        {"role": "owner"},
    ]
    page, summary = told(table, stored, tmp_path, sign_off=people, appeal_route="Write to <hiring@example.org>")
    for part in ("independent auditor", "Ana &lt;b&gt;López", "2026-11-30", "I made | none", "owner"):
        assert part in page
    # Two signatures, and the owner's name and day.
    assert page.count('class="by-hand"') == 4
    assert hashlib.sha256((tmp_path / "run" / "result.json").read_bytes()).hexdigest() in page
    assert "Write to &lt;hiring@example.org&gt;" in page
    lines = summary.splitlines()
    assert "| independent auditor | Ana &lt;b>López | I made \\| none | 2026-11-30 |" in lines
    assert any(line.startswith("| owner | \\_") for line in lines)
    assert "**Route of appeal**: Write to &lt;hiring@example.org>" in lines


def test_where_nobody_is_named_there_is_a_line_on_paper(table: Table, stored: Stored, tmp_path: Path) -> None:
    page, summary = told(table, stored, tmp_path)
    assert "Nobody has signed" in page
    assert page.count('class="by-hand"') == 4
    assert "Sign-off" not in summary

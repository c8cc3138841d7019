"""Every finding is a card on the first screen that tells its whole story, with links to what it rests on."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.report import islands
from audit.report.sections.summary import ICONS
from audit.report.stories import told
from audit.report.wording import Catalogue
from audit.result import AuditResult

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def result(table: Callable[..., Path], stored: Make) -> AuditResult:
    n = 400
    groups = ["<b>a</b>" if i % 4 < 2 else "b" for i in range(n)]
    labels = [i % 2 for i in range(n)]
    found = [labels[i] if groups[i] == "b" else int(i % 20 == 1) for i in range(n)]
    path = table(y=labels, p=found, g=groups, i=list(range(n)))
    rules = [{"metric": "true_positive_rate", "limit": 0.1}, {"metric": "false_positive_rate", "limit": 0.02}]
    return audit.run(stored(path, policy={"rules": rules}, data__columns__id="i"))


def text_of(part: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", part)).split())


def card_of(page: str, name: str) -> str:
    return page.split(f'id="finding-{name}"', 1)[1].split("</article></li>", 1)[0]


def test_a_card_tells_everything_that_is_told_of_its_finding(result: AuditResult, tmp_path: Path) -> None:
    page = (tmp_path / "run" / "report.html").read_text()
    assert {finding.kind for finding in result.findings.items} >= {"gap"}
    for finding in result.findings.items:
        story = told(finding, Catalogue.of(result), result.judgement)
        text = text_of(card_of(page, finding.id))
        for said in [story.headline, *story.sentences, *(step.text for step in story.steps)]:
            assert " ".join(said.split()) in text


def test_examples_link_to_where_the_page_tells_all_about_them(result: AuditResult, tmp_path: Path) -> None:
    page = (tmp_path / "run" / "report.html").read_text()
    everything = page + "".join(islands.texts(page))
    examples = [example for finding in result.findings.items for example in finding.examples]
    assert examples
    cards = "".join(card_of(page, finding.id) for finding in result.findings.items)
    links = re.findall(r'href="#((?:flag|decision)-[0-9a-f]+)"', cards)
    assert links
    assert all(f'id="{link}"' in page or link in everything for link in links)


def test_a_severity_is_told_by_icon_and_word(result: AuditResult, tmp_path: Path) -> None:
    page = (tmp_path / "run" / "report.html").read_text()
    gap = next(finding for finding in result.findings.items if finding.severity == "error")
    card = card_of(page, gap.id)
    assert f"mark-{ICONS['error'][0]}" in card
    assert "Fails the policy" in text_of(card)


def test_what_groups_are_called_is_text(result: AuditResult, tmp_path: Path) -> None:
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<b>a</b>" not in page
    assert any("<b>a</b>" in finding.low_group[0] for finding in result.findings.items if finding.low_group)

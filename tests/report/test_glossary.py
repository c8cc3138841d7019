"""The glossary explains every metric, and every term that a page marks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from audit.fairness.metrics.definitions import BUILT_IN
from audit.fairness.metrics.names import CRITERIA, EXPLAINED_RATE, FLIP_RATE, FLIPS, NAME_METRICS, TOKEN_GAP
from audit.report.glossary import Glossary
from audit.report.wording import Catalogue, NoWords

ROOT = Path(__file__).parents[2]
GLOSSARY = Glossary(Catalogue())
MARKED = re.compile(r"""\bterm\(\s*["']([a-z_.:]+)["']""")


def test_every_metric_is_explained() -> None:
    words = json.loads((ROOT / "audit/report/messages/en.json").read_text())
    named = {code for code in words if code.startswith("metric.") and "@" not in code}
    ours = {metric.name for metric in BUILT_IN} | {*CRITERIA, EXPLAINED_RATE, FLIP_RATE, TOKEN_GAP}
    ours |= {*NAME_METRICS, *FLIPS.values()}
    assert {f"metric.{name}" for name in ours} <= set(GLOSSARY)
    assert named == {code for code in GLOSSARY if code.startswith("metric.")}


def test_every_term_that_a_page_marks_is_explained() -> None:
    pages = [*(ROOT / "reports/templates").rglob("*.j2"), *(ROOT / "audit/report").rglob("*.py")]
    marked = {code for page in pages for code in MARKED.findall(page.read_text())}
    assert marked <= set(GLOSSARY), sorted(marked - set(GLOSSARY))


@pytest.mark.parametrize("code", sorted(GLOSSARY))
def test_an_entry_is_a_sentence(code: str) -> None:
    entry = GLOSSARY[code]
    assert entry.term and entry.term != code.removeprefix("metric.")
    assert entry.sentence[0].isupper() and entry.sentence.endswith(".")
    assert entry.formula != "" and entry.source != ""


def test_a_metric_is_called_what_the_report_calls_it() -> None:
    assert GLOSSARY["metric.true_positive_rate"].term == "True positive rate"
    assert Glossary(Catalogue(outcome="entities"))["metric.true_positive_rate"].term == "Recall"


def test_what_is_not_there_is_told() -> None:
    assert GLOSSARY.metric("of_my_own") is None
    with pytest.raises(NoWords, match="no entry 'of_my_own'"):
        GLOSSARY["of_my_own"]

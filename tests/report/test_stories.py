"""Findings in words: each measure tells its own lower group, and no word of the data reaches a log."""

from __future__ import annotations

from typing import Any

import pytest

from audit.report.stories import told
from audit.report.wording import Catalogue
from audit.result import Carried, Carrier, Finding, Measure, NextStep, Sureness
from audit.result.why import Closing

WORD = "wheelchair"


def measure(metric: str, low: str, high: str, values: tuple[float, float]) -> Measure:
    plain: dict[str, Any] = {"metric": metric, "class": "toxic", "unit": "share", "rules": ["r"], "at_least": 0.01}
    plain |= {"low_group": [low], "high_group": [high], "low_value": values[0], "high_value": values[1]}
    plain |= {"low_n": 100, "high_n": 100, "difference": values[1] - values[0], "ratio": None, "ratio_at_most": None}
    return Measure.model_validate(plain)


@pytest.fixture
def finding() -> Finding:
    closes = Closing(value=0.05, lower=0.02, upper=0.08)
    parts = [("word", WORD), ("identity", "disability: disabled")]
    carriers = [Carrier(kind=kind, name=name, value=0.1, lower=0.05, upper=0.2, closes=closes) for kind, name in parts]
    step = {"kind": "word", "name": WORD, "share": 0.5, "n": 12}
    return Finding(
        id="0123456789ab",
        kind="gap",
        severity="error",
        attributes=["target"],
        low_group=["none"],
        high_group=["disabled"],
        measures=[
            measure("false_positive_rate", "none", "disabled", (0.1, 0.4)),
            measure("true_positive_rate", "disabled", "none", (0.5, 0.9)),
        ],
        carried=Carried(
            metric="false_positive_rate", condition="negative", score_gap=0.2, carriers=carriers, closes=closes,
            closes_share=0.25, explains=True, note=None,
        ),
        exchanged=None,
        flagged=0,
        examples=[],
        undecided=0,
        share=None,
        sureness=Sureness(code="failed", level=0.9996),
        next_steps=[NextStep(code="mask_or_balance", params=step, evidence=["/gaps/0/parts/1/closes"])],
    )  # fmt: skip


def test_each_measure_tells_its_own_lower_group(finding: Finding) -> None:
    story = told(finding, Catalogue())
    assert story.headline.replace("\u00a0", " ") == (
        "By target, of cases that are not “toxic”, 10.0 % of none and 40.0 % of disabled are wrongly called so: "
        "30.0 points apart."
    )
    assert "50.0 % of disabled and 90.0 % of none are found" in story.also[0].replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_of_the_data_are_named_only_where_asked(finding: Finding, language: str) -> None:
    for words in (True, False):
        t = Catalogue(language)
        story = told(finding, t, words=words)
        said = " ".join([*story.sentences, *(step.text for step in story.steps)])
        assert (WORD in said) is words
        assert t.identity("disability: disabled") in said


def test_a_level_short_of_certainty_never_looks_like_it(finding: Finding) -> None:
    assert "99.96" in told(finding, Catalogue()).sure
    half = finding.model_copy(update={"sureness": Sureness(code="failed", level=0.95)})
    assert "95\u00a0%" in told(half, Catalogue()).sure

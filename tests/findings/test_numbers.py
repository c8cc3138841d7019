"""Numbers of findings are of the groups, the scope and the bound that they are told of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.findings.join import with_findings
from audit.report.stories import told
from audit.report.wording import Catalogue
from audit.result import AuditResult, Finding, FlipRate, Flips
from tests.findings.helpers import RULES, audited, rows

APART = {"a": (0.9, 0.1), "b": (0.5, 0.1)}


def said(finding: Finding, result: AuditResult) -> str:
    story = told(finding, Catalogue.of(result), result.judgement)
    return " ".join([story.headline, *story.sentences]).replace("\u00a0", " ")


def of_kind(result: AuditResult, kind: str) -> list[Finding]:
    return [finding for finding in result.findings.items if finding.kind == kind]


def test_a_rule_on_values_alone_bounds_nothing(tmp_path: Path) -> None:
    # Twelve decisions lie farthest away, and what is bounded highest is another pair.
    table = pd.concat([rows({"many": (0.9, 0.5), "half": (0.5, 0.1)}, 600), rows({"few": (0.34, 0.0)}, 12)])
    rule = {"metric": "selection_rate", "limit": 0.05, "evidence": "point", "name": "alone"}
    result = audited(tmp_path, table, rule)
    assert result.judgement is not None
    (judged,) = [one for one in result.judgement.rules if one.counts]
    assert judged.low_group == ["few"]
    assert judged.lower is not None and judged.lower > 0
    (finding,) = [one for one in of_kind(result, "gap") if one.measures[0].rules]
    assert ["few"] in (finding.low_group, finding.high_group)
    assert finding.measures[0].at_least is None
    assert (finding.sureness.code, finding.sureness.level) == ("value_alone", None)


def test_a_ratio_is_that_of_the_two_groups_it_stands_beside(tmp_path: Path) -> None:
    table = pd.concat([rows({"many": (0.9, 0.5), "half": (0.5, 0.1)}, 600), rows({"few": (0.34, 0.0)}, 12)])
    rule = {"metric": "selection_rate", "at_least": 0.8, "name": "ratio"}
    result = audited(tmp_path, table, rule)
    assert result.judgement is not None
    (judged,) = [one for one in result.judgement.rules if one.counts]
    assert judged.low_group == ["half"]
    (finding,) = [one for one in of_kind(result, "gap") if "ratio" in one.measures[0].rules]
    first = finding.measures[0]
    assert first.low_value is not None and first.high_value is not None
    assert first.ratio == pytest.approx(first.low_value / first.high_value)
    assert judged.value is not None and first.ratio > judged.value
    assert first.ratio_at_most == judged.upper


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    """Most of the gap between a and b is that of the levels they work at; c is exempt."""
    many, few = {"a": (0.9, 0.7), "b": (0.8, 0.6)}, {"a": (0.3, 0.2), "b": (0.15, 0.05)}
    frames = [
        rows({"a": many["a"]}, 2400).assign(level="high"), rows({"b": many["b"]}, 600).assign(level="high"),
        rows({"a": few["a"]}, 600).assign(level="low"), rows({"b": few["b"]}, 2400).assign(level="low"),
        rows({"c": (0.4, 0.4)}, 400).assign(level="low"),
    ]  # fmt: skip
    exempted = {"metric": "selection_rate", "limit": 0.02, "scope": "adjusted", "exempt": ["c"], "name": "held"}
    return audited(
        tmp_path_factory.mktemp("controlled"), pd.concat(frames), exempted,
        {"metric": "selection_rate", "at_least": 0.8, "evidence": "point", "exempt": ["c"], "name": "ratio"},
        controls=["level"],
    )  # fmt: skip


def test_where_rules_hold_controls_fixed_so_do_all_numbers(controlled: AuditResult) -> None:
    assert controlled.judgement is not None
    only = [rule for rule in controlled.judgement.rules if rule.rule == "held"]
    result = with_findings(
        controlled.model_copy(update={"judgement": controlled.judgement.model_copy(update={"rules": only})}), []
    )
    (judged,) = [rule for rule in only if rule.counts]
    (finding,) = [one for one in of_kind(result, "gap") if "held" in one.measures[0].rules]
    first = finding.measures[0]
    assert (first.low_value, first.high_value) == (judged.low_value, judged.high_value)
    assert first.low_n is not None
    assert (first.at_least, finding.sureness.level) == (judged.lower, pytest.approx(1 - judged.alpha))
    # The pooled gap is far wider, and clear of chance.
    (clear,) = [
        gap
        for gap in result.clear_gaps.items
        if gap.metric == "selection_rate" and {*gap.low_group, *gap.high_group} == {"a", "b"}
    ]
    assert first.difference is not None and clear.lower > first.difference


def test_where_scopes_differ_bounds_are_of_the_values_that_are_told(controlled: AuditResult) -> None:
    (finding,) = [one for one in of_kind(controlled, "gap") if "held" in one.measures[0].rules]
    first = finding.measures[0]
    assert first.rules == ["held", "ratio"]
    assert first.difference is not None and first.difference > 0.3
    assert first.at_least in {gap.lower for gap in controlled.clear_gaps.items if gap.metric == "selection_rate"}
    assert finding.sureness.level == controlled.clear_gaps.level


def test_a_rule_is_called_by_what_it_judges(controlled: AuditResult) -> None:
    assert controlled.judgement is not None
    (finding,) = [one for one in of_kind(controlled, "gap") if "held" in one.measures[0].rules]
    plain = finding.model_copy(update={"measures": [finding.measures[0].model_copy(update={"rules": ["ratio"]})]})
    assert "controls held fixed" not in said(plain, controlled).split("fail on it")[1]


def test_a_rate_of_flags_is_a_share_and_told_once(tmp_path: Path) -> None:
    lax, strict = (
        {"metric": "flag_rate:disparate_error", "at_most": limit, "name": name}
        for limit, name in ((0.05, "lax"), (0.01, "strict"))
    )
    result = audited(tmp_path, rows(APART), "strict", lax, {**strict, "name": "stricter"})
    (finding,) = of_kind(result, "level")
    rate = next(rate.rate for rate in result.flags.rates if rate.code == "disparate_error")
    assert finding.measures[0].low_value == rate
    assert finding.measures[0].rules == ["lax", "stricter"]
    assert f"{100 * (rate or 0):.1f} %" in said(finding, result)
    assert len({one.id for one in result.findings.items}) == len(result.findings.items)


def compared(
    place: Path, now: dict[str, Any], before: dict[str, Any], *rules: dict[str, Any], few: Sequence[str] = ()
) -> AuditResult:
    """Audit again with a baseline; there are 60 rows of few groups."""

    def table(rates: dict[str, Any]) -> pd.DataFrame:
        return pd.concat(rows({group: rate}, 60 if group in few else 600) for group, rate in rates.items())

    audited(place / "before", table(before), *rules)
    (place / "now").mkdir()
    table(now).to_csv(place / "now" / "rows.csv", index=False)
    return audit.run(
        {
            "data": {
                "path": str(place / "now" / "rows.csv"),
                "columns": {"label": "label", "prediction": "prediction"},
                "positive_label": "yes",
            },
            "attributes": ["group"],
            "policy": {"rules": list(rules)},
            "output": {"folder": str(place / "now" / "run")},
        },
        baseline=place / "before" / "run",
        other_rows=True,
    )


def test_a_gap_that_widened_is_told_as_a_gap(tmp_path: Path) -> None:
    # Of the lower group nothing changed: the other one rose.
    rule = {"metric": "true_positive_rate", "margin": 0.05, "of": "gap", "name": "no wider"}
    result = compared(tmp_path, {"a": (0.9, 0.1), "b": (0.5, 0.1)}, {"a": (0.6, 0.1), "b": (0.5, 0.1)}, rule)
    (finding,) = of_kind(result, "change")
    first = finding.measures[0]
    assert (first.low_value, first.high_value) == pytest.approx((0.1, 0.4))
    assert first.difference == pytest.approx(0.3)
    text = said(finding, result)
    assert "gap in the" in text and "from 10.0 points to 40.0 points" in text
    assert "the change is at least" in text
    assert "the gap is at least" not in text


def test_a_change_for_the_worse_is_told_by_its_size(tmp_path: Path) -> None:
    rule = {"metric": "true_positive_rate", "margin": 0.05, "of": "group", "name": "no worse"}
    result = compared(tmp_path, {"a": (0.9, 0.1), "b": (0.5, 0.1)}, {"a": (0.9, 0.1), "b": (0.8, 0.1)}, rule)
    (finding,) = of_kind(result, "change")
    first = finding.measures[0]
    assert (first.low_value, first.high_value, first.difference) == pytest.approx((0.8, 0.5, 0.3))
    assert first.at_least is not None and 0.05 < first.at_least < 0.3
    assert "the change is at least" in said(finding, result)


@pytest.mark.parametrize("of", ["group", "gap"])
def test_a_rule_on_values_alone_names_the_group_that_changed_most(tmp_path: Path, of: str) -> None:
    # Of few, what changed most is bounded least.
    now = {"many": (0.7, 0.1), "few": (0.5, 0.1), "same": (0.9, 0.1)}
    before = {"many": (0.9, 0.1), "few": (0.8, 0.1), "same": (0.9, 0.1)}
    rule = {"metric": "true_positive_rate", "margin": 0.05, "of": of, "evidence": "point", "name": "by values"}
    result = compared(tmp_path, now, before, rule, few=["few"])
    (finding,) = of_kind(result, "change")
    assert ["few"] in (finding.low_group, finding.high_group)
    assert finding.measures[0].difference == pytest.approx(0.3)
    assert finding.measures[0].at_least is None


def test_a_decision_that_changed_is_counted_once(tmp_path: Path) -> None:
    rule = {"metric": "true_positive_rate", "margin": 0.05, "of": "group", "name": "no worse"}
    result = compared(tmp_path, {"a": (0.9, 0.1), "b": (0.5, 0.1)}, {"a": (0.9, 0.1), "b": (0.8, 0.1)}, rule)
    assert result.comparison is not None
    nothing = {"effective_n": None, "clusters": None, "rate": None, "lower": None, "upper": None}
    rates = [
        FlipRate.model_validate({"kind": kind, "n": 1200, "flips": flips, **nothing})
        for kind, flips in (("changed", 90), ("to_positive", 0), ("to_negative", 90), ("newly_wrong", 90))
    ]
    comparison = result.comparison.model_copy(update={"flips": [Flips(attributes=[], group=[], n=1200, rates=rates)]})
    (finding,) = of_kind(with_findings(result.model_copy(update={"comparison": comparison}), []), "change")
    (step,) = [step for step in finding.next_steps if step.code == "look_at_changed"]
    assert (step.params["n"], step.params["of"]) == (90, 1200)


def test_what_lets_a_group_be_assessed_is_not_said_to_settle_a_rule(tmp_path: Path) -> None:
    table = pd.concat([rows({"a": (0.9, 0.1)}, 600), rows({"b": (0.9, 0.1)}, 8)])
    result = audited(tmp_path, table, {**RULES["strict"], "limit": 0.2})
    (finding,) = of_kind(result, "undecided")
    codes = [step.code for step in finding.next_steps]
    assert codes == ["collect_to_assess"]
    story = told(finding, Catalogue.of(result), result.judgement)
    assert "four of five" not in " ".join(step.text for step in story.steps)


def test_of_several_groups_too_small_the_one_that_lacks_most_is_named(tmp_path: Path) -> None:
    table = pd.concat([rows({"a": (0.9, 0.1)}, 600), rows({"b": (0.9, 0.1)}, 6), rows({"c": (0.9, 0.1)}, 8)])
    result = audited(tmp_path, table, {**RULES["strict"], "limit": 0.2})
    (finding,) = of_kind(result, "undecided")
    (step,) = finding.next_steps
    assert (step.code, step.params["group"], step.params["others"]) == ("collect_to_assess", ["b"], 1)
    (told_step,) = told(finding, Catalogue.of(result), result.judgement).steps
    assert "of other groups (1), all too small" in told_step.text


def test_a_rule_that_lacks_a_baseline_lacks_no_rows(tmp_path: Path) -> None:
    rule = {"metric": "true_positive_rate", "margin": 0.05, "of": "gap", "name": "no wider"}
    result = audited(tmp_path, rows(APART), rule)
    (finding,) = of_kind(result, "undecided")
    assert finding.next_steps == []

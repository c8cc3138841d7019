"""Findings: gaps of one pair of groups told together, worst first, with the numbers of the parts they come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.cli import call
from audit.findings.carried import is_of_axis
from audit.findings.join import MOST_FINDINGS, with_findings
from audit.result import AuditResult
from tests.findings.helpers import at, audited, rows

APART = {"a": (0.9, 0.1), "b": (0.5, 0.1)}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    return audited(tmp_path_factory.mktemp("findings"), rows(APART), "strict", "mild", "four-fifths")


def test_all_that_fails_for_two_groups_is_one_story(failed: AuditResult) -> None:
    (finding,) = failed.findings.items
    assert (finding.kind, finding.severity, finding.attributes) == ("gap", "error", ["group"])
    assert (finding.low_group, finding.high_group) == (["b"], ["a"])
    first, *others = finding.measures
    assert (first.metric, first.rules) == ("true_positive_rate", ["strict"])
    assert (first.low_value, first.high_value) == (0.5, 0.9)
    (selected,) = [one for one in others if one.metric == "selection_rate"]
    assert selected.rules == ["mild", "four-fifths"]
    assert selected.ratio == pytest.approx(0.3 / 0.5)


def test_numbers_are_those_of_the_result(failed: AuditResult) -> None:
    (finding,) = failed.findings.items
    values = {(v.metric, tuple(v.group)): v for v in failed.metrics if v.attributes == ["group"] and not v.stratum}
    clear = {gap.metric: gap.lower for gap in failed.clear_gaps.items}
    for one in finding.measures:
        low, high = sorted((values[one.metric, (group,)] for group in "ab"), key=lambda value: value.value or 0.0)
        assert (one.low_value, one.low_n, one.high_value, one.high_n) == (low.value, low.n, high.value, high.n)
        assert one.difference == one.high_value - one.low_value  # type: ignore[operator]
        assert one.at_least is None or 0 < one.at_least <= one.difference
        assert one.at_least is None or one.at_least >= clear.get(one.metric, 0.0)


def test_a_rate_of_errors_is_told_of_the_group_that_errs_more(tmp_path: Path) -> None:
    rule = {"metric": "false_negative_rate", "limit": 0.1, "name": "misses"}
    result = audited(tmp_path, rows(APART), rule)
    (finding,) = result.findings.items
    first = finding.measures[0]
    assert first.metric == "false_negative_rate"
    assert (finding.low_group, finding.high_group) == (["a"], ["b"])
    assert (first.low_value, first.high_value) == pytest.approx((0.1, 0.5))


def test_examples_are_flagged_decisions_of_the_finding(failed: AuditResult) -> None:
    (finding,) = failed.findings.items
    assert finding.flagged == failed.flags.decisions
    assert len(finding.examples) == 3
    assert all("disparate_error" in example.codes for example in finding.examples)


def test_nothing_to_tell_is_no_finding(tmp_path: Path) -> None:
    even = {"a": (0.7, 0.2), "b": (0.7, 0.2)}
    result = audited(tmp_path, rows(even, 4000), {"metric": "selection_rate", "limit": 0.2, "name": "wide"})
    assert result.judgement is not None
    assert result.judgement.status == "pass"
    assert result.findings.items == []
    assert result.findings.left_out == 0


def test_what_no_rule_judges_comes_last_and_is_a_note(tmp_path: Path) -> None:
    table = rows(APART).assign(other=lambda frame: ["x", "y"] * (len(frame) // 2))
    result = audited(tmp_path, table, "mild", attributes=["group", "other"])
    kinds = [(one.severity, one.kind) for one in result.findings.items]
    assert kinds == sorted(kinds, key=lambda kind: ["error", "warn", "note"].index(kind[0]))
    # `other` goes with the label: what is selected differs by it, too.
    assert {tuple(one.attributes) for one in result.findings.items} == {("group",), ("other",)}


def test_values_farthest_beyond_their_limit_come_first(tmp_path: Path) -> None:
    """Not in the order of the policy: findings that are left out are the least."""
    rules = [
        {"metric": "false_positive_rate", "at_most": 0.02, "name": "near"},
        {"metric": "selection_rate", "at_most": 0.05, "name": "far"},
        {"metric": "false_negative_rate", "at_most": 0.05, "name": "between"},
    ]
    result = audited(tmp_path, rows({"a": (0.7, 0.12), "b": (0.7, 0.12)}), *rules)
    told = [one for one in result.findings.items if one.kind == "level"]
    assert result.judgement is not None
    shown = {rule.rule: (rule.lower or 0.0) - rule.limit for rule in result.judgement.rules if rule.status == "fail"}
    beyond = [max(shown[rule] for measure in one.measures for rule in measure.rules) for one in told]
    assert len(beyond) == 3
    assert beyond == sorted(beyond, reverse=True)
    assert beyond[0] > beyond[-1]


def test_what_is_undecided_is_told_once_and_never_crowded_out(tmp_path: Path) -> None:
    rates = {f"g{i}": (0.9 if i % 2 else 0.3, 0.1) for i in range(2)}
    table = rows(rates, 300)
    for number in range(6):
        table[f"planted{number}"] = table["group"].map({"g0": f"low{number}", "g1": f"high{number}"})
    table["few"] = ["x" if i % 150 else "y" for i in range(len(table))]
    names = [f"planted{number}" for number in range(6)]
    result = audited(tmp_path, table, "strict", attributes=[*names, "few"])
    *gaps, last = result.findings.items
    assert len(result.findings.items) == MOST_FINDINGS
    assert last.kind == "undecided"
    assert last.undecided == 1
    assert {one.kind for one in gaps} == {"gap"}
    assert result.findings.left_out == 6 - len(gaps)


def test_another_judgement_has_other_findings(
    failed: AuditResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "audit"
    audited(place, rows(APART), "strict")
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules: [{metric: true_positive_rate, limit: 0.9, name: lenient}]\n")
    assert call(["gate", str(place / "run"), "--policy", str(policy), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    stored = json.loads((place / "run" / "result.json").read_text())
    assert stored["findings"]["items"][0]["severity"] == "error"
    assert "strict" not in (tmp_path / "out" / "summary.md").read_text()


def test_findings_follow_from_the_rest(failed: AuditResult) -> None:
    empty = failed.model_copy(update={"findings": failed.findings.model_copy(update={"items": []})})
    (again,), (kept,) = with_findings(empty, []).findings.items, failed.findings.items
    assert (again.id, again.measures, again.sureness) == (kept.id, kept.measures, kept.sureness)
    assert (again.flagged, again.examples) == (0, [])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rates=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=4),
    n=st.integers(20, 200),
)
def test_any_audit_can_be_concluded(tmp_path: Path, rates: list[tuple[float, float]], n: int) -> None:
    table = rows({f"g{i}": pair for i, pair in enumerate(rates)}, n)
    place = tmp_path / str(abs(hash((tuple(rates), n))))
    result = audited(place, table, "strict", "mild", "four-fifths")
    assert len(result.findings.items) <= MOST_FINDINGS
    assert len({one.id for one in result.findings.items}) == len(result.findings.items)
    for finding in result.findings.items:
        for step in finding.next_steps:
            for pointer in step.evidence:
                at(result, pointer)


@pytest.mark.parametrize(
    ("name", "axis", "fits"),
    [
        ("sex", "gender", True),
        ("Race-Ethnicity", "ethnicity", True),
        ("性别", "gender", True),
        ("Age group", "age", True),
        ("caste", "caste", True),
        ("stage", "age", False),
        ("origin", "gender", False),
    ],
)
def test_columns_are_of_an_axis_by_what_they_are_called(name: str, axis: str, fits: bool) -> None:
    assert is_of_axis(name, axis) is fits

"""What to do next: only with evidence, and with the numbers of that evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

import audit
from audit.findings.conditions import CONDITIONS
from audit.findings.next_steps import next_steps, step_rules
from audit.result import (
    AuditResult,
    Closing,
    Exchanged,
    Explanations,
    Finding,
    GapDecomposition,
    GapPart,
    OutcomeCounts,
)
from tests.findings.helpers import at, audited, rows


def by_code(finding: Finding) -> dict[str, dict[str, object]]:
    return {step.code: dict(step.params) for step in finding.next_steps}


def test_every_condition_is_used_and_every_rule_known() -> None:
    assert {rule.when for rule in step_rules()} == set(CONDITIONS)
    assert len({rule.action for rule in step_rules()}) == len(step_rules())


def test_rows_to_collect_are_those_of_the_rule_that_needs_least(tmp_path: Path) -> None:
    table = rows({"a": (0.9, 0.1), "b": (0.85, 0.1)}, 160)
    result = audited(tmp_path, table, "strict", "mild")
    assert result.judgement is not None
    (finding,) = [one for one in result.findings.items if one.kind == "undecided"]
    steps = [step for step in finding.next_steps if step.code == "collect_decisions"]
    needs = [[need.n for need in rule.needed if need.n] for rule in result.judgement.rules]
    asked = [max(ns) for ns in needs if ns]
    assert asked
    assert [step.params["n"] for step in steps] == sorted(asked)[: len(steps)]
    for step in steps:
        (pointer,) = step.evidence
        assert any(need["n"] == step.params["n"] for need in at(result, pointer))


def test_confident_errors_ask_for_labels_to_be_checked(tmp_path: Path) -> None:
    table = rows({"a": (0.9, 0.1), "b": (0.5, 0.1)}, 400)
    sure = {"yes": 0.99, "no": 0.01}
    table["score"] = table["prediction"].map(sure)
    result = audited(tmp_path / "sure", table, "strict", columns={"score": "score"})
    (finding,) = [one for one in result.findings.items if one.kind == "gap"]
    step = by_code(finding)["check_labels"]
    missed = ((table["group"] == "b") & (table["label"] == "yes") & (table["prediction"] == "no")).sum()
    assert (step["group"], step["n"], step["of"]) == ("b", missed, missed)
    table["score"] = table["prediction"].map({"yes": 0.6, "no": 0.4})
    result = audited(tmp_path / "unsure", table, "strict", columns={"score": "score"})
    assert "check_labels" not in by_code(result.findings.items[0])


def test_a_threshold_is_advised_where_it_narrows_the_gap_at_little_cost(tmp_path: Path) -> None:
    table = rows({"a": (0.9, 0.1), "b": (0.5, 0.1)}, 400)
    # Of b, what is missed lies just below one half: at .4 nothing is missed that is not missed of a.
    table["score"] = table["prediction"].map({"yes": 0.8, "no": 0.1})
    near = (table["group"] == "b") & (table["label"] == "yes") & (table["prediction"] == "no")
    table.loc[near[near].index[: int(0.8 * near.sum())], "score"] = 0.45
    result = audited(tmp_path, table, "strict", columns={"score": "score"})
    step = by_code(result.findings.items[0])["compare_threshold"]
    assert step["now"] == pytest.approx(0.5)
    assert 0.1 < float(str(step["threshold"])) < 0.5
    assert float(str(step["then"])) < 0.05
    assert float(str(step["gap"])) == pytest.approx(0.4)
    right = ((table["score"] >= 0.4) == (table["label"] == "yes")).mean()
    assert float(str(step["accuracy_then"])) == pytest.approx(right)


def test_no_threshold_is_advised_where_it_does_not_decide(tmp_path: Path) -> None:
    table = rows({"a": (0.9, 0.1), "b": (0.5, 0.1)}, 400)
    table["score"] = table["prediction"].map({"yes": 0.8, "no": 0.1})
    near = (table["group"] == "b") & (table["label"] == "yes") & (table["prediction"] == "no")
    table.loc[near[near].index[: int(0.8 * near.sum())], "score"] = 0.45
    # What is advised where scores are cut at one half:
    cut = audited(tmp_path / "cut", table, "strict", columns={"score": "score"})
    assert "compare_threshold" in by_code(cut.findings.items[0])
    # Every second case that is rightly refused has a score above one half.
    refused = table[(table["label"] == "no") & (table["prediction"] == "no")].index[::2]
    elsewhere = table.assign(score=table["score"].where(~table.index.isin(refused), 0.6))
    result = audited(tmp_path / "elsewhere", elsewhere, "strict", columns={"score": "score"})
    assert "compare_threshold" not in by_code(result.findings.items[0])
    # Accuracy of weighted decisions does not follow from how many there are.
    weighted = table.assign(weight=[1 + i % 3 for i in range(len(table))])
    result = audited(tmp_path / "weighted", weighted, "strict", columns={"score": "score", "weight": "weight"})
    assert "compare_threshold" not in by_code(result.findings.items[0])


def test_scores_may_be_cut_at_their_median(tmp_path: Path) -> None:
    table = rows({"a": (0.9, 0.3), "b": (0.5, 0.1)}, 400)
    table["score"] = table["prediction"].map({"yes": 0.6, "no": 0.3}) + [i % 97 / 1000 for i in range(len(table))]
    table.drop(columns="prediction").to_csv(tmp_path / "rows.csv", index=False)
    result = audit.run(
        {
            "data": {
                "path": str(tmp_path / "rows.csv"),
                "columns": {"label": "label", "score": "score"},
                "positive_label": "yes",
                "threshold": "median",
            },
            "attributes": ["group"],
            "output": {"folder": str(tmp_path / "run")},
        }
    )
    assert result.data.median_score is not None
    assert [one.kind for one in result.findings.items] == ["gap"]


def test_without_a_model_nobody_can_be_asked_why(tmp_path: Path) -> None:
    result = audited(tmp_path, rows({"a": (0.9, 0.1), "b": (0.5, 0.1)}), "strict")
    assert "audit_the_model" in by_code(result.findings.items[0])


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    return audited(tmp_path_factory.mktemp("next"), rows({"a": (0.9, 0.1), "b": (0.5, 0.1)}), "strict")


def part(name: str, value: float, closes: Closing | None) -> GapPart:
    return GapPart(
        kind="word", name=name, value=value, lower=value / 2, upper=2 * value, n=40, named=True, words={}, rows=[],
        closes=closes,
    )  # fmt: skip


def decomposed(result: AuditResult, closes: Closing, *parts: GapPart) -> AuditResult:
    gap = GapDecomposition(
        attributes=["group"], high_group=["a"], low_group=["b"], metrics=["true_positive_rate"], condition="positive",
        why="failed", rate_gap=0.4, score_gap=0.4, sampled_gap=0.4, lower=0.3, upper=0.5, high_n=100, low_n=100,
        concepts=len(parts), parts=list(parts), closes=closes, explains=True, note=None, equal_treatment=None,
    )  # fmt: skip
    return result.model_copy(update={"gaps": [gap]})


def test_what_closes_the_gap_is_named_with_its_share(failed: AuditResult) -> None:
    from audit.findings.join import with_findings

    strong, weak = Closing(value=0.2, lower=0.1, upper=0.3), Closing(value=0.01, lower=0.001, upper=0.02)
    result = with_findings(decomposed(failed, strong, part("chess", 0.3, strong), part("club", 0.1, weak)), [])
    steps = [step for step in result.findings.items[0].next_steps if step.code == "mask_or_balance"]
    assert [step.params["name"] for step in steps] == ["chess"]
    assert steps[0].params["share"] == pytest.approx(0.5)
    assert at(result, steps[0].evidence[0])["value"] == 0.2


def test_where_masking_does_nothing_one_looks_elsewhere(failed: AuditResult) -> None:
    from audit.findings.join import with_findings

    nothing = Closing(value=0.001, lower=-0.01, upper=0.02)
    result = with_findings(decomposed(failed, nothing, part("chess", 0.3, nothing)), [])
    codes = by_code(result.findings.items[0])
    assert "look_beyond_words" in codes
    assert "mask_or_balance" not in codes


def test_no_evidence_no_advice(failed: AuditResult) -> None:
    (finding,) = failed.findings.items
    bare = finding.model_copy(update={"exchanged": None, "carried": None, "flagged": 0})
    assert {step.code for step in next_steps(failed, bare, [])} <= {"audit_the_model"}
    seen = Exchanged(
        axis="gender", source="female", target="male", n=50, flips=9, flip_rate=0.18, lower=0.08, upper=0.3,
        shift=0.1, shift_lower=0.05, shift_upper=0.15,
    )  # fmt: skip
    # An exchange that no probe of this result made is no evidence.
    told = next_steps(failed, bare.model_copy(update={"exchanged": seen}), [])
    assert "balance_exchanges" not in {step.code for step in told}


def test_the_decomposition_that_points_at_something_is_told(failed: AuditResult) -> None:
    from audit.findings.join import with_findings

    closes = Closing(value=0.2, lower=0.1, upper=0.3)
    pointing = decomposed(failed, closes, part("chess", 0.3, closes)).gaps[0]
    pointing = pointing.model_copy(update={"metrics": ["selection_rate"], "condition": "all"})
    (bare,) = decomposed(failed, closes).gaps
    (finding,) = with_findings(failed.model_copy(update={"gaps": [bare, pointing]}), []).findings.items
    assert finding.measures[0].metric == "true_positive_rate"
    assert finding.carried is not None
    assert (finding.carried.metric, finding.carried.carriers[0].name) == ("selection_rate", "chess")


def test_reasons_of_weak_explanations_are_not_those_of_unverified_ones(failed: AuditResult) -> None:
    counted = {"n": 100, "explained": 5, "weak": 65, "unexplained": 30}
    reasons = {"no_contrast": 20, "not_followed": 10, "contentless": 65}
    outcome = OutcomeCounts.model_validate({"attributes": [], "group": [], "reasons": reasons, **counted})
    explained = Explanations.model_construct(outcomes=[outcome])
    finding = failed.findings.items[0].model_copy(update={"kind": "unexplained"})
    (step,) = next_steps(failed.model_copy(update={"explanations": explained}), finding, [])
    assert (step.code, step.params) == ("look_at_reasons", {"reason": "no_contrast", "n": 20, "of": 30})

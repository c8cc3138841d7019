"""Scope of rules: presets, shares, adjusted verdicts, metrics beyond proportions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from audit.config import PolicyConfig, RuleConfig
from audit.errors import ConfigError
from audit.fairness.compare.disparities import compare
from audit.fairness.metrics.choosing import described
from audit.policy import judge as judging
from audit.policy.judge import judge
from audit.policy.location import locate_rules
from audit.result import AuditResult, Note
from tests.conftest import shared
from tests.fairness.helpers import ask, compare_rows, tally
from tests.policy.test_judge import NO_FLAGS, rates, result, verdict

LL144 = {
    "Asian F": (616, 309), "Asian M": (696, 344), "Black F": (752, 385), "Black M": (532, 277),
    "Hispanic F": (680, 370), "Hispanic M": (644, 297), "White F": (780, 360), "White M": (760, 388),
}  # fmt: skip


def berkeley(policy: PolicyConfig) -> Any:
    data = pd.read_csv(shared("data", "UCBAdmissions.csv"))
    frame = pd.DataFrame({"g": data["Gender"], "dept": data["Dept"], "y_true": None, "count": data["Freq"]}).assign(
        y_pred=(data["Admit"] == "Admitted").map({True: "1", False: "0"})
    )
    question = ask(["0", "1"], "1", labelled=False)
    done = compare(tally(frame, ["g"], ["dept"]), question)
    return judge(
        AuditResult.model_construct(
            exchange=None,
            flags=NO_FLAGS,
            level=0.95, config={"controls": ["dept"]}, slicings=[done.slicing], metrics=done.metrics,
            metric_definitions=described(question.metrics), adjusted=done.adjusted, correlations=[], comparison=None,
        ),
        policy,
    )  # fmt: skip


def test_berkeley_pooled_fails_and_adjusted_does_not() -> None:
    rule = {"metric": "selection_rate", "at_least": 0.8, "evidence": "point"}
    found = berkeley(PolicyConfig(rules=(RuleConfig(**rule),)))
    shown = {verdict.scope: verdict for verdict in found.rules}
    assert (shown["pooled"].status, shown["adjusted"].status) == ("fail", "pass")
    assert shown["pooled"].value == pytest.approx(0.681830, abs=5e-7)
    assert (shown["pooled"].counts, shown["adjusted"].counts, found.status) == (True, False, "fail")
    adjusted = berkeley(PolicyConfig(rules=(RuleConfig(**rule, scope="adjusted"),)))
    assert adjusted.status == "pass"
    by_bounds = berkeley(PolicyConfig(rules=(RuleConfig(metric="selection_rate", limit=0.1, scope="adjusted"),)))
    assert [v.status for v in by_bounds.rules if v.scope == "adjusted"] == ["pass"]


def test_ll144_ratios_are_as_printed() -> None:
    frame = rates({group: (above, assessed) for group, (assessed, above) in LL144.items()})
    printed = {"Asian F": 0.92, "Asian M": 0.91, "Black F": 0.94, "Black M": 0.96, "Hispanic F": 1.0,
               "Hispanic M": 0.85, "White F": 0.85, "White M": 0.94}  # fmt: skip
    found = result(frame)
    rate = {v.group[0]: v.value for v in found.metrics if v.metric == "selection_rate"}
    for group, ratio in printed.items():
        assert rate[group] / max(rate.values()) == pytest.approx(ratio, abs=0.006)
    (rule,) = judge(found, PolicyConfig(presets=("ll144",))).rules
    assert (rule.status, rule.severity, rule.value) == ("pass", "warn", pytest.approx(0.8476, abs=1e-4))
    assert rule.upper <= 1


@pytest.mark.parametrize(("reason", "status", "left_out"), [("too few", "pass", ["few"]), ("", "fail", [])])
def test_categories_below_two_percent_are_left_out_by_name_if_there_is_a_reason(
    reason: str, status: str, left_out: list[str]
) -> None:
    found = result(rates({"a": (500, 1000), "b": (480, 1000), "few": (0, 20)}))
    found.config["documentation"] = {"excluded_categories_justification": reason}
    (rule,) = judge(found, PolicyConfig(presets=("ll144",))).rules
    assert (rule.status, rule.left_out) == (status, left_out)


def scored(metric: str, **rule: Any) -> Any:
    import numpy as np

    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4000)
    g = np.repeat(["a", "b"], 2000)
    score = 1 / (1 + np.exp(-rng.normal(np.where(g == "a", 2.5, 0.5) * (y - 0.5), 1)))
    frame = pd.DataFrame(
        {"g": g, "y_true": y.astype(str), "y_pred": (score > 0.5).astype(int).astype(str), "score": score}
    )
    question = ask(["0", "1"], "1", (metric,), scored=True)
    done = compare_rows(frame, ["g"], question)
    made = AuditResult.model_construct(
            exchange=None,
            flags=NO_FLAGS,
        level=0.95, config={}, slicings=[done.slicing], metrics=done.metrics, adjusted=[], comparison=None,
        metric_definitions=described(question.metrics), correlations=done.correlations,
    )  # fmt: skip
    return judge(made, PolicyConfig(rules=(RuleConfig(metric=metric, **rule),))).rules[0]


@pytest.mark.parametrize("metric", ["auc", "f1_score", "balanced_accuracy", "log_loss", "mean_squared_error"])
def test_any_metric_can_be_ruled(metric: str) -> None:
    assert scored(metric, limit=0.02).status == "fail"
    assert scored(metric, limit=0.9).status == "pass"
    assert scored(metric, at_least=0.999).status == "fail"


def test_a_metric_of_your_own_decides_nothing_by_its_bounds() -> None:
    rule = scored("tests.policy.test_rules:error_rate", limit=0.01)
    assert rule.status == "inconclusive"
    assert rule.value is not None
    assert (rule.lower, rule.upper) == (None, None)
    assert {doubt.reason for doubt in rule.doubts} == {"unknown_function"}
    assert scored("tests.policy.test_rules:error_rate", limit=0.01, evidence="point").status == "fail"
    assert scored("tests.policy.test_rules:error_rate", limit=0.9, evidence="point").status == "pass"


def error_rate(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    import numpy as np

    return float(np.average(np.asarray(y_true) != np.asarray(y_pred), weights=sample_weight))


def test_a_gap_of_the_detectable_size_fails_four_times_in_five(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    n = 800
    # How many more rows would settle what is open takes most of the time, and is not asked here.
    monkeypatch.setattr(judging, "_needed", lambda *_: [])
    (rule,) = verdict(rates({"a": (400, n), "b": (400, n)}), limit=0.1).rules
    rng = np.random.default_rng(0)
    gap = rule.detectable
    fails = 0
    for _ in range(200):
        drawn = {name: (int(rng.binomial(n, 0.5 + side * gap / 2)), n) for name, side in (("a", 1), ("b", -1))}
        fails += verdict(rates(drawn), limit=0.1).rules[0].status == "fail"
    assert fails / 200 == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize(
    "rules",
    [
        [{"metric": "selection_rate", "limit": 0.1}, {"metric": "selection_rate", "limit": 0.2}],
        [{"metric": "a", "limit": 0.1, "name": "x"}, {"metric": "b", "limit": 0.2, "name": "x"}],
        [{"metric": "selection_rate", "limit": 0.1, "margin": 0.1}],
        [{"metric": "selection_rate", "margin": 0.1, "reference": "a"}],
    ],
)
def test_contradictions_are_refused(rules: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        PolicyConfig.model_validate({"rules": rules})


def test_a_slicing_too_fine_to_compute_is_undefined_not_a_pass() -> None:
    made = result(rates({"a": (50, 100), "b": (50, 100)}))
    made.config = {"attributes": [{"name": "", "column": "g"}, {"name": "", "column": "h"}], "crossings": [["g", "h"]]}
    made.notes = [Note(code="crossing_too_fine")]
    policy = PolicyConfig(rules=(RuleConfig(metric="selection_rate", limit=0.1, over=(("g", "h"),)),))
    found = judge(made, policy)
    assert (found.status, found.rules[0].note) == ("undefined", "too_many_groups")


POLICY = """\
data: {}
policy:
  presets: [four-fifths]
  rules:
    - metric: accuracy
      limit: 0.1
    - {name: x, metric: auc, limit: 0.2}
"""


def test_rules_are_found_at_their_lines(tmp_path: Any) -> None:
    file = tmp_path / "audit.yaml"
    file.write_text(POLICY)
    policy = PolicyConfig.model_validate(yaml.safe_load(POLICY)["policy"])
    assert locate_rules(file, policy).lines == {"four-fifths": 3, "accuracy difference ≤ 0.1": 5, "x": 7}


def test_a_limit_that_no_share_can_break_is_refused() -> None:
    with pytest.raises(ConfigError, match="can never fail"):
        verdict(rates({"a": (1, 100), "b": (50, 100)}), limit=1.0)

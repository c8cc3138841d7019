"""Evidence codes: what a clause can be answered with, each looked up in the result alone.

A code is *present*, and then stands in a section of the report; or *missing*, because nobody asked for it or it cannot
be had; or *not applicable* to an audit like this one. A reason is a code whose words are `compliance.why.<reason>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from audit.result import AuditResult

State = Literal["present", "missing", "not_applicable"]
#: Metrics that need no labels: they say nothing of errors.
WITHOUT_LABELS = frozenset({"selection_rate", "mean_prediction", "explained_rate"})

#: Evidence that an audit gathers only where its configuration has this key.
ASKED_BY = {
    "crossed_groups": "crossings",
    "crossed_impact_ratios": "crossings",
    "slices_searched": "discovery",
    "counterfactual_probe": "exchange",
    "robustness": "probes",
    "policy_and_verdict": "policy",
    "sign_off": "sign_off",
}


@dataclass(frozen=True)
class Absent:
    """Why evidence is not there."""

    state: Literal["missing", "not_applicable"]
    why: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What the result holds for one code.

    Attributes
    ----------
    section
        Section of the report that shows it: its anchor. None where it is absent.
    why
        Code of the reason why it is absent, with `params` for its words.
    """

    code: str
    state: State
    section: str | None = None
    why: str | None = None
    params: dict[str, str] = field(default_factory=dict)


Look = Callable[[AuditResult], Absent | None]


def look_up(code: str, result: AuditResult) -> Evidence:
    """Look one code up in a result."""
    section, look = EVIDENCE[code]
    absent = look(result)
    if absent is None:
        return Evidence(code, "present", section if isinstance(section, str) else section(result))
    return Evidence(code, absent.state, None, absent.why, absent.params)


def not_asked_for(code: str, config: Mapping[str, Any]) -> str | None:
    """Return the key of a configuration that this evidence needs, where the configuration leaves it empty."""
    key = ASKED_BY.get(code)
    if key is None:
        return None
    asked = config[key]
    given = asked["rules"] or asked["presets"] if key == "policy" else asked is not None and asked != []
    return None if given else key


def _missing(why: str, **params: str) -> Absent:
    return Absent("missing", why, params)


def _not_applicable(why: str, **params: str) -> Absent:
    return Absent("not_applicable", why, params)


def _not_asked(key: str) -> Absent:
    return _missing("not_asked", key=key)


def _always(result: AuditResult) -> None:
    return None


def _labelled(result: AuditResult) -> bool:
    return any(group.n_labelled for slicing in result.slicings for group in slicing.groups)


def _labels(result: AuditResult) -> Absent | None:
    return None if _labelled(result) else _not_applicable("no_labels")


def _metrics(result: AuditResult) -> Absent | None:
    return None if any(v.group and v.value is not None for v in result.metrics) else _missing("nothing_defined")


def _errors(result: AuditResult) -> Absent | None:
    if not _labelled(result):
        return _not_applicable("no_labels")
    told = any(v.group and v.value is not None and v.metric not in WITHOUT_LABELS for v in result.metrics)
    return None if told else _not_asked("metrics")


def _crossed(result: AuditResult) -> Absent | None:
    if any(len(slicing.attributes) > 1 for slicing in result.slicings):
        return None
    return _missing("one_attribute") if len(result.config["attributes"]) < 2 else _not_asked("crossings")


def _disparities(result: AuditResult) -> Absent | None:
    known = (gap for gap in result.disparities if gap.value is not None)
    return None if any(gap.lower is not None or gap.upper is not None for gap in known) else _missing("one_group")


def _gaps_of(*metrics: str) -> Look:
    """Look for disparities of every one of these metrics, which fairness criteria are made of."""

    def look(result: AuditResult) -> Absent | None:
        if not set(metrics) <= WITHOUT_LABELS and not _labelled(result):
            return _not_applicable("no_labels")
        if not result.classes:
            return _not_applicable("no_classes")
        compared = {gap.metric for gap in result.disparities if gap.value is not None}
        return None if set(metrics) <= compared else _not_asked("metrics")

    return look


def _adverse_impact(result: AuditResult) -> Absent | None:
    if result.adverse_impact:
        return None
    return _missing("one_group") if result.classes else _not_applicable("no_classes")


def _impact_tables(result: AuditResult) -> Absent | None:
    if any(row.impact_ratio is not None for table in result.impact_ratios for row in table.groups):
        return None
    return _missing("one_group") if result.classes else _not_applicable("no_classes")


def _crossed_impact(result: AuditResult) -> Absent | None:
    if any(len(table.attributes) > 1 for table in result.impact_ratios):
        return None
    return _crossed(result) or _impact_tables(result)


def _median(result: AuditResult) -> Absent | None:
    return None if result.data.median_score is not None else _not_applicable("no_median")


def _left_out(result: AuditResult) -> Absent | None:
    standings = {row.standing for table in result.impact_ratios for row in table.groups}
    return None if "excluded" in standings else _not_applicable("none_left_out")


def _searched(result: AuditResult) -> Absent | None:
    return None if result.discovery is not None else _not_asked("discovery")


def _calibration(result: AuditResult) -> Absent | None:
    if not _labelled(result):
        return _not_applicable("no_labels")
    if not any(report.groups for report in result.scores):
        return _missing("no_scores")
    known = any(group.calibration for report in result.scores for group in report.groups)
    return None if known else _not_applicable("no_probabilities")


def _model(result: AuditResult) -> Absent | None:
    return None if result.model is not None else _missing("stored")


def _of_model(result: AuditResult, key: str) -> Absent:
    """Say why something that asks the model is not there."""
    return _missing("stored") if result.model is None else _not_asked(key)


def _explanations(result: AuditResult) -> Absent | None:
    explained = result.explanations
    return _of_model(result, "explanations.sample") if explained is None or explained.sampled == 0 else None


def _explanations_tested(result: AuditResult) -> Absent | None:
    if (absent := _explanations(result)) is not None:
        return absent
    tested = result.explanations and (result.explanations.chance or result.explanations.sanity)
    return None if tested else _not_asked("explanations.sanity")


def _gaps(result: AuditResult) -> Absent | None:
    if result.gaps:
        return None
    if result.model is None or not result.config["gaps"]["sample"]:
        return _of_model(result, "gaps.sample")
    return _not_applicable("no_gap")


def _exchange(result: AuditResult) -> Absent | None:
    return None if result.exchange or result.names else _of_model(result, "exchange")


def _exchange_section(result: AuditResult) -> str:
    return "counterfactuals" if result.exchange else "names"


def _judged(result: AuditResult) -> Absent | None:
    return None if result.judgement is not None else _not_asked("policy")


def _compared(result: AuditResult) -> Absent | None:
    return None if result.comparison is not None else _missing("no_baseline")


def _computed_twice(result: AuditResult) -> Absent | None:
    return None if result.library_check.values != 0 else _missing("not_twice")


def _signed(result: AuditResult) -> Absent | None:
    people = result.config["sign_off"]
    if any(person["name"] and person["date"] for person in people):
        return None
    return _missing("unsigned") if people else _not_asked("sign_off")


def _robustness(result: AuditResult) -> Absent | None:
    return None if any(found.probe == "robustness" for found in result.probes) else _of_model(result, "probes")


#: Code -> the section of the report that shows it, and how to see whether it is there.
EVIDENCE: dict[str, tuple[str | Callable[[AuditResult], str], Look]] = {
    "model_description": ("scope", _model),
    "data_description": ("data", _always),
    "labels_by_group": ("data", _labels),
    "unknowns_counted": ("data", _always),
    "metrics_by_group": ("performance", _metrics),
    "errors_by_group": ("performance", _errors),
    "crossed_groups": ("performance", _crossed),
    "disparities_with_intervals": ("disparities", _disparities),
    "demographic_parity": ("disparities", _gaps_of("selection_rate")),
    "equal_opportunity": ("disparities", _gaps_of("true_positive_rate")),
    "predictive_equality": ("disparities", _gaps_of("false_positive_rate")),
    "equalized_odds": ("disparities", _gaps_of("true_positive_rate", "false_positive_rate")),
    "adverse_impact_table": ("disparities", _adverse_impact),
    "impact_ratio_tables": ("bias_audit", _impact_tables),
    "crossed_impact_ratios": ("bias_audit", _crossed_impact),
    "median_scoring_rate": ("bias_audit", _median),
    "categories_left_out": ("bias_audit", _left_out),
    "slices_searched": ("disparities", _searched),
    "calibration_by_group": ("scores", _calibration),
    "gap_decomposition": ("why", _gaps),
    "counterfactual_probe": (_exchange_section, _exchange),
    "explanations": ("explanations", _explanations),
    "explanations_tested": ("explanations", _explanations_tested),
    "decision_sheets": ("explanations", _explanations),
    "flagged_decisions": ("flags", _always),
    "policy_and_verdict": ("gate", _judged),
    "change_since_baseline": ("comparison", _compared),
    "computed_twice": ("method", _computed_twice),
    "limits": ("limits", _always),
    "manifest_hashes": ("method", _always),
    "sign_off": ("sign_off", _signed),
    "robustness": ("probes", _robustness),
}

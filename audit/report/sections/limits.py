"""Section 14: what this audit cannot say."""

from __future__ import annotations

from typing import Any

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name, number, points

MOST_NAMED = 12


def build(view: View) -> dict[str, Any]:
    """Limits that follow from this very data, then those of the method."""
    result, t = view.result, view.t
    own = []
    small = [
        group_name(group.values)
        for slicing in result.slicings
        if len(slicing.attributes) == 1
        for group in slicing.groups
        if group.in_gaps and group.effective_n < EVIDENCE_FLOOR
    ]
    if small:
        own.append(t("limits.below_floor", floor=count(EVIDENCE_FLOOR), groups=t.listed(small[:MOST_NAMED])))
    outside = [
        group_name(group.values)
        for slicing in result.slicings
        if len(slicing.attributes) == 1
        for group in slicing.groups
        if not group.in_gaps
    ]
    if outside:
        own.append(t("limits.outside", groups=t.listed(outside[:MOST_NAMED])))
    own += _detectable(view)
    if not any(result.data.labels.values()):
        own.append(t("limits.no_labels"))
    if result.config["controls"]:
        own.append(t("limits.controls", controls=t.listed(result.config["controls"])))
    else:
        own.append(t("limits.no_controls"))
    if result.data.nothing is not None and result.config["data"]["columns"]["cluster"] is None:
        own.append(t("limits.clusters"))
    if result.data.clusters is None:
        own.append(t("limits.independent"))
    own += _doubted(view)
    if any(attribute.get("members") for attribute in result.config["attributes"]):
        own.append(t("limits.members"))
    if result.explanations is not None:
        own.append(t("limits.explanations", sampled=count(result.explanations.sampled)))
    method = [t(f"limits.method.{code}") for code in ("sample", "labels", "cause", "law")]
    if not view.frameworks:
        method.append(t("limits.frameworks"))
    return {"own": own, "method": method}


def _doubted(view: View) -> list[str]:
    """Metrics with groups whose bounds carry no guarantee, a line for every reason."""
    found: dict[str, dict[str, None]] = {}
    for value in [*view.result.metrics, *view.result.adjusted]:
        if value.doubt is not None and not value.stratum:
            found.setdefault(value.doubt, {})[view.t.metric(value.metric)] = None
    return [
        view.t("limits.no_guarantee", metrics=view.t.listed(list(metrics)[:MOST_NAMED]), why=view.t(f"doubt.{reason}"))
        for reason, metrics in sorted(found.items())
    ]


def _detectable(view: View) -> list[str]:
    """The widest minimum detectable gap of a rule that passed nothing and failed nothing."""
    rules = view.result.judgement.rules if view.result.judgement else []
    known = [
        rule
        for rule in rules
        if rule.status == "inconclusive" and rule.aggregate == "difference" and rule.detectable is not None
    ]
    if not known:
        return []
    rule = max(known, key=lambda item: item.detectable or 0.0)
    return [
        view.t(
            "limits.detectable",
            metric=view.t.metric(rule.metric),
            attributes=group_name(rule.attributes),
            gap=number(rule.detectable)
            if view.is_number(rule.metric)
            else view.t("limits.points", points=points(rule.detectable)),
        )
    ]


def conclude(view: View) -> str:
    """Say how many groups are too small to be assessed, and what holds of every audit."""
    single = [group for s in view.result.slicings if len(s.attributes) == 1 for group in s.groups if group.in_gaps]
    small = sum(group.effective_n < EVIDENCE_FLOOR for group in single)
    text = view.t("conclusion.limits", n=small, of=len(single))
    if view.result.config["controls"]:
        return view.t.sentences(text, view.t("conclusion.limits.controls"))
    return view.t.sentences(text, view.t("conclusion.limits.no_controls"))


SECTION = Section("limits", 140, build, conclude=conclude)

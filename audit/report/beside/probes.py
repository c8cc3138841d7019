"""What a probe found, in two sentences."""

from __future__ import annotations

from audit.report.wording import Catalogue, count, group_name, percent
from audit.result import ClearGap, MetricValue, ProbeResult


def everybody(found: ProbeResult) -> MetricValue | None:
    """Return how often any change alters a decision, of all decisions."""
    return next((item for item in found.metrics if item.metric == found.metric and not item.attributes), None)


def widest(found: ProbeResult) -> ClearGap | None:
    """Return the best established gap between two groups."""
    return next((gap for gap in found.clear_gaps.items if gap.metric == found.metric), None)


def says(found: ProbeResult, t: Catalogue) -> str:
    """Say how often its changes alter a decision, and between which groups that differs most."""
    value, gap = everybody(found), widest(found)
    if value is None or value.value is None:
        # Decisions were asked about, and how many of them changed is not told to everybody.
        return t("conclusion.suppressed" if value is None and found.asked else "probes.says.nothing")
    text = t(f"probes.says.{found.outcome}", rate=percent(value.value), n=count(value.n))
    if gap is None:
        return text
    told = t(
        "probes.says.gap", high=group_name(gap.high_group), high_value=percent(gap.high_value),
        low=group_name(gap.low_group), low_value=percent(gap.low_value),
    )  # fmt: skip
    return t.sentences(text, told)

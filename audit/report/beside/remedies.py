"""What thresholds by group would do to their gap, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable

from audit.report.wording import Catalogue, count, decimal, group_name, percent
from audit.result import JudgedGap, JudgedGroup, Remedies, Remedy, ThresholdWhatIf

#: Constraint -> the gap on which it is judged; of equalized odds the wider of both.
GAPS = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}

#: Share of a group beyond which it is decided about as good as always, or never.
ALIKE = 0.02


def rules_of(group: JudgedGroup, t: Catalogue) -> list[str]:
    """Say where the score of a group makes a decision positive; of several rules, of which share."""
    if not group.rules:
        return [t("remedies.rule.as_decided")]
    told = [
        t(f"remedies.rule.{rule.rule}", **({} if rule.above is None else {"above": decimal(rule.above)}))
        for rule in group.rules
    ]
    if len(told) == 1:
        return told
    shares = [percent(rule.share) for rule in group.rules]
    return [t("remedies.rule.share", share=s, rule=r) for s, r in zip(shares, told, strict=True)]


def objective(remedy: Remedy, found: Remedies) -> float | None:
    """Return what a remedy leaves of what was to be kept high."""
    return next(one.value for one in remedy.overall if one.metric == found.objective)


def says(item: ThresholdWhatIf, found: Remedies, t: Catalogue) -> str | None:
    """Say which thresholds by group surely narrow their gap most, and what that costs.

    Those that narrow it by deciding the same about nearly everybody are no remedy, and are called what they are.
    """
    if not item.remedies:
        return t("remedies.says.none", reason=t.note(item.note))
    before = item.remedies[0]
    narrowed = []
    for remedy in item.remedies:
        if remedy.code not in GAPS:
            continue
        then, now = _wider(before.gaps, remedy.code), _wider(remedy.gaps, remedy.code)
        if then is not None and now is not None:
            # By what is sure: a gap that looks small may be wide all the same.
            narrowed.append(((then.value or 0.0) - (1.0 if now.upper is None else now.upper), remedy, then, now))
    if not narrowed:
        return None
    narrowed = [one for one in narrowed if not decides_alike(one[1])]
    if not narrowed:
        return t("remedies.says.alike")
    _, remedy, then, now = max(narrowed, key=lambda one: one[0])
    return t(
        "remedies.says", name=t.phrase(remedy.code), before=t.points(then.value), after=t.points(now.value),
        most=t.points(now.upper), metric=t.phrase(found.objective), old=percent(objective(before, found)),
        new=percent(objective(remedy, found)),
    )  # fmt: skip


def decides_alike(remedy: Remedy) -> bool:
    """Whether nearly everybody of every group is decided about in the same way: no gap is left, and no decision."""
    rates = [one.value for group in remedy.groups for one in group.rates if one.metric == "selection_rate"]
    known = [rate for rate in rates if rate is not None]
    return bool(known) and (min(known) > 1 - ALIKE or max(known) < ALIKE)


def _wider(gaps: Iterable[JudgedGap], constraint: str) -> JudgedGap | None:
    known = [gap for gap in gaps if gap.metric in GAPS[constraint] and gap.value is not None]
    return max(known, key=lambda gap: gap.value or 0.0, default=None)


def conclusion(found: Remedies, t: Catalogue) -> str:
    """Say what thresholds would do for the first attribute, or how many groups need more rows."""
    said = [
        t.pair(group_name(item.attributes), text)
        for item in found.thresholds
        if item.remedies and (text := says(item, found, t))
    ]
    if said:
        return said[0]
    return t("conclusion.remedies.collect", n=count(len({(*one.attributes, *one.group) for one in found.collect})))

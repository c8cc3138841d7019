"""Waivers: a failure that named people accept, up to a ceiling and until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from audit.config import WaiverConfig
from audit.result import RuleVerdict, WaiverState


def apply_waivers(
    rules: list[RuleVerdict], waivers: Sequence[WaiverConfig], today: date
) -> tuple[list[RuleVerdict], list[WaiverState]]:
    """Waive the failures that a waiver in force covers.

    A value beyond the ceiling fails all the same. The state of a waiver is `used`, `unused` (nothing to waive: remove
    it), `exceeded` (something it covers is worse than its ceiling) or `expired`.
    """
    out, states = list(rules), []
    for waiver in waivers:
        state = "unused"
        if today > waiver.expires:
            state = "expired"
        else:
            for i, rule in enumerate(out):
                if rule.status != "fail" or not _covers(waiver, rule):
                    continue
                if _beyond(rule, waiver.ceiling):
                    state = "exceeded"
                else:
                    out[i] = rule.model_copy(update={"waived": True})
                    state = "used" if state == "unused" else state
        states.append(
            WaiverState(
                rule=waiver.rule,
                over=list(waiver.over),
                ceiling=waiver.ceiling,
                reason=waiver.reason,
                owner=waiver.owner,
                approver=waiver.approver,
                granted=waiver.granted.isoformat(),
                expires=waiver.expires.isoformat(),
                state=state,
            )
        )
    return out, states


def _covers(waiver: WaiverConfig, rule: RuleVerdict) -> bool:
    return rule.rule == waiver.rule and (not waiver.over or list(waiver.over) == rule.attributes)


def _beyond(rule: RuleVerdict, ceiling: float) -> bool:
    if rule.value is None:
        return True
    return rule.value < ceiling if rule.aggregate == "ratio" else rule.value > ceiling

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from audit.config import PolicyConfig, RuleConfig, WaiverConfig
from audit.errors import ConfigError
from audit.policy.judge import judge
from tests.policy.test_judge import rates, result

FRAME = {"a": (900, 1000), "b": (500, 1000)}
RULE = RuleConfig(name="parity", metric="selection_rate", limit=0.1)
TODAY = date(2026, 6, 1)


def waiver(**changes: Any) -> WaiverConfig:
    given = {
        "rule": "parity", "ceiling": 0.45, "reason": "known, ticket 12", "owner": "ana", "approver": "bo",
        "granted": date(2026, 5, 1), "expires": date(2026, 7, 1),
    }  # fmt: skip
    return WaiverConfig(**given | changes)


def judged(*waivers: WaiverConfig, frame: dict[str, tuple[int, int]] = FRAME, today: date = TODAY) -> Any:
    return judge(result(rates(frame)), PolicyConfig(rules=(RULE,), waivers=waivers), today=today)


def test_a_waived_failure_passes_the_gate_and_stays_a_failure() -> None:
    found = judged(waiver())
    assert (found.status, found.rules[0].status, found.rules[0].waived) == ("pass", "fail", True)
    assert (found.waivers[0].state, found.judged_on) == ("used", "2026-06-01")


def test_worse_than_the_ceiling_fails_all_the_same() -> None:
    found = judged(waiver(ceiling=0.3))
    assert (found.status, found.rules[0].waived, found.waivers[0].state) == ("fail", False, "exceeded")


def test_expired_fails_even_where_the_rule_passes() -> None:
    even = {"a": (5000, 10000), "b": (5000, 10000)}
    assert judged(frame=even).status == "pass"
    for frame in (FRAME, even):
        found = judged(waiver(), frame=frame, today=date(2026, 7, 2))
        assert (found.status, found.waivers[0].state) == ("fail", "expired")
    assert judged(waiver(), today=date(2026, 7, 1)).status == "pass"


def test_an_unused_waiver_is_shown() -> None:
    even = {"a": (5000, 10000), "b": (5000, 10000)}
    found = judged(waiver(), frame=even)
    assert (found.status, found.waivers[0].state) == ("pass", "unused")


def test_a_waiver_of_another_slicing_does_not_cover() -> None:
    assert judged(waiver(over=("h",))).status == "fail"


def test_without_waivers_the_day_does_not_enter_the_judgement() -> None:
    assert judged(today=date(2030, 1, 1)) == judged(today=date(2020, 1, 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": date(2026, 8, 1)},
        {"expires": date(2026, 4, 30)},
        {"approver": "ana"},
        {"reason": ""},
        {"expires": None},
    ],
)
def test_a_waiver_is_bounded_owned_and_approved(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        waiver(**changes)


def test_a_waiver_of_no_rule_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no rule is called that(.|\n)*did you mean 'parity'"):
        judged(waiver(rule="partiy"))

"""The sentence that says what the whole verdict rests on."""

from __future__ import annotations

from pathlib import Path

from audit.report.verdicts import why
from audit.report.wording import Catalogue
from tests.findings.helpers import audited, rows

WAIVER = {
    "rule": "mild", "ceiling": 0.9, "reason": "a new model comes", "owner": "o@example.org",
    "approver": "a@example.org", "granted": "2020-01-01", "expires": "2020-02-01",
}  # fmt: skip


def test_an_expired_waiver_is_no_rule_that_fails(tmp_path: Path) -> None:
    rule = {"metric": "selection_rate", "limit": 0.3, "name": "mild"}
    t = Catalogue()
    even = rows({"a": (0.7, 0.2), "b": (0.7, 0.2)})
    passed = audited(tmp_path / "passed", even, rule)
    expired = audited(tmp_path / "expired", even, policy={"rules": [rule], "waivers": [WAIVER]})
    apart = rows({"a": (0.9, 0.9), "b": (0.1, 0.1)})
    failed = audited(tmp_path / "failed", apart, policy={"rules": [rule], "waivers": [WAIVER]})
    codes = ["verdict.why.pass", "verdict.why.fail.expired", "verdict.why.fail"]
    assert [why(result.judgement, t) for result in (passed, expired, failed)] == [t(code) for code in codes]


def test_a_pass_where_every_rule_only_warns_is_told_as_that(tmp_path: Path) -> None:
    apart = rows({"a": (0.9, 0.9), "b": (0.1, 0.1)})
    mild = {"metric": "selection_rate", "limit": 0.3, "severity": "warn"}
    strict = {"metric": "selection_rate", "limit": 0.95, "name": "strict"}
    t = Catalogue()
    alone = audited(tmp_path / "alone", apart, policy={"rules": [mild]})
    beside = audited(tmp_path / "beside", apart, policy={"rules": [mild, strict]})
    assert why(alone.judgement, t) == t("verdict.why.pass.none_can_fail", n="1")
    assert why(beside.judgement, t) == t("verdict.why.pass.aside", n="1")

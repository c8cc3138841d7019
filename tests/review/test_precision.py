"""Flags are held against decisions like them without a flag."""

from __future__ import annotations

import pytest

from audit.review.panel import Panel
from audit.review.precision import flag_precision
from tests.review.panels import panel

FLAG = ["disparate_error"]


def made(flagged: int, controls: int, **columns: object) -> Panel:
    """80 flagged decisions and 80 controls, of which so many are called wrong."""
    labels = [["no"]] * flagged + [["yes"]] * (80 - flagged) + [["no"]] * controls + [["yes"]] * (80 - controls)
    told = {"codes": [FLAG] * 80 + [[]] * 80, **columns}
    return panel([("a", "yes", "yes")] * 160, labels, **told)


def test_a_flag_that_says_something() -> None:
    (found,) = flag_precision(made(40, 8), 0.95)
    assert (found.code, found.outcome) == ("disparate_error", "wrong")
    assert (found.flagged.rate, found.controls.rate, found.difference) == (0.5, 0.1, pytest.approx(0.4))
    assert found.lower is not None and found.lower > 0.25
    assert found.p is not None and found.holm_p == found.p < 0.001


def test_a_flag_that_says_nothing() -> None:
    (found,) = flag_precision(made(8, 8), 0.95)
    assert found.difference == 0
    assert found.lower is not None and found.upper is not None and found.lower < 0 < found.upper
    assert found.p == pytest.approx(1.0, abs=1e-6)


def test_controls_lie_as_flagged_decisions_do() -> None:
    """Two strata: in one, nearly all are wrong, flagged or not; flagged decisions lie in it three times as often."""
    strata = ["s"] * 60 + ["t"] * 20 + ["s"] * 40 + ["t"] * 40
    labels = [["no"]] * 60 + [["yes"]] * 20 + [["no"]] * 40 + [["yes"]] * 40
    found = flag_precision(
        panel([("a", "yes", "yes")] * 160, labels, codes=[FLAG] * 80 + [[]] * 80, stratum=strata), 0.95
    )[0]
    assert found.flagged.rate == found.controls.rate == pytest.approx(0.75)
    assert found.difference == pytest.approx(0.0)


def test_flagged_decisions_without_controls_are_counted_and_not_compared() -> None:
    strata = ["s"] * 30 + ["alone"] * 50 + ["s"] * 80
    found = flag_precision(made(80, 8, stratum=strata), 0.95)[0]
    assert found.unmatched == 50
    assert found.flagged.n == 80


def test_bias_is_asked_of_the_decision_that_was_shown() -> None:
    rows, codes = [("a", "yes", "yes")] * 40, [FLAG] * 20 + [[]] * 20
    answers = [["yes"]] * 20 + [["no"]] * 20
    same = panel(rows, [[None]] * 40, answers, codes=codes)
    (found,) = flag_precision(same, 0.95)
    assert (found.outcome, found.difference) == ("biased", 1.0)
    changed = panel(rows, [[None]] * 40, answers, codes=codes, same=False)
    assert flag_precision(changed, 0.95) == []


def test_codes_of_one_kind_count_together_and_all_are_corrected() -> None:
    codes = [["unexplained:no_contrast", "disparate_error"]] * 40 + [["unexplained:few"]] * 40 + [[]] * 80
    found = flag_precision(made(40, 20, codes=codes), 0.95)
    assert [item.code for item in found] == ["disparate_error", "unexplained"]
    assert [item.flagged.n for item in found] == [40, 80]
    for item in found:
        assert item.holm_p is not None and item.p is not None and item.holm_p >= item.p

"""Numbers move within their stated error, and not at all without one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from audit.config.robustness import MeasurementError
from audit.data.examples import Asked, Fields
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.transform import Changed, Refused

ERRORS = {"income": MeasurementError(relative=0.1), "height": MeasurementError(absolute=0.5)}
BY_NAME = {one.name: one for one in transforms_for("numbers", (), (), ERRORS)}
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
both = pytest.mark.parametrize("name", ["measurement_noise", "rounding"])


def values(made: Changed | Refused, before: Fields) -> tuple[object, ...]:
    if isinstance(made, Refused):
        return before.values
    assert isinstance(made.example, Fields)
    return made.example.values


@both
@given(income=NUMBERS, height=NUMBERS, severity=st.integers(1, 3), seed=st.integers(0, 2**32))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_number_moves_further_than_its_error(
    name: str, income: float, height: float, severity: int, seed: int
) -> None:
    row = Fields(("income", "height", "score"), (income, height, 3.7))
    made = BY_NAME[name].apply(row, severity, seed)
    assert made == BY_NAME[name].apply(row, severity, seed)
    new_income, new_height, score = values(made, row)
    assert score == 3.7
    share = (0.25, 0.5, 1.0)[severity - 1]
    assert isinstance(new_income, float)
    assert isinstance(new_height, float)
    assert abs(new_income - income) <= share * 0.1 * abs(income) * (1 + 1e-9)
    # A sum of two numbers of this size is rounded to the nearest double.
    assert abs(new_height - height) <= share * 0.5 + 2**-32
    assert new_income * income >= 0
    for before, after in ((income, new_income), (height, new_height)):
        assert not before.is_integer() or after.is_integer()


@both
def test_without_a_stated_error_nothing_moves(name: str) -> None:
    row = Fields(("score", "other"), (3.7, 4.0))
    assert BY_NAME[name].apply(row, 3, 1) == Refused("no_error_stated", (("no_error_stated", 2),))


def test_rounding_goes_to_round_numbers() -> None:
    wide = Fields(("income",), (1234.5,))
    # The error is 123.45: hundreds of two move nothing by more.
    assert values(BY_NAME["rounding"].apply(wide, 3, 1), wide) == (1200.0,)
    made = BY_NAME["rounding"].apply(Fields(("height",), (171.3,)), 3, 1)
    assert values(made, Fields((), ())) == (171.0,)
    assert isinstance(made, Changed)
    assert made.change == "rounding 1"
    assert made.edits == ()


def test_a_sign_stays_and_a_whole_number_stays_whole() -> None:
    near_zero = Fields(("height",), (0.2,))
    found = {BY_NAME["measurement_noise"].apply(near_zero, 3, seed) for seed in range(40)}
    assert Refused("sign", (("sign", 1),)) in found
    assert all(isinstance(one, Refused) or values(one, near_zero)[0] > 0 for one in found)  # type: ignore[operator]
    assert BY_NAME["rounding"].apply(Fields(("height",), (3.0,)), 3, 1) == Refused("too_small", (("too_small", 1),))


def test_text_fields_and_what_is_meant_stay() -> None:
    row = Asked(Fields(("sex", "income"), ("female", 1000.5)), output="approved")
    made = BY_NAME["measurement_noise"].apply(row, 3, 1)
    assert isinstance(made, Changed)
    assert isinstance(made.example, Asked)
    assert made.example.output == "approved"
    assert isinstance(made.example.example, Fields)
    assert made.example.example.values[0] == "female"


@pytest.mark.parametrize("wrong", [{}, {"absolute": 1, "relative": 0.1}, {"absolute": 0}, {"relative": 1}])
def test_an_error_is_absolute_or_relative(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        MeasurementError(**wrong)

"""Whatever a result may hold by its types, it reads back as it was written; what would not is never written."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import audit.result as parts
from audit.result import Part

MODELS = sorted(
    (item for item in vars(parts).values() if isinstance(item, type) and issubclass(item, Part) and item is not Part),
    key=lambda model: model.__name__,
)
#: The whole, and what a stage returns, are made of everything else: too large to be drawn at random.
MODELS = [model for model in MODELS if not issubclass(parts.AuditResult, model)]

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
# A note within another part: of its default, which is made by a function, hypothesis knows nothing.
st.register_type_strategy(
    parts.Note,
    st.builds(parts.Note, code=st.text(), params=st.from_type(parts.Note.model_fields["params"].annotation)),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_part_reads_back(model: type[Part]) -> None:
    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        values: dict[str, Any] = {
            field.alias or name: data.draw(st.from_type(field.annotation), label=name)  # type: ignore[arg-type]
            for name, field in model.model_fields.items()
        }
        part = model.model_validate(values)
        assert model.model_validate_json(part.model_dump_json(by_alias=True)) == part

    holds()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_know_are_refused(number: float) -> None:
    fine = {"value": 0.0, "lower": 0.0, "upper": 0.0}
    parts.Closing.model_validate(fine)
    with pytest.raises(ValidationError, match="finite number"):
        parts.Closing.model_validate(fine | {"value": number})
    with pytest.raises(ValidationError, match="finite number"):
        parts.Note(code="x", params={"n": number})


def test_text_that_utf8_cannot_hold_is_never_written() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        parts.Note(code="\ud800").model_dump_json()

"""Whatever a result may hold by its types, it reads back as it was written; what would not is never written."""

from __future__ import annotations

import math
from typing import Annotated, Any

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
LARGE = (parts.NameExchanges, parts.DataAudit, parts.ProbeResult, parts.Membership)
MODELS = [model for model in MODELS if not issubclass(parts.AuditResult, model) and model not in LARGE]

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
# A note within another part: of its default, which is made by a function, hypothesis knows nothing.
st.register_type_strategy(
    parts.Note,
    st.builds(parts.Note, code=st.text(), params=st.from_type(parts.Note.model_fields["params"].annotation)),  # type: ignore[arg-type]
)


def _drawn(model: type[Part], **given: Any) -> st.SearchStrategy[Any]:
    """Draw a part by its types, with some fields of it as given."""
    fields = {
        field.alias or name: given.get(name, st.from_type(Annotated[(field.annotation, "its limits", *field.metadata)]))
        for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(model.model_validate)


def _lists(length: int, *names: str) -> dict[str, st.SearchStrategy[Any]]:
    return {name: st.lists(st.floats(0, 1), min_size=length, max_size=length) for name in names}


# Another with a default that a function makes.
st.register_type_strategy(parts.MetricValue, st.deferred(lambda: _drawn(parts.MetricValue)))
LISTED = {parts.Sketch, parts.UnitAttributions, parts.Correlation, parts.RocCurve, parts.ScoreReport}
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
GAPS = ("demographic_parity_difference", "equalized_odds_difference")
#: Parts whose lists belong together: drawn one by one they hardly ever would.
st.register_type_strategy(
    parts.Sketch,
    _drawn(parts.Sketch, size=st.floats(1, 9), least=st.just(-1.0), most=st.just(1.0), **_lists(3, "values", "shares")),
)
st.register_type_strategy(
    parts.UnitAttributions,
    _drawn(parts.UnitAttributions, **dict.fromkeys(("starts", "ends"), st.just([1, 2])), **_lists(2, "attributions")),
)
st.register_type_strategy(parts.RocCurve, _drawn(parts.RocCurve, **_lists(2, "false_positive", "true_positive")))
st.register_type_strategy(
    parts.Correlation, _drawn(parts.Correlation, groups=st.just([["a"], ["b"]]), matrix=st.just([[1.0, 0.5], [0.5, 1]]))
)
st.register_type_strategy(
    parts.ScoreReport,
    _drawn(
        parts.ScoreReport, groups=st.lists(_drawn(parts.GroupScores, **_lists(2, *RATES)), max_size=2),
        **_lists(2, "thresholds", *GAPS),
    ),
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_part_reads_back(model: type[Part]) -> None:
    @settings(max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        part = data.draw(st.from_type(model) if model in LISTED else _drawn(model))
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

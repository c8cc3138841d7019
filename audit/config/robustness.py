"""Keys of the configuration that say which changes a decision is to withstand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from audit.config.part import Column, ConfigPart

#: The error of a measurement, in the unit of the feature or as a share of its value.
ErrorSize = Annotated[float, Field(gt=0)]


class MeasurementError(ConfigPart):
    """How far a number may be from what it measures."""

    absolute: ErrorSize | None = Field(None, description="In the unit of the feature.")
    relative: Annotated[float, Field(gt=0, lt=1)] | None = Field(None, description="As a share of the value.")

    @model_validator(mode="after")
    def _one(self) -> MeasurementError:
        if (self.absolute is None) == (self.relative is None):
            raise ValueError("give either `absolute` or `relative`")
        return self

    def of(self, value: float) -> float:
        """Error of one value."""
        return self.absolute if self.absolute is not None else (self.relative or 0.0) * abs(value)


class RobustnessConfig(ConfigPart):
    """Change examples in ways that keep the right answer, and see whether the decision stays."""

    transforms: tuple[str, ...] = Field(
        (), description="Changes to make, by name; default: all that suit the kind of example and the languages."
    )
    languages: tuple[Literal["en", "zh"], ...] = Field(("en",), description="Languages of the texts.")
    severities: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(
        (1, 3), min_length=1, description="How strong: 1 to 5; of a change with fewer severities, those it has."
    )
    measurement_error: dict[Column, MeasurementError] = Field(
        default_factory=dict, description="Error of each feature; a number without one is not moved."
    )

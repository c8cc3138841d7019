"""Keys of the configuration that say what of a stream of windows is watched, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from audit.config.part import Column, ConfigPart
from audit.config.times import moment

Alert = Literal["warn", "error"]


class PeriodConfig(ConfigPart):
    """The part of the table that is audited, by time."""

    column: Column = Field(
        description="Column that says when a row came up: ISO 8601 text, a date or time, or seconds."
    )
    start: str = Field(description="Rows from this moment on; a date means its first moment. Without a zone: UTC.")
    end: str = Field(description="Rows before this moment.")

    @model_validator(mode="after")
    def _in_order(self) -> PeriodConfig:
        if not moment(self.start) < moment(self.end):
            raise ValueError(f"period: {self.start!r} is not before {self.end!r}")
        return self


class MonitoringConfig(ConfigPart):
    """What `audit monitor` watches beside the limits of the policy, and what it takes for one observation."""

    unit: Literal["auto", "rows", "windows"] = Field(
        "auto",
        description="rows: rows of a window are independent. windows: each window is one observation, whatever ties "
        "its rows together. auto: rows, once windows have been seen to differ no more than by chance.",
    )
    tolerance: float = Field(
        0.02, ge=0, lt=1, description="A gap that stays within a band as wide as this has not changed."
    )
    drift_tolerance: float = Field(
        0.05, ge=0, lt=1, description="The same for shares of groups and labels, decisions, lengths and new words."
    )
    changes: Alert = Field("warn", description="Severity of a gap that changed.")
    drift: Alert = Field("warn", description="Severity of a drift of inputs, decisions or labels.")

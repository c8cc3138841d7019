"""Keys of the configuration that say which remedies are tried."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from audit.config.part import ConfigPart


class RemediesConfig(ConfigPart):
    """What might narrow the gaps: other thresholds, other weights in training, more data."""

    attributes: tuple[str, ...] = Field((), description="Attributes to try thresholds for; left out: every one.")
    constraints: tuple[Literal["demographic_parity", "equal_opportunity", "equalized_odds"], ...] = Field(
        ("demographic_parity", "equal_opportunity", "equalized_odds"),
        description="What thresholds by group are to make alike.",
    )
    objective: Literal["accuracy", "balanced_accuracy"] = Field(
        "accuracy", description="What they keep as high as can be."
    )
    grid: int = Field(1000, ge=10, le=100_000, description="Steps of the rate that groups are to share (Fairlearn's).")
    most_thresholds: int = Field(
        2000, ge=10, description="Candidate thresholds of a group; of more different scores, as many quantiles are."
    )
    frontier: int = Field(
        11, ge=0, le=101, description="Points of accuracy against gap, from none to that of one threshold; 0: no curve."
    )
    smallest_gap: float = Field(
        0.1, gt=0, lt=1, description="Gap that more data are to show: which slices need how many rows for it."
    )

    @field_validator("constraints")
    @classmethod
    def _each_once(cls, constraints: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(constraints)) < len(constraints):
            raise ValueError("one stands twice")
        return constraints

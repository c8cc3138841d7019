"""Keys of the configuration that say how the model is used, so that rates become numbers of people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from audit.config.part import ConfigPart, Label

#: Share of people, from 0 to 1.
ShareOfPeople = Annotated[float, Field(ge=0, le=1)]
#: What one wrong decision costs.
Cost = Annotated[float, Field(ge=0)]
#: How far shares of one attribute may add up beyond 1, for they are often rounded.
ROUNDING = 0.005


class CostsConfig(ConfigPart):
    """What a wrong decision costs. Nothing is assumed: what is left out costs nothing that this audit knows of."""

    false_negative: Cost | None = Field(None, description="Of a decision that misses the positive class.")
    false_positive: Cost | None = Field(None, description="Of a decision that wrongly gives the positive class.")
    unit: str = Field("EUR", min_length=1, max_length=24, description="What costs are counted in.")


class DeploymentConfig(ConfigPart):
    """How the model is used: with it, rates become numbers of people."""

    decisions_per_year: float | None = Field(
        None, gt=0, description="Decisions that are made in a year; left out: numbers of this sample alone."
    )
    positive_is: Literal["benefit", "burden"] | None = Field(
        None,
        description="Whether people want the positive class (a job, a loan) or not (a suspicion, a removal); left out: "
        "only wrong decisions are counted.",
    )
    shares: dict[str, dict[Label, ShareOfPeople]] = Field(
        default_factory=dict,
        description="Attribute -> group -> its share of the people decided about in a year; left out: as in the data.",
    )
    costs: CostsConfig | None = Field(None, description="What each kind of wrong decision costs; of two classes.")

    @field_validator("shares")
    @classmethod
    def _no_more_than_everybody(cls, shares: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for name, of_groups in shares.items():
            if not of_groups:
                raise ValueError(f"{name}: names no group")
            if sum(of_groups.values()) > 1 + ROUNDING:
                raise ValueError(f"{name}: the shares add up to {sum(of_groups.values()):.4g}, which is more than 1")
        return shares

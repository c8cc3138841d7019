"""Keys of the configuration that say what is looked at in the data themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from audit.config.part import Column, ConfigPart, Label
from audit.config.place import DataPlace

#: Shares that add up to one but for how they were rounded.
ROUNDED = 0.011


class DataAuditConfig(ConfigPart):
    """What is looked at in the data themselves, before any model."""

    reference: dict[str, dict[Label, Annotated[float, Field(gt=0, lt=1)]]] = Field(
        {}, description="Shares that groups should have, by attribute: {gender: {female: 0.51, male: 0.49}}."
    )
    training: DataPlace | None = Field(
        None,
        description="Table of the rows that the model was trained on, as `data.path`, with the same columns; rows "
        "of both are counted.",
    )
    training_where: dict[Column, Label | list[Label]] = Field(
        default_factory=dict, description="Rows of that file that the model was trained on, as in `data.where`."
    )
    annotators: tuple[Column, ...] = Field(
        (), description="Columns of the labels that several people gave, one column for each person."
    )
    columns: tuple[Column, ...] = Field(
        (), description="Further columns to look at: what is missing in them, and whether they tell the group."
    )
    near: float = Field(
        0.8, ge=0.5, lt=1, description="Share of their pieces that two near-duplicate texts have in common, at least."
    )
    longest: int | None = Field(
        None,
        ge=1,
        description="Characters beyond which a text is too long; default: what the model can read, or else 2,000.",
    )
    sample: int = Field(
        20_000, ge=100, description="Rows that near duplicates and proxies are looked for in; of more, a sample."
    )

    @field_validator("reference")
    @classmethod
    def _one_in_all(cls, reference: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for name, shares in reference.items():
            if len(shares) < 2:
                raise ValueError(f"{name}: name the shares of at least two groups")
            total = sum(shares.values())
            if abs(total - 1) > ROUNDED:
                raise ValueError(f"{name}: the shares add up to {total:g}, not to 1")
        return reference

    @model_validator(mode="after")
    def _agree(self) -> DataAuditConfig:
        if self.training_where and self.training is None:
            raise ValueError("training_where: goes with `training`")
        if len(self.annotators) == 1:
            raise ValueError("annotators: name the columns of at least two people")
        named = [*self.annotators, *self.columns]
        if twice := [name for at, name in enumerate(named) if name in named[:at]]:
            raise ValueError(f"{twice[0]!r} is named twice among annotators and columns")
        return self

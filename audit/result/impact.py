"""Impact ratios of whole tables of categories, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Part, Size


class CategoryRate(Part):
    """One category: who it is, how many are selected, and that rate against the highest one."""

    group: list[str]
    n: Count | None = Field(description="Decisions about it.")
    selected: Count | None
    share: Size | None = Field(description="Of all decisions, by weight.")
    rate: float | None = Field(description="By weight and share of membership; null where no decision counts.")
    impact_ratio: float | None = Field(description="Rate over the highest rate; null where left out or undefined.")
    standing: Literal["compared", "excluded", "unknown"] = Field(
        description="excluded: under 2 % of the data, with the auditor's reason. unknown: enters no rate."
    )


class ImpactTable(Part):
    """Selection rates of all categories of a slicing against the highest (6 RCNY 5-301)."""

    attributes: list[str]
    cls: str = Field(alias="class")
    highest: float | None = Field(description="Highest rate among categories compared.")
    unknown: Count | None = Field(description="Decisions whose category is unknown.")
    groups: list[CategoryRate]

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

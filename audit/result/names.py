"""What the exchange of names found, in `result.json`."""

from __future__ import annotations

from pydantic import Field

from audit.result.fairness import (
    ClearGaps,
    Correlation,
    Disparity,
    MetricDefinition,
    MetricValue,
    SlicingFacts,
)
from audit.result.part import Count, Part


class OwnNames(Part):
    """How often the same entities are found under their own names."""

    n: Count
    found: Count
    rate: float | None
    lower: float | None
    upper: float | None


class NamesOfGroup(Part):
    """The names that stand for one group, and how the model reads them."""

    group: list[str]
    names: list[str] = Field(description="Given name, and family name if there is one.")
    tokens: float = Field(description="Mean number of tokens of a name, as it was written into the texts.")
    unknown: float = Field(description="Share of written names with a token that the model does not know.")


class NameTried(Part):
    """One name in the place of an entity."""

    group: list[str]
    written: str
    found: bool


class ShownEntity(Part):
    """An entity that is found under all names of some group, and under none of another."""

    row_id: str
    start: Count = Field(description="First of the characters of the input that names were put in the place of.")
    end: Count
    type: str
    own: str | None = Field(description="What was decided of it under its own name.")
    n: Count = Field(description="Names that were tried.")
    found: Count
    tried: list[NameTried] = Field(description="Of a few groups, some names.")


class NameExchanges(Part):
    """Names of several groups in the place of true persons; each outcome is a row of names.parquet.

    Which group a name belongs to is said by a list of names, never by a person.
    """

    language: str
    names_sha256: str
    provenance: str
    attributes: list[str] = Field(description="What groups of names go by.")
    types: list[str] = Field(description="Types of entities that count as persons.")
    per_group: Count
    persons: Count = Field(description="True persons that the model decided about.")
    drawn: Count = Field(description="Those whose name was to be exchanged.")
    refused: dict[str, Count] = Field(description="Of these, the ones whose name was not, by reason.")
    exchanged: Count = Field(description="Those whose name was exchanged.")
    decisions: Count = Field(description="Texts with another name that were decided.")
    failed: Count = Field(description="Those that gave no usable output.")
    own: OwnNames
    groups: list[NamesOfGroup]
    slicings: list[SlicingFacts]
    metric_definitions: list[MetricDefinition]
    metrics: list[MetricValue]
    correlations: list[Correlation]
    disparities: list[Disparity]
    clear_gaps: ClearGaps
    varies: Count = Field(description="Entities that are found under some names and not under others.")
    by_group: Count = Field(description="Entities that are found under all names of some group, under none of another.")
    shown: list[ShownEntity] = Field(description="Entities that the report may show.")

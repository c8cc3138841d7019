"""What became of decisions that a probe asked about again, in `result.json`."""

from __future__ import annotations

from pydantic import Field

from audit.result.fairness import ClearGaps, Correlation, Disparity, MetricDefinition, MetricValue, SlicingFacts
from audit.result.part import Count, Part, Size
from audit.result.why import TextEdit


class ProbeRate(Part):
    """How often a change alters decisions, of everybody or of one group."""

    transform: str
    severity: Count = Field(description="From 1, which hardly anybody notices; 0 where a change has no strengths.")
    attributes: list[str]
    group: list[str]
    n: Count = Field(description="Decisions that were asked about again.")
    hits: Count | None = Field(description="Those with the outcome: the decision changed, or failed what was expected.")
    rate: float | None
    lower: float | None
    upper: float | None
    effective_n: Size | None
    clusters: Size | None
    moved: Size | None = Field(description="Mean absolute change of the score.")


class RefusedVariants(Part):
    """Changes that were not made, for they could change the right answer or would change nothing."""

    transform: str
    reason: str
    n: Count


class ShownVariant(Part):
    """A changed row whose decision has the outcome, for readers."""

    row_id: str
    transform: str
    severity: Count
    edits: list[TextEdit]
    change: str | None = Field(description="The name of a change to the whole example, as of a picture.")
    y_pred: str
    y_pred_after: str
    f: float
    f_after: float


class ProbeResult(Part):
    """One probe, summed up; one row per changed example stands in variants.parquet."""

    probe: str
    metric: str = Field(
        description="Share of decisions with the outcome under any of its changes. The name of a change after it and a "
        "colon: under that change alone."
    )
    outcome: str = Field(description="What is counted: `changed`, `failed` what was expected, or `succeeded`.")
    transforms: list[str]
    severities: list[Count]
    population: Count = Field(description="Decisions that the sample was drawn from.")
    sampled: Count
    asked: Count = Field(description="Decisions with at least one changed example that the model answered.")
    variants: Count = Field(description="Changed examples that the model answered.")
    queries: Count = Field(description="Examples that the model was asked about, originals included.")
    failed: Count | None = Field(description="Changed examples that the model could not answer.")
    refused: list[RefusedVariants]
    rates: list[ProbeRate]
    slicings: list[SlicingFacts]
    metric_definitions: list[MetricDefinition]
    metrics: list[MetricValue]
    correlations: list[Correlation]
    disparities: list[Disparity]
    clear_gaps: ClearGaps
    shown: list[ShownVariant]


class Probing(Part):
    """What became of decisions that were asked about again."""

    probes: list[ProbeResult] = Field(
        [], description="One for each probe of the configuration that found something to ask."
    )

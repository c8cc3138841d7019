"""Groups, their metrics and the gaps between them, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from audit.result.impact import ImpactTable
from audit.result.part import Count, Part, Size


class Group(Part):
    """One slice of a slicing, with its size."""

    values: list[str] = Field(description="One per attribute of the slicing.")
    n: Count
    share: Size = Field(description="Of all decisions, by weight.")
    weight: Size
    effective_n: Size = Field(description="(Σw)²/Σw²")
    n_labelled: Count | None
    by_label: dict[str, Count | None]
    by_prediction: dict[str, Count | None]
    in_gaps: bool
    note: str | None = Field(description="Why it stands outside gaps: missing, configured.")


class SlicingFacts(Part):
    """One attribute, or one crossing, with its groups."""

    attributes: list[str]
    groups: list[Group]


class Sketch(Part):
    """What decisions add to a mean or a change: bounds at any level follow from it."""

    values: list[float]
    shares: list[float] = Field(description="How many decisions add each of the values.")
    least: float = Field(description="The least that a decision may add.")
    most: float = Field(description="The most that a decision may add.")
    size: Size = Field(description="Effective number of decisions.")
    freedom: Size | None = Field(description="Degrees of freedom of the size, where rows form clusters.")

    @model_validator(mode="after")
    def _of_something(self) -> Sketch:
        if not self.values or len(self.values) != len(self.shares):
            raise ValueError(f"{len(self.values)} values with {len(self.shares)} shares")
        if not self.size > 0 or min(self.shares) < 0 or not self.least <= self.most:
            raise ValueError("no decisions add up to this")
        return self


class MetricValue(Part):
    """One metric of one group."""

    attributes: list[str]
    stratum: dict[str, str] = Field(description="Values of the controls; empty when pooled.")
    group: list[str]
    metric: str
    cls: str | None = Field(alias="class", description="Class read as positive, null for metrics over all classes.")
    n: Count | None = Field(description="Decisions in the metric's denominator.")
    value: float | None
    lower: float | None
    upper: float | None
    effective_n: Size | None = Field(description="Effective number of decisions behind the value.")
    clusters: Size | None = Field(description="Clusters in the denominator, where rows form clusters.")
    standard_error: Size | None = Field(description="Of a metric whose bounds follow from it.")
    sketch: Sketch | None = Field(None, description="Of a mean: what decisions add to it; its bounds follow from that.")
    note: str | None
    doubt: str | None = Field(None, description="Why its bounds carry no guarantee; null where they do.")
    left_out: list[str] = Field(
        default_factory=list, description="Standardised over the controls without these groups, which decide no strata."
    )
    support: float | None = Field(
        None, description="Standardised: share of the compared groups' denominators, by weight, in strata all have."
    )

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class MetricDefinition(Part):
    """What a metric's numbers are, and what its bounds are worth."""

    name: str
    unit: Literal["share", "number"]
    better: Literal["high", "low"]
    method: Literal["exact", "resampling", "linearisation"] = Field(description="How its bounds are made.")
    doubt: str | None = Field(description="Why its bounds carry no guarantee in any design; null where they do.")


class LibraryCheck(Part):
    """Values computed by closed forms and, for a seeded sample, by Fairlearn as well."""

    values: Count = Field(description="How many were computed twice.")
    largest_difference: float


class Correlation(Part):
    """Correlation between the values of groups, where clusters or a shared background tie them together."""

    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    groups: list[list[str]]
    left_out: list[str] | None = Field(
        description="Of values standardised over the controls without these groups; null of values as they are."
    )
    matrix: list[list[float]]

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _square(self) -> Correlation:
        if {len(self.groups)} | {len(row) for row in self.matrix} != {len(self.matrix)}:
            raise ValueError(f"the matrix is not of {len(self.groups)} by {len(self.groups)}")
        return self


class Disparity(Part):
    """One metric compared between the groups of a slicing."""

    attributes: list[str]
    stratum: dict[str, str]
    metric: str
    cls: str | None = Field(alias="class")
    aggregate: Literal["difference", "ratio"]
    value: float | None
    lower: float | None = Field(description="Difference: simultaneous over all pairs. Ratio: one-sided.")
    upper: float | None = Field(description="Difference: one-sided. Ratio: simultaneous over all pairs.")
    worst_group: list[str] | None
    best_group: list[str] | None
    compared: Count = Field(description="Groups with a defined value that enter the gap.")
    undefined: Count = Field(description="Groups in scope whose value is undefined.")
    note: str | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class StratifiedTest(Part):
    """Mantel–Haenszel: are two groups selected at the same rate once the controls are held fixed?"""

    attributes: list[str]
    controls: list[str]
    group: list[str]
    reference: list[str]
    cls: str = Field(alias="class")
    counts: bool = Field(description="Tested by counts; else by weights and the spread between clusters.")
    strata: Count
    odds_ratio: float | None
    statistic: float | None = Field(description="Cochran–Mantel–Haenszel χ², without continuity correction.")
    p_value: float | None
    corrected_statistic: float | None = Field(description="With continuity correction; of counts only.")
    corrected_p_value: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AdverseImpact(Part):
    """One group against the one selected most, in the columns of UGESP (29 CFR 1607)."""

    attributes: list[str]
    cls: str = Field(alias="class")
    group: list[str]
    reference: list[str]
    n: Count
    selected: Count
    rate: float = Field(description="By weight and share of membership, as in every other table.")
    effective_n: Size = Field(description="Effective number of decisions behind the rate.")
    reference_n: Count
    reference_selected: Count
    reference_rate: float
    reference_effective_n: Size
    difference: float
    difference_lower: float | None = Field(description="Two-sided interval of this one difference.")
    difference_upper: float | None
    impact_ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    z: float | None = Field(description="Pooled two-proportion statistic at effective sizes, in standard deviations.")
    z_p: float | None
    fisher_p: float | None = Field(description="Null where decisions are weighted, shared between groups or clustered.")
    mid_p: float | None
    holm_p: float | None = Field(
        description="Fisher's p, or else that of z, corrected over all pairs that might have been compared."
    )
    shortfall: Count = Field(description="Selections lacking to the reference's rate, by weight.")
    flip_flop: bool | None = Field(description="One selection moved would change the four-fifths verdict.")
    minimum_detectable: float | None = Field(description="Difference found with probability 0.8.")
    doubt: str | None = Field(description="Why there is no test of these two groups; null where there is.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CalibrationBin(Part):
    """Labelled decisions with a score in [low, high)."""

    low: float
    high: float
    n: Count
    weight: Size
    effective_n: Size
    mean_score: float | None = Field(description="Null where the decisions weigh nothing, or there are none.")
    positive_rate: float | None
    lower: float | None
    upper: float | None


class GroupScores(Part):
    """Scores of one group against its labels."""

    group: list[str]
    n: Count
    positives: Count
    calibration: list[CalibrationBin]
    calibration_error: float | None
    calibration_error_by_chance: float | None = Field(description="What perfect calibration would show on average.")
    roc: list[tuple[float, float]] = Field(description="False and true positive rate, strictest threshold first.")
    selection_rate: list[float | None] = Field(description="At each threshold.")
    true_positive_rate: list[float | None]
    false_positive_rate: list[float | None]


class ScoreReport(Part):
    """Calibration, ROC and threshold sweep of one slicing, over labelled decisions."""

    attributes: list[str]
    exact: bool = Field(description="No scores were binned.")
    binning_error: float = Field(description="Largest error that binning can put into an AUC of a group.")
    thresholds: list[float]
    score_range: tuple[float, float] | None = Field(
        description="Lowest and highest score, where scores are no probabilities and have no calibration; else null."
    )
    groups: list[GroupScores]
    demographic_parity_difference: list[float | None] = Field(description="At each threshold.")
    equalized_odds_difference: list[float | None]

    @model_validator(mode="after")
    def _a_value_at_each_threshold(self) -> ScoreReport:
        lists = {name: getattr(self, name) for name in ("demographic_parity_difference", "equalized_odds_difference")}
        for number, group in enumerate(self.groups):
            for name in ("selection_rate", "true_positive_rate", "false_positive_rate"):
                lists[f"groups.{number}.{name}"] = getattr(group, name)
        for name, values in lists.items():
            if len(values) != len(self.thresholds):
                raise ValueError(f"{name}: {len(values)} values at {len(self.thresholds)} thresholds")
        return self


class DiscoveredSlice(Part):
    """A slice found on one half of the data and confirmed on the other."""

    slice: dict[str, str] = Field(description="Column -> value.")
    metric: str
    cls: str | None = Field(alias="class")
    n: Count = Field(description="Decisions in the metric's denominator, on the half that confirms.")
    value: float
    rest: float = Field(description="The same of all other decisions.")
    difference: float
    lower: float = Field(description="Lower bound of the absolute difference, corrected over all candidates.")
    n_found: Count
    difference_found: float = Field(description="On the half that found it: too large, being the pick of many.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Discovery(Part):
    """What was searched for slices, and what was confirmed."""

    columns: list[str]
    depth: Count
    slices: Count = Field(description="Slices looked at.")
    comparisons: Count = Field(description="Slices times metrics looked at.")
    candidates: Count = Field(description="Taken to the other half.")
    alpha: float
    items: list[DiscoveredSlice]


class ClearGap(Part):
    """A gap too wide for chance: the simultaneous lower bound of the difference is above zero."""

    code: Literal["gap_clear_of_chance"]
    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    low_group: list[str]
    low_value: float
    low_n: Count
    high_group: list[str]
    high_value: float
    high_n: Count
    difference: float
    lower: float = Field(description="Lower bound of the difference, corrected for all comparisons of the audit.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ClearGaps(Part):
    """What was looked at to find `items`, so that a reader can judge what an empty list means."""

    level: float
    comparisons: Count = Field(description="Pairs of groups compared, over all metrics: what `level` is corrected for.")
    gaps: Count = Field(description="Gaps looked at.")
    doubted: int = Field(0, description="Values of groups left out because their bounds carry no guarantee.")
    items: list[ClearGap]
    suppressed: Count = Field(0, description="Gaps clear of chance that a copy for the public does not tell.")


class ClassReport(Part):
    """Precision, recall and F1 of one class in one group."""

    attributes: list[str]
    group: list[str]
    cls: str = Field(alias="class")
    support: Count
    precision: float | None
    recall: float | None
    f1_score: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Fairness(Part):
    """Groups against groups, over all slicings."""

    slicings: list[SlicingFacts]
    metric_definitions: list[MetricDefinition]
    metrics: list[MetricValue]
    adjusted: list[MetricValue] = Field(description="Proportions standardised over the controls.")
    correlations: list[Correlation]
    disparities: list[Disparity]
    library_check: LibraryCheck
    class_reports: list[ClassReport]
    stratified: list[StratifiedTest]
    adverse_impact: list[AdverseImpact]
    impact_ratios: list[ImpactTable] = Field(description="Selection rates of every slicing against the highest.")
    scores: list[ScoreReport]
    clear_gaps: ClearGaps
    discovery: Discovery | None = Field(description="Null where it was not asked for.")

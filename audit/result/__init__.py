"""`result.json` as typed models: every stage fills its part, every output reads only this.

It holds numbers and codes with parameters, never prose; words live in the message catalogue of the report. Fields that
are null say why in `note`. Apart from `timings` it is a function of input, configuration, seed, threads and versions.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from audit.result.explanations import (
    DecisionSheet,
    Explanations,
    OutcomeCounts,
    PrecisionCheck,
    SanityCheck,
    SheetUnit,
    WordInfluence,
)
from audit.result.part import Note, Part
from audit.result.why import (
    Closing,
    ConceptPush,
    EqualTreatment,
    FlagRate,
    Flags,
    GapDecomposition,
    GapPart,
    PairEffect,
    Probe,
    Reliance,
    ShownPair,
    TextEdit,
    TokenAttributions,
)

__all__ = [
    "SCHEMA_VERSION",
    "AdverseImpact",
    "AuditResult",
    "CalibrationBin",
    "Change",
    "ClassReport",
    "Closing",
    "Comparison",
    "ConceptPush",
    "Correlation",
    "DataFacts",
    "DecisionSheet",
    "DiscoveredSlice",
    "Discovery",
    "Disparity",
    "Environment",
    "EqualTreatment",
    "Explanations",
    "Finding",
    "FindingsSummary",
    "FlagRate",
    "Flags",
    "Flips",
    "GapDecomposition",
    "GapPart",
    "Group",
    "GroupScores",
    "Judgement",
    "MetricDefinition",
    "MetricValue",
    "ModelFacts",
    "Needed",
    "Note",
    "OutcomeCounts",
    "PairEffect",
    "Part",
    "PolicySource",
    "PrecisionCheck",
    "Probe",
    "Reliance",
    "RuleVerdict",
    "SanityCheck",
    "ScoreReport",
    "SheetUnit",
    "ShownPair",
    "Slicing",
    "StratifiedTest",
    "TextEdit",
    "Timings",
    "TokenAttributions",
    "ValueEstimate",
    "WaiverState",
    "WordInfluence",
]

SCHEMA_VERSION = "1.0"


class ModelFacts(Part):
    """The audited model, as loaded."""

    name: str
    task: str
    architecture: str
    parameters: int
    classes: list[str]
    sha256: str = Field(description="Over all files of the checkpoint folder.")
    revision: str | None = Field(description="Commit the checkpoint says it was made from.")
    stored_dtype: str
    dtype: str = Field(description="Precision the computation ran in.")
    device: str
    max_length: int
    batch_tokens: int


class DataFacts(Part):
    """The audited table."""

    name: str
    format: str
    sha256: str
    rows_read: int
    rows_filtered: int = Field(description="Rows that data.where left out.")
    rows: int = Field(description="Rows audited.")
    rows_sha256: str = Field(description="Over ids, labels and groups of the audited rows, whatever was predicted.")
    decisions: int = Field(description="Decisions audited: more than rows where a row carries a count.")
    statuses: dict[str, int] = Field(description="Decisions by status: ok, truncated, empty, failed.")
    labels: dict[str, int]
    predictions: dict[str, int]
    unlabelled: int
    weighted: bool
    clusters: int | None = Field(description="Number of clusters; null where rows are taken as independent.")


class Group(Part):
    """One slice of a slicing, with its size."""

    values: list[str] = Field(description="One per attribute of the slicing.")
    n: int
    share: float = Field(description="Of all decisions, by weight.")
    weight: float
    effective_n: float = Field(description="(Σw)²/Σw²")
    n_labelled: int
    by_label: dict[str, int]
    by_prediction: dict[str, int]
    in_gaps: bool
    note: str | None = Field(description="Why it stands outside gaps: missing, configured.")


class Slicing(Part):
    """One attribute, or one crossing, with its groups."""

    attributes: list[str]
    groups: list[Group]


class MetricValue(Part):
    """One metric of one group."""

    attributes: list[str]
    stratum: dict[str, str] = Field(description="Values of the controls; empty when pooled.")
    group: list[str]
    metric: str
    cls: str | None = Field(alias="class", description="Class read as positive, null for metrics over all classes.")
    n: int = Field(description="Decisions in the metric's denominator.")
    value: float | None
    lower: float | None
    upper: float | None
    effective_n: float | None = Field(description="Effective number of decisions behind the value.")
    clusters: float | None = Field(description="Clusters in the denominator, where rows form clusters.")
    standard_error: float | None = Field(description="Of a metric whose bounds follow from it.")
    note: str | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class MetricDefinition(Part):
    """What a metric's numbers are, and what its bounds are worth."""

    name: str
    unit: Literal["share", "number"]
    better: Literal["high", "low"]
    method: Literal["exact", "resampling", "linearisation"] = Field(description="How its bounds are made.")
    calibrated: bool = Field(description="Whether the error rates of its bounds were measured.")


class Correlation(Part):
    """Correlation between the values of groups, where clusters or a shared background tie them together."""

    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    groups: list[list[str]]
    matrix: list[list[float]]

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


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
    compared: int = Field(description="Groups with a defined value that enter the gap.")
    undefined: int = Field(description="Groups in scope whose value is undefined.")
    note: str | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class StratifiedTest(Part):
    """Mantel–Haenszel: are two groups selected at the same rate once the controls are held fixed?"""

    attributes: list[str]
    controls: list[str]
    group: list[str]
    reference: list[str]
    cls: str = Field(alias="class")
    strata: int
    odds_ratio: float | None
    statistic: float | None = Field(description="Cochran–Mantel–Haenszel χ², without continuity correction.")
    p_value: float | None
    corrected_statistic: float | None
    corrected_p_value: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class AdverseImpact(Part):
    """One group against the one selected most, in the columns of UGESP (29 CFR 1607)."""

    attributes: list[str]
    cls: str = Field(alias="class")
    group: list[str]
    reference: list[str]
    n: int
    selected: int
    rate: float
    reference_n: int
    reference_selected: int
    reference_rate: float
    difference: float
    difference_lower: float = Field(description="Two-sided interval of this one difference.")
    difference_upper: float
    impact_ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    z: float | None = Field(description="Pooled two-proportion statistic, in standard deviations.")
    z_p: float | None
    fisher_p: float | None
    mid_p: float | None
    holm_p: float | None = Field(description="Fisher's p, corrected over the groups of this slicing.")
    shortfall: int = Field(description="Selections lacking to the reference's rate.")
    flip_flop: bool = Field(description="One selection moved would change the four-fifths verdict.")
    minimum_detectable: float | None = Field(description="Difference found with probability 0.8.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CalibrationBin(Part):
    """Labelled decisions with a score in [low, high)."""

    low: float
    high: float
    n: int
    weight: float
    effective_n: float
    mean_score: float
    positive_rate: float
    lower: float | None
    upper: float | None


class GroupScores(Part):
    """Scores of one group against its labels."""

    group: list[str]
    n: int
    positives: int
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
    groups: list[GroupScores]
    demographic_parity_difference: list[float | None] = Field(description="At each threshold.")
    equalized_odds_difference: list[float | None]


class DiscoveredSlice(Part):
    """A slice found on one half of the data and confirmed on the other."""

    slice: dict[str, str] = Field(description="Column -> value.")
    metric: str
    cls: str | None = Field(alias="class")
    n: int = Field(description="Decisions in the metric's denominator, on the half that confirms.")
    value: float
    rest: float = Field(description="The same of all other decisions.")
    difference: float
    lower: float = Field(description="Lower bound of the absolute difference, corrected over all candidates.")
    n_found: int
    difference_found: float = Field(description="On the half that found it: too large, being the pick of many.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Discovery(Part):
    """What was searched for slices, and what was confirmed."""

    columns: list[str]
    depth: int
    slices: int = Field(description="Slices looked at.")
    comparisons: int = Field(description="Slices times metrics looked at.")
    candidates: int = Field(description="Taken to the other half.")
    alpha: float
    items: list[DiscoveredSlice]


class Finding(Part):
    """A gap too wide for chance: the simultaneous lower bound of the difference is above zero."""

    code: Literal["gap_clear_of_chance"]
    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    low_group: list[str]
    low_value: float
    low_n: int
    high_group: list[str]
    high_value: float
    high_n: int
    difference: float
    lower: float = Field(description="Lower bound of the difference, corrected for all comparisons of the audit.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class FindingsSummary(Part):
    """What was looked at to find `items`, so that a reader can judge what an empty list means."""

    level: float
    comparisons: int = Field(description="Pairs of groups compared, over all metrics: what `level` is corrected for.")
    gaps: int = Field(description="Gaps looked at.")
    items: list[Finding]


class Needed(Part):
    """How many more decisions of a group would settle a rule, if rates stay as they are."""

    group: list[str]
    n: int | None = Field(description="In the metric's denominator; null if no number would.")
    reason: str


class RuleVerdict(Part):
    """What one rule says of one metric of one slicing."""

    rule: str
    severity: Literal["warn", "error"]
    status: Literal["pass", "fail", "inconclusive", "undefined"]
    kind: Literal["gap", "change", "gap_change", "level"] = Field(
        description="change: since the baseline; level: of the value itself."
    )
    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    aggregate: Literal["difference", "ratio", "value"]
    limit: float
    evidence: Literal["interval", "point"]
    scope: Literal["pooled", "adjusted"] = Field(description="adjusted: rates standardised over the controls.")
    counts: bool = Field(description="Whether it enters the verdict of the policy.")
    calibrated: bool = Field(description="Whether the error rates of its bounds were measured.")
    alpha: float = Field(description="Of the fail bound, after Holm's correction over the rules of severity error.")
    value: float | None
    lower: float | None
    upper: float | None
    detectable: float | None = Field(description="Gap between these two groups that fails with probability 0.8.")
    low_group: list[str] | None = Field(
        description="The two groups that decide; of a change or a value twice the one group."
    )
    high_group: list[str] | None
    groups: int = Field(description="Groups that could be assessed.")
    left_out: list[str] = Field(description="Groups that the rule leaves out for their small share.")
    needed: list[Needed]
    note: str | None = Field(description="Why it is undefined.")
    waived: bool

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class PolicySource(Part):
    """Where the policy stands."""

    file: str
    lines: dict[str, int] = Field(description="Rule -> line in the file.")


class WaiverState(Part):
    """A waiver, and what became of it."""

    rule: str
    over: list[str]
    ceiling: float
    reason: str
    owner: str
    approver: str
    granted: str
    expires: str
    state: Literal["used", "unused", "exceeded", "expired"]


class Judgement(Part):
    """The policy's verdict."""

    status: Literal["pass", "fail", "inconclusive", "undefined"]
    policy_sha256: str
    on_inconclusive: Literal["pass", "warn", "fail"]
    judged_on: str | None = Field(description="Day that waivers were held against; null without any.")
    rules: list[RuleVerdict]
    waivers: list[WaiverState]


class ValueEstimate(Part):
    """One metric of one group, with what bounds are made of."""

    value: float | None
    effective_n: float | None
    clusters: float | None
    standard_error: float | None


class Change(Part):
    """One metric of one group, before and after."""

    attributes: list[str]
    group: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    baseline: ValueEstimate
    candidate: ValueEstimate
    correlation: float = Field(description="Of the two values; 0 where they were measured on different rows.")
    difference: float | None = Field(description="Candidate less baseline.")
    lower: float | None = Field(description="Two-sided interval of the difference.")
    upper: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Flips(Part):
    """Decisions of one group that changed."""

    attributes: list[str]
    group: list[str]
    n: int
    changed: int
    to_positive: int | None
    to_negative: int | None
    newly_wrong: int | None
    newly_right: int | None


class Comparison(Part):
    """This audit against a baseline."""

    baseline: str = Field(description="Title of the baseline.")
    baseline_model_sha256: str | None
    baseline_tool_version: str
    paired: bool = Field(description="Both decision tables were at hand, of the same rows.")
    same_rows: bool
    changes: list[Change]
    flips: list[Flips]


class ClassReport(Part):
    """Precision, recall and F1 of one class in one group."""

    attributes: list[str]
    group: list[str]
    cls: str = Field(alias="class")
    support: int
    precision: float | None
    recall: float | None
    f1_score: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Environment(Part):
    """Where it ran."""

    python: str
    platform: str
    threads: int | None
    versions: dict[str, str]


class Timings(Part):
    """The one block that differs between two runs of the same audit."""

    started: str
    finished: str
    seconds: dict[str, float]
    shards_computed: int
    shards_reused: int


class AuditResult(Part):
    """One audit, whole."""

    schema_version: str = SCHEMA_VERSION
    tool_version: str
    title: str
    config: dict[str, Any]
    config_sha256: str
    level: float
    seed: int
    positive_class: str | None
    classes: list[str]
    model: ModelFacts | None
    data: DataFacts
    slicings: list[Slicing]
    metric_definitions: list[MetricDefinition]
    metrics: list[MetricValue]
    adjusted: list[MetricValue] = Field(description="Proportions standardised over the controls.")
    correlations: list[Correlation]
    disparities: list[Disparity]
    class_reports: list[ClassReport]
    stratified: list[StratifiedTest]
    adverse_impact: list[AdverseImpact]
    scores: list[ScoreReport]
    findings: FindingsSummary
    discovery: Discovery | None = Field(description="Null where it was not asked for.")
    comparison: Comparison | None = Field(description="Null without a baseline.")
    policy_source: PolicySource | None = Field(description="Null where the policy came from no file.")
    judgement: Judgement | None = Field(description="Null where the audit has no policy.")
    explanations: Explanations | None
    gaps: list[GapDecomposition] = Field(description="What carries each disparity that failed, was found or asked for.")
    pushes: list[ConceptPush] = Field(description="Which way identity terms push the score, over explained decisions.")
    probe: Probe | None = Field(description="Counterfactual exchanges of identity terms; null where not asked for.")
    reliance: Reliance | None = Field(description="Null without both explanations and a lexicon.")
    flags: Flags
    notes: list[Note] = Field(description="What was skipped, assumed or changed.")
    work: dict[str, int] = Field(description="Forward batches, tokens and gradients the run cost.")
    environment: Environment
    timings: Timings

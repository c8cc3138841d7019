"""`result.json` as typed models: every stage fills its part, every output reads only this.

It holds numbers and codes with parameters, never prose; words live in the message catalogue of the report. Fields that
are null say why in `note`. Apart from `timings` it is a function of input, configuration, seed, threads and versions.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from audit.result.comparison import Change, Comparison, FlipRate, Flips, GapChange, ValueEstimate
from audit.result.explanations import (
    ChanceTest,
    DecisionSheet,
    Explanations,
    OutcomeCounts,
    PrecisionCheck,
    SanityCheck,
    SheetUnit,
    WordInfluence,
)
from audit.result.facts import DataFacts, Environment, ModelFacts, PeftFacts, QuantisedFacts, Timings
from audit.result.fairness import (
    AdverseImpact,
    CalibrationBin,
    ClassReport,
    Correlation,
    DiscoveredSlice,
    Discovery,
    Disparity,
    Finding,
    FindingsSummary,
    Group,
    GroupScores,
    LibraryCheck,
    MetricDefinition,
    MetricValue,
    ScoreReport,
    Sketch,
    SlicingFacts,
    StratifiedTest,
)
from audit.result.part import Note, Part
from audit.result.verdicts import (
    Doubt,
    Judgement,
    Needed,
    PolicySource,
    RuleVerdict,
    WaiverState,
)
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
    UnitAttributions,
)

__all__ = [
    "SCHEMA_VERSION",
    "AdverseImpact",
    "AuditResult",
    "CalibrationBin",
    "ChanceTest",
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
    "Doubt",
    "Environment",
    "EqualTreatment",
    "Explanations",
    "Finding",
    "FindingsSummary",
    "FlagRate",
    "Flags",
    "FlipRate",
    "Flips",
    "GapChange",
    "GapDecomposition",
    "GapPart",
    "Group",
    "GroupScores",
    "Judgement",
    "LibraryCheck",
    "MetricDefinition",
    "MetricValue",
    "ModelFacts",
    "Needed",
    "Note",
    "OutcomeCounts",
    "PairEffect",
    "Part",
    "PeftFacts",
    "PolicySource",
    "PrecisionCheck",
    "Probe",
    "QuantisedFacts",
    "Reliance",
    "RuleVerdict",
    "SanityCheck",
    "ScoreReport",
    "SheetUnit",
    "ShownPair",
    "Sketch",
    "SlicingFacts",
    "StratifiedTest",
    "TextEdit",
    "Timings",
    "UnitAttributions",
    "ValueEstimate",
    "WaiverState",
    "WordInfluence",
]

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class AuditResult(Part):
    """One audit, whole."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
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

"""`result.json` as typed models: every stage of an audit returns one part, every output reads the whole.

The parts lie beside each other in one object: `Subject` (what was audited, and how), `Fairness` (groups against
groups), `DataAudited` (the data themselves), `Verdicts` (baseline and policy), `Why` (explanations, probe, flags),
`Consequences` (social impact), `Conclusions` (findings), `Record` (notes, cost, environment). Each stands at the end of
the file of what it holds, and declares its fields for the whole.
groups), `Verdicts` (baseline and policy), `Why` (explanations, probe, flags), `Consequences` (social impact, what might
help), `Conclusions` (findings), `Record` (notes, cost, environment). Each stands at the end of the file of what it
holds, and declares its fields for the whole.

It holds numbers and codes with parameters, never prose; words live in the message catalogue of the report. Fields that
are null say why in `note`; counts are null only in a copy for the public, where they are suppressed. Apart from
`timings` it is a function of input, configuration, seed, threads and versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.result import frames
from audit.result.comparison import (
    Change,
    ComparedDecision,
    Comparison,
    DimensionMove,
    ExplanationComparison,
    ExplanationShift,
    FlipRate,
    Flips,
    GapChange,
    ValueEstimate,
)
from audit.result.data_audit import (
    AgreementByAttribute,
    AnnotatorAgreement,
    DataAudit,
    DataAudited,
    DataFinding,
    DuplicateFacts,
    GroupAgreement,
    GroupMean,
    LikelyLabelErrors,
    MeansByAttribute,
    Proxy,
    RatesByAttribute,
    ReferenceShare,
    Representation,
    RowCheck,
    RowRate,
    TellingWord,
    ToldGroup,
    TooLong,
)
from audit.result.explanations import (
    ChanceTest,
    DecisionSheet,
    Explanations,
    OutcomeCounts,
    PrecisionCheck,
    SanityCheck,
    SheetField,
    SheetUnit,
    WordInfluence,
)
from audit.result.facts import (
    SCHEMA_VERSION,
    Confused,
    DataFacts,
    DecisionPrecision,
    EngineFacts,
    Environment,
    ModelFacts,
    PeftFacts,
    PromptFacts,
    QuantisedFacts,
    Record,
    Subject,
    Timings,
)
from audit.result.fairness import (
    AdverseImpact,
    CalibrationBin,
    ClassReport,
    ClearGap,
    ClearGaps,
    Correlation,
    DiscoveredSlice,
    Discovery,
    Disparity,
    Fairness,
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
from audit.result.findings import (
    Carried,
    Carrier,
    Conclusions,
    Exchanged,
    Finding,
    FindingExample,
    FindingKind,
    Findings,
    Measure,
    NextStep,
    Sureness,
)
from audit.result.impact import CategoryRate, ImpactTable
from audit.result.names import NameExchanges, NamesOfGroup, NameTried, OwnNames, ShownEntity
from audit.result.part import Note, Part
from audit.result.privacy import (
    CanaryExposure,
    ExtractedPair,
    ExtractedRate,
    Leakage,
    Membership,
    MembershipPair,
    MembershipValue,
    OperatingPoint,
    Remembered,
    RocCurve,
    SideFacts,
    TextFacts,
)
from audit.result.probes import ProbeRate, ProbeResult, Probing, RefusedVariants, ShownVariant
from audit.result.remedies import (
    CollectMore,
    FrontierPoint,
    JudgedGap,
    JudgedGroup,
    JudgedRate,
    LeftOut,
    Remedies,
    Remedy,
    ReweightedCell,
    Reweighting,
    ThresholdRule,
    ThresholdWhatIf,
)
from audit.result.scorecard import RiskDimension, Scorecard, Scored, ScoredIndicator
from audit.result.social import (
    AffectedPeople,
    Borne,
    Concentration,
    Consequences,
    Excess,
    Gain,
    GroupCost,
    SocialImpact,
)
from audit.result.verdicts import (
    Doubt,
    Judgement,
    Needed,
    PolicySource,
    RuleVerdict,
    Verdicts,
    WaiverState,
    settling,
    too_small,
)
from audit.result.why import (
    Closing,
    ConceptPush,
    EqualTreatment,
    ExchangeSummary,
    FlagRate,
    Flags,
    GapDecomposition,
    GapPart,
    PairEffect,
    Reliance,
    ShownPair,
    TextEdit,
    UnitAttributions,
    Why,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SCHEMA_VERSION",
    "AdverseImpact",
    "AffectedPeople",
    "AgreementByAttribute",
    "AnnotatorAgreement",
    "AuditResult",
    "Borne",
    "CalibrationBin",
    "CanaryExposure",
    "Carried",
    "Carrier",
    "CategoryRate",
    "ChanceTest",
    "Change",
    "ClassReport",
    "ClearGap",
    "ClearGaps",
    "Closing",
    "CollectMore",
    "ComparedDecision",
    "Comparison",
    "Concentration",
    "ConceptPush",
    "Conclusions",
    "Confused",
    "Consequences",
    "Correlation",
    "DataAudit",
    "DataAudited",
    "DataFacts",
    "DataFinding",
    "DecisionPrecision",
    "DecisionSheet",
    "DimensionMove",
    "DiscoveredSlice",
    "Discovery",
    "Disparity",
    "Doubt",
    "DuplicateFacts",
    "EngineFacts",
    "Environment",
    "EqualTreatment",
    "Excess",
    "ExchangeSummary",
    "Exchanged",
    "ExplanationComparison",
    "ExplanationShift",
    "Explanations",
    "ExtractedPair",
    "ExtractedRate",
    "Fairness",
    "Finding",
    "FindingExample",
    "FindingKind",
    "Findings",
    "FlagRate",
    "Flags",
    "FlipRate",
    "Flips",
    "FrontierPoint",
    "Gain",
    "GapChange",
    "GapDecomposition",
    "GapPart",
    "Group",
    "GroupAgreement",
    "GroupCost",
    "GroupMean",
    "GroupScores",
    "ImpactTable",
    "JudgedGap",
    "JudgedGroup",
    "JudgedRate",
    "Judgement",
    "Leakage",
    "LeftOut",
    "LibraryCheck",
    "LikelyLabelErrors",
    "MeansByAttribute",
    "Measure",
    "Measured",
    "Membership",
    "MembershipPair",
    "MembershipValue",
    "MetricDefinition",
    "MetricValue",
    "ModelFacts",
    "NameExchanges",
    "NameTried",
    "NamesOfGroup",
    "Needed",
    "NextStep",
    "Note",
    "OperatingPoint",
    "OutcomeCounts",
    "OwnNames",
    "PairEffect",
    "Part",
    "PeftFacts",
    "PolicySource",
    "PrecisionCheck",
    "ProbeRate",
    "ProbeResult",
    "Probing",
    "PromptFacts",
    "Proxy",
    "QuantisedFacts",
    "RatesByAttribute",
    "Record",
    "ReferenceShare",
    "RefusedVariants",
    "Reliance",
    "Remedies",
    "Remedy",
    "Remembered",
    "Representation",
    "ReweightedCell",
    "Reweighting",
    "RiskDimension",
    "RocCurve",
    "RowCheck",
    "RowRate",
    "RuleVerdict",
    "SanityCheck",
    "ScoreReport",
    "Scorecard",
    "Scored",
    "ScoredIndicator",
    "SheetField",
    "SheetUnit",
    "ShownEntity",
    "ShownPair",
    "ShownVariant",
    "SideFacts",
    "Sketch",
    "SlicingFacts",
    "SocialImpact",
    "StratifiedTest",
    "Subject",
    "Sureness",
    "TellingWord",
    "TextEdit",
    "TextFacts",
    "ThresholdRule",
    "ThresholdWhatIf",
    "Timings",
    "ToldGroup",
    "TooLong",
    "UnitAttributions",
    "ValueEstimate",
    "Verdicts",
    "WaiverState",
    "Why",
    "WordInfluence",
    "settling",
    "too_small",
]


class Measured(Fairness, Subject):
    """What was audited, and what comparing its groups gave: known before anything is explained or judged."""


# pydantic gives the fields of the last base first: read the bases from right to left for the order in result.json.
class AuditResult(Record, Conclusions, Scored, Consequences, Remembered, Probing, Why, Verdicts, DataAudited, Measured):
    """One audit, whole."""

    def metrics_frame(self) -> pd.DataFrame:
        """One row for each metric of each group.

        Columns: `attribute` (of a crossing joined by ×; missing for everybody), `stratum` (values of the controls),
        `group`, `metric`, `class`, `n` (decisions in the denominator), `value`, `lower` and `upper` (bounds),
        `effective_n`, `note` (code of why it is undefined), `doubt` (code of why its bounds carry no guarantee).
        """
        return frames.metrics_frame(self)

    def disparities_frame(self) -> pd.DataFrame:
        """One row for each metric compared between groups, as a difference and as a ratio.

        Columns: `attribute`, `stratum`, `metric`, `class`, `aggregate` (difference or ratio), `value`, `lower`,
        `upper`, `worst_group`, `best_group`, `compared` and `undefined` (groups), `note`.
        """
        return frames.disparities_frame(self)

    def flags_frame(self) -> pd.DataFrame:
        """One row for each code of flags: how many decisions were looked at for it, and how many were flagged.

        Columns: `code`, `n`, `flagged`, `rate`, `lower`, `upper`, `effective_n`. The flagged decisions themselves lie
        in the run folder: `audit.open(folder).flagged_frame()`.
        """
        return frames.flags_frame(self)

    def _repr_html_(self) -> str:
        """Show the first screen of the report in a notebook."""
        from audit import behind

        return str(behind("first_screen")(self))

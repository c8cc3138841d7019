"""`result.json` as typed models: every stage of an audit returns one part, every output reads the whole.

The parts lie beside each other in one object: `Subject` (what was audited, and how), `Fairness` (groups against
groups), `Verdicts` (baseline and policy), `Why` (explanations, probe, flags), `Conclusions` (findings), `Record`
(notes, cost, environment). Each stands at the end of the file of what it holds, and declares its fields for the whole.

It holds numbers and codes with parameters, never prose; words live in the message catalogue of the report. Fields that
are null say why in `note`; counts are null only in a copy for the public, where they are suppressed. Apart from
`timings` it is a function of input, configuration, seed, threads and versions.
"""

from __future__ import annotations

from audit.result.comparison import (
    Change,
    ComparedDecision,
    Comparison,
    ExplanationComparison,
    ExplanationShift,
    FlipRate,
    Flips,
    GapChange,
    ValueEstimate,
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
from audit.result.verdicts import (
    Doubt,
    Judgement,
    Needed,
    PolicySource,
    RuleVerdict,
    Verdicts,
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
    Why,
)

__all__ = [
    "SCHEMA_VERSION",
    "AdverseImpact",
    "AuditResult",
    "CalibrationBin",
    "Carried",
    "Carrier",
    "CategoryRate",
    "ChanceTest",
    "Change",
    "ClassReport",
    "ClearGap",
    "ClearGaps",
    "Closing",
    "ComparedDecision",
    "Comparison",
    "ConceptPush",
    "Conclusions",
    "Confused",
    "Correlation",
    "DataFacts",
    "DecisionSheet",
    "DiscoveredSlice",
    "Discovery",
    "Disparity",
    "Doubt",
    "Environment",
    "EqualTreatment",
    "Exchanged",
    "ExplanationComparison",
    "ExplanationShift",
    "Explanations",
    "Fairness",
    "Finding",
    "FindingExample",
    "FindingKind",
    "Findings",
    "FlagRate",
    "Flags",
    "FlipRate",
    "Flips",
    "GapChange",
    "GapDecomposition",
    "GapPart",
    "Group",
    "GroupScores",
    "ImpactTable",
    "Judgement",
    "LibraryCheck",
    "Measure",
    "Measured",
    "MetricDefinition",
    "MetricValue",
    "ModelFacts",
    "NameExchanges",
    "NameTried",
    "NamesOfGroup",
    "Needed",
    "NextStep",
    "Note",
    "OutcomeCounts",
    "OwnNames",
    "PairEffect",
    "Part",
    "PeftFacts",
    "PolicySource",
    "PrecisionCheck",
    "Probe",
    "PromptFacts",
    "QuantisedFacts",
    "Record",
    "Reliance",
    "RuleVerdict",
    "SanityCheck",
    "ScoreReport",
    "SheetField",
    "SheetUnit",
    "ShownEntity",
    "ShownPair",
    "Sketch",
    "SlicingFacts",
    "StratifiedTest",
    "Subject",
    "Sureness",
    "TextEdit",
    "Timings",
    "UnitAttributions",
    "ValueEstimate",
    "Verdicts",
    "WaiverState",
    "Why",
    "WordInfluence",
]


class Measured(Fairness, Subject):
    """What was audited, and what comparing its groups gave: known before anything is explained or judged."""


# pydantic gives the fields of the last base first: read the bases from right to left for the order in result.json.
class AuditResult(Record, Conclusions, Why, Verdicts, Measured):
    """One audit, whole."""

"""What carries a gap, what the probe found, and which decisions are flagged, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from audit.result.explanations import Explanations
from audit.result.names import NameExchanges
from audit.result.part import Count, Part, Size


class Closing(Part):
    """By how much the gap in mean score closes once words are masked, as the model answered on sampled decisions."""

    value: float
    lower: float
    upper: float


class GapPart(Part):
    """One line of a gap: what a concept adds to the mean score of the one group beyond the other."""

    kind: Literal[
        "baseline", "identity", "lexicon", "word", "field", "region", "special", "rest", "residual", "sampling"
    ]
    name: str = Field(
        description="The word, field or ninth of the picture; or axis: group, or category of the user's lexicon; else "
        "empty."
    )
    value: float
    lower: float | None = Field(description="Simultaneous over all concepts; null where there is no interval.")
    upper: float | None
    n: Count = Field(description="Explained decisions that hold it.")
    named: bool = Field(description="Its interval does not hold 0.")
    words: dict[str, float] = Field(description="Of a category: what its words add, strongest first.")
    rows: list[str] = Field(description="Shown decisions in which it acts most.")
    closes: Closing | None = Field(None, description="Once it is masked; asked of the strongest named parts.")


class EqualTreatment(Part):
    """Can the group be told from the attributions of concepts alone, on decisions held out?"""

    auc: float = Field(description="Weighted by the inverse of the inclusion probability.")
    lower: float
    upper: float
    n: Count = Field(description="Decisions of both groups.")
    held_out: Count = Field(description="Those it was computed on; the others were learned from.")


class GapDecomposition(Part):
    """The gap in mean score between two groups, in parts that add up to it."""

    attributes: list[str]
    high_group: list[str]
    low_group: list[str]
    metrics: list[str] = Field(description="The disparities it speaks to.")
    condition: Literal["all", "positive", "negative"] = Field(description="Decisions with this true label.")
    why: Literal["failed", "found", "asked"]
    rate_gap: float | None = Field(description="Of the first of the metrics, between these two groups.")
    score_gap: float = Field(description="Of the mean score, over all decisions.")
    sampled_gap: float = Field(description="The same, estimated from explained decisions.")
    lower: float
    upper: float
    high_n: Count = Field(description="Explained decisions.")
    low_n: Count
    concepts: Count = Field(description="Parts with an interval: what it is corrected for.")
    parts: list[GapPart]
    closes: Closing | None = Field(description="Once the strongest named parts are masked, all together.")
    explains: bool
    note: str | None = Field(description="Why it does not explain the disparity.")
    equal_treatment: EqualTreatment | None


class ConceptPush(Part):
    """Mean attribution toward the positive class of a group's identity terms, over decisions that hold them."""

    axis: str
    group: str
    n: Count
    mean: float
    lower: float
    upper: float
    words: dict[str, float]


class PairEffect(Part):
    """Decisions on texts that name one group, were they about another; or about both, exchanged."""

    axis: str
    source: str
    target: str
    both: bool = Field(description="The texts name both groups, which change places.")
    n: Count = Field(description="Texts scored both ways.")
    effective_n: Size
    clusters: Size | None
    flips: Count | None
    to_positive: Count | None
    to_negative: Count | None
    flip_rate: float | None
    lower: float | None
    upper: float | None
    shift: float = Field(description="Mean change of the score.")
    shift_lower: float | None = Field(description="Null where one text, or one cluster, tells nothing of the spread.")
    shift_upper: float | None
    token_gap: Size = Field(description="Mean absolute change of the score (Garg et al. 2019).")
    token_gap_error: Size | None = Field(description="Its standard error.")


class UnitAttributions(Part):
    """Attributions of the words of one text, by character span."""

    f_input: float
    f_baseline: float
    starts: list[Count]
    ends: list[Count]
    attributions: list[float]
    frame: float = Field(description="Attribution of what is part of no word, together.")

    @model_validator(mode="after")
    def _one_for_each(self) -> UnitAttributions:
        lengths = [len(self.starts), len(self.ends), len(self.attributions)]
        if len(set(lengths)) > 1:
            raise ValueError("{} starts, {} ends, {} attributions".format(*lengths))
        return self


class TextEdit(Part):
    """What stands at these characters of the original text instead."""

    start: Count
    end: Count
    new: str


class ShownPair(Part):
    """A text and its exchange, both explained for the same class."""

    row_id: str
    axis: str
    source: str
    target: str
    both: bool
    y_pred: str
    y_pred_exchanged: str
    f: float
    f_exchanged: float
    edits: list[TextEdit]
    change: str | None = Field(None, description="The name of a change to the whole example, as of a picture.")
    original: UnitAttributions | None = Field(description="Null where nothing is explained.")
    exchanged: UnitAttributions | None


class ExchangeSummary(Part):
    """What exchanging groups came to, summed up; one row per edited text stands in counterfactuals.parquet."""

    kinds: list[str] = Field(description="What was exchanged: terms in texts, values of fields.")
    languages: list[str]
    lexicon_sha256: str | None = Field(description="Of the lexicons that say which terms there are.")
    axes: list[str]
    threshold: float
    score: str = Field(description="The class whose probability is compared.")
    texts: Count = Field(description="Texts that name a group.")
    decisions: Count
    exchanged: Count = Field(description="Edited texts that were scored.")
    refused: dict[str, Count] = Field(description="Edits not made, by reason.")
    ambiguous: Count | None = Field(description="Edited texts in which a rule chose among meanings of a word.")
    open: Count | None = Field(
        description="Exchanges with a word whose meaning stays open: every meaning was scored, and the one that moves "
        "the decision least counts."
    )
    kept: Count | None = Field(
        description="Scored exchanges that leave a term as it is, for it may be part of a name or a longer word."
    )
    failed: Count | None
    pairs: list[PairEffect]
    token_gap: Size | None = Field(description="Mean absolute change of the score, over all edited texts.")
    shown: list[ShownPair] = Field(
        description="Pairs of texts that the report may show, the widest of each pair first."
    )


class Reliance(Part):
    """Explained decisions in which identity terms carry much of the attribution."""

    share: float = Field(description="Least share of the absolute attribution.")
    threshold: float = Field(description="Least change of the score that confirms it.")
    decisions: Count = Field(description="Explained decisions that name a group.")
    suspected: Count
    confirmed_by_masking: Count
    confirmed_by_exchange: Count
    unconfirmed: Count


class FlagRate(Part):
    """How often a code is given, among the decisions that were looked at for it."""

    code: str
    n: Count | None
    flagged: Count | None
    rate: float | None
    effective_n: Size | None
    clusters: Size | None
    lower: float | None
    upper: float | None


class Flags(Part):
    """Flagged decisions, summed up; one line per decision stands in flagged.jsonl, worst first."""

    decisions: Count | None
    by_severity: dict[str, Count]
    rates: list[FlagRate]
    explained: Count | None = Field(description="Flagged decisions with an explanation.")
    shown: list[str] = Field(description="Rows whose text the report may show.")


class Why(Part):
    """Why groups differ, and which decisions are biased or unexplained."""

    explanations: Explanations | None
    gaps: list[GapDecomposition] = Field(description="What carries each disparity that failed, was found or asked for.")
    pushes: list[ConceptPush] = Field(description="Which way identity terms push the score, over explained decisions.")
    exchange: ExchangeSummary | None = Field(
        description="Counterfactual exchanges of identity terms; null where not asked for."
    )
    names: NameExchanges | None = Field(
        None, description="Names of other groups in the place of persons; null where not asked for."
    )
    reliance: Reliance | None = Field(description="Null without both explanations and a lexicon.")
    flags: Flags

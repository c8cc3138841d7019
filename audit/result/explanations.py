"""The explanation pass in `result.json`, and the decision sheet."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from audit.result.part import Count, Part


class OutcomeCounts(Part):
    """Outcomes of the explained decisions of one group, or of everybody (no attributes)."""

    attributes: list[str]
    group: list[str]
    n: Count
    explained: Count | None
    weak: Count | None
    unexplained: Count | None
    reasons: dict[str, Count] = Field(description="Why decisions are unexplained or weak: the first reason of each.")


class SanityCheck(Part):
    """What the method says of a model with shuffled weights."""

    decisions: Count
    similarity: float = Field(description="Mean rank correlation of φ with that of the shuffled model.")
    similarity_bound: float = Field(description="Chance, over permuted words and shuffled copies, stays below in 95 %.")
    resembles: bool


class ChanceTest(Part):
    """Do explanations agree with what the model answers beyond chance, all decisions together?"""

    decisions: Count = Field(description="Converged explanations with enough words to test.")
    followed: float = Field(description="Mean correlation of what φ says erased halves carry with the model's answers.")
    mean_p: float = Field(description="Mean share of random orders of φ that agree as well; one half by chance.")
    bound: float = Field(description="By chance, the mean share stays above in 99 %.")
    better: bool = Field(description="The mean share is below the bound.")
    passed: float = Field(description="Share of random orders whose agreement would reach what is asked of a decision.")


class PrecisionCheck(Part):
    """Coarser gradients against float32."""

    precision: str
    rechecked: Count
    borderline: Count
    largest: float = Field(description="Largest L1 difference, as a share of Σ|φ|.")
    beyond_tolerance: Count


class WordInfluence(Part):
    """Mean φ of a word for the predicted class, over the explained decisions that hold it."""

    cls: str = Field(alias="class")
    attribute: str | None
    group: str | None
    word: str
    n: Count
    mean: float

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Explanations(Part):
    """The explanation pass, summed up; one row per decision stands in attributions.parquet."""

    method: str = Field(description="integrated_gradients; shapley_sampling of models without gradients.")
    target: str = Field(description="What is explained: probability or log_odds of the predicted class.")
    baseline: str
    log_odds: Count | None = Field(
        description="Decisions of which log-odds are explained, as their probability shows no contrast."
    )
    second_baseline: Count | None = Field(
        description="Decisions explained against another baseline, for want of contrast."
    )
    tolerance: float = Field(gt=0)
    least_contrast: float
    interventions: Count
    sampled: Count
    population: Count
    strata: Count
    outcomes: list[OutcomeCounts]
    errors: list[float] = Field(
        description="Estimated error of each decision with contrast, as a share of all attribution, sorted."
    )
    gradients: float = Field(description="Mean per decision.")
    calls: float = Field(description="Variants of an input that a model without gradients was asked about: mean.")
    forwards: float = Field(description="Mean per decision, of the tests.")
    comprehensiveness: float | None = Field(description="Median over decisions that pass the tests.")
    sufficiency: float | None
    chance: ChanceTest | None
    sanity: SanityCheck | None
    precision: PrecisionCheck | None = Field(description="Null where gradients are float32.")
    words: list[WordInfluence]
    shown: list[str] = Field(description="Ids of the rows whose text the report may show.")


class SheetField(Part):
    """A named value, as readers see it."""

    name: str
    value: str


class SheetUnit(Part):
    """One word of a decision, one of its values, or one patch of its picture."""

    text: str = Field(description="Empty for a patch.")
    start: int = Field(description="First character; of a patch, its number, line by line.")
    end: int
    attribution: float
    others: dict[str, float] = Field(description="By other methods.")


class DecisionSheet(Part):
    """One decision and its explanation; not part of the result, as it holds text."""

    title: str
    row_id: str = Field(description="Key of the decision.")
    example: str = Field(description="Id of the row of the data that it is about.")
    output: str | None = Field(description="Of several labels, the one that is decided about.")
    start: int | None = Field(description="First character that the decision is about; null: all.")
    end: int | None
    model_sha256: str | None
    data_sha256: str
    groups: dict[str, str]
    y_true: str | None
    y_pred: str | None
    score: float | None
    status: str
    text: str
    read: str | None = Field(description="What of a row the model read: input, image, fields or features.")
    fields: list[SheetField] | None = Field(description="Null where the model reads no named values.")
    image: str | None = Field(description="Thumbnail of the picture, a PNG or JPEG in base64.")
    grid: tuple[int, int] | None = Field(description="Rows and columns of the patches of a picture.")
    outcome: str
    reason: str | None
    target_class: str
    method: str
    baseline: str
    scale: str = Field(description="What F is: probability, or log_odds.")
    f_input: float
    f_baseline: float
    convergence_delta: float
    error_share: float | None = Field(description="Estimated error of the attributions together, as a share of them.")
    named: int | None = Field(description="Words that the explanation names: the fewest that carry it.")
    removed: float | None = Field(description="Share of the contrast, in log-odds, that goes when they are erased.")
    sufficient: bool | None = Field(description="They alone keep the predicted class.")
    followed: float | None = Field(
        description="Correlation of φ with the model's answers to erased halves of the words."
    )
    wrong_signs: float | None = Field(description="Share of Σ|φ| on words whose erasure does the opposite.")
    chance_p: float | None = Field(description="Share of random orders of φ that agree as well.")
    comprehensiveness: float | None
    sufficiency: float | None
    content: float
    gradients: int
    calls: int
    forwards: int
    units: list[SheetUnit]
    frame: float = Field(description="Attribution of what is part of no word (special tokens), together.")
    agreement: dict[str, float | None] = Field(description="Cosine of other methods with these attributions.")

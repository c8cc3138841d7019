"""Where an audit ran and what it read: model, data, environment, timings, in `result.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from audit.result.part import Count, Note, Part

SCHEMA_VERSION: Literal["1.0"] = "1.0"


def attribute_label(configured: Mapping[str, Any]) -> str:
    """Return what an attribute is called in every output, given its part of `config` in a result."""
    entity = configured.get("entity")
    return str(configured["name"] or configured["column"] or (f"entity {entity}" if entity else ""))


class PeftFacts(Part):
    """The adapter (PEFT) that was put on a base model."""

    method: str
    library: str
    parameters: Count | None = Field(description="Numbers in the adapter's own file; null where it is a pickle.")
    virtual_tokens: Count = Field(description="Tokens of its own, that stand before every text.")
    sha256: str = Field(description="Over all files of the adapter's folder.")
    base: str
    base_sha256: str = Field(description="Over all files of the base model's folder.")


class QuantisedFacts(Part):
    """What was rounded when the model was loaded."""

    method: Literal["int8_weight_only"]
    layers: Count = Field(description="Linear layers whose weights were rounded.")
    parameters: Count = Field(description="Weights that were rounded.")


class PromptFacts(Part):
    """What a decoder was asked, and which answers stood for which class."""

    template: str = Field(
        description="With {placeholders}; of messages, as the tokenizer's template put them together."
    )
    fields: list[str]
    answers: dict[str, list[str]] = Field(description="Class -> its answers.")
    tokens: dict[str, list[Count]] = Field(description="Class -> tokens of each of its answers.")
    per_token: bool = Field(description="Whether log-likelihoods were divided by the number of tokens.")
    calibration: dict[str, float] | None = Field(
        description="What was subtracted from each class: its mean log score of inputs that say nothing."
    )
    least_mass: float = Field(description="Of all probability, what the answers together should hold.")


class ModelFacts(Part):
    """The audited model, as loaded."""

    name: str
    task: str
    architecture: str
    parameters: Count | None = Field(description="Null where nobody can count them: of a function.")
    classes: list[str]
    sha256: str = Field(
        description="Over all files read (checkpoint, or adapter and base model), and what was rounded."
    )
    revision: str | None = Field(description="Commit the checkpoint says it was made from.")
    stored_dtype: str
    dtype: str = Field(description="Precision the computation ran in.")
    precision: str = Field(
        "float32", description="Tier that decisions are asked for in, tf32 or bf16; float32: none, as dtype says."
    )
    compiled: bool = Field(False, description="Whether torch compiled it for decisions.")
    attention: str | None = Field(
        None, description="What computes attention, as transformers names it; null where the model is none of its own."
    )
    device: str
    max_length: Count | None = Field(description="Tokens per input; null where nothing limits them.")
    batch_tokens: Count
    grid: tuple[Count, Count] | None = Field(
        None, description="Of images, rows and columns of the patches that explanations speak of."
    )
    prompt: PromptFacts | None = Field(None, description="Null where the model has a head of its own.")
    reference: dict[str, float | str] | None = Field(
        None, description="Of features, the values that stand for those that are taken away."
    )
    peft: PeftFacts | None = Field(None, description="Null where the model stands by itself.")
    quantised: QuantisedFacts | None = Field(None, description="Null where weights are what the checkpoint holds.")


class Confused(Part):
    """Decisions with one label and one prediction."""

    y_true: str
    y_pred: str
    n: Count


class DataFacts(Part):
    """The audited table."""

    name: str
    format: str
    files: Count = Field(1, description="Files that it is made of.")
    sha256: str
    read: str | None = Field(
        description="What of a row a model reads: input, image, fields or features; null: nothing."
    )
    rows_read: Count
    rows_filtered: Count | None = Field(description="Rows that data.where and data.period left out.")
    rows: Count = Field(description="Rows audited.")
    rows_sha256: str = Field(description="Over ids, labels and groups of the audited rows, whatever was predicted.")
    decisions: Count = Field(
        description="Decisions audited: more than rows where a row carries a count, or several decisions are about it."
    )
    nothing: str | None = Field(
        description="Where several decisions are about a row, the class that says that there is nothing."
    )
    statuses: dict[str, Count] = Field(description="Decisions by status: ok, truncated, empty, failed.")
    failures: dict[str, Count] = Field(description="Failed decisions by reason.")
    labels: dict[str, Count | None]
    predictions: dict[str, Count | None]
    confusion: list[Confused] = Field(description="Labelled decisions that did not fail, by label and prediction.")
    unlabelled: Count | None
    median_score: float | None = Field(
        None, description="Where a score strictly above the median of all rows predicts positive: that median."
    )
    weighted: bool
    clusters: Count | None = Field(description="Number of clusters; null where rows are taken as independent.")


class Environment(Part):
    """Where it ran."""

    python: str
    platform: str
    threads: Count | None
    versions: dict[str, str]


class EngineFacts(Part):
    """Who asked the model."""

    kind: Literal["local", "ray"] = Field(description="Processes of this machine, or workers of Ray.")
    workers: Count = Field(
        description="Processes with a model of their own that worked at once, at most; one, of `local`, is the audit's "
        "own."
    )
    threads: Count = Field(description="Of each, that torch computes with.")


class Timings(Part):
    """The one block that differs between two runs of the same audit."""

    started: str
    finished: str
    seconds: dict[str, float]
    shards_computed: Count
    shards_reused: Count
    engine: EngineFacts | None = Field(
        None, description="Who asked the model; of an audit that was resumed, at last. Null where there is none to ask."
    )


class Subject(Part):
    """What was audited, and how: configuration, model and data."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    tool_version: str
    title: str
    config: dict[str, Any]
    config_sha256: str
    level: float = Field(gt=0.5, lt=1)
    seed: int = Field(ge=0)
    positive_class: str | None
    classes: list[str]
    model: ModelFacts | None
    data: DataFacts


class PrivateTable(Part):
    """One table of counts with noise."""

    attributes: list[str] = Field(description="None: everybody.")
    cells: Count = Field(description="Counts, each of them with noise of its own.")
    epsilon: float = Field(description="What all of them together cost: a decision lies in one of them alone.")
    scale: float = Field(description="The probability of noise k is proportional to exp(-|k| / scale).")


class PrivateCounts(Part):
    """Differential privacy of a copy for the public: what was drawn, and what it costs."""

    mechanism: Literal["discrete_laplace"]
    library: str
    unit: Literal["decision", "row", "cluster"] = Field(description="What may come or go and is protected.")
    per_unit: Count = Field(description="Decisions of one unit that are counted at most.")
    epsilon: float = Field(description="Of this release: the sum over its tables.")
    spent: float = Field(description="Over all releases of these decisions from their run folder.")
    tables: list[PrivateTable]
    negative: Count = Field(description="Counts that the noise made negative; they are told as none.")


class Publication(Part):
    """What a copy for the public was made by; such a copy is written beside the run folder, never in it."""

    least: Count = Field(description="Numbers of fewer decisions are suppressed, with those that give them back.")
    suppressed: bool = Field(description="Whether there were any.")
    left_out: list[str] = Field(description="Parts of the audit that are left out as a whole.")
    privacy: PrivateCounts | None = Field(None, description="Null where numbers have no noise.")


class DecisionPrecision(Part):
    """Decisions in a coarser precision against float32: of the data, and of probes that decide again."""

    precision: str
    asked: Count = Field(description="Inputs that the model was asked about in that precision.")
    exact: Count = Field(description="Inputs beside them in parts too small for a sample, in float32 alone.")
    sampled: Count = Field(description="Inputs drawn to be computed in float32 as well.")
    again: Count = Field(description="Inputs computed in float32 as well: drawn, in doubt, or no finite number before.")
    factor: float = Field(description="In doubt: with a margin below so many times the largest move of logits seen.")
    otherwise: Count = Field(description="Inputs computed again that are decided otherwise in float32.")
    beyond: Count = Field(description="Inputs whose logits moved by more than the margin of doubt until then.")
    largest: float = Field(ge=0, description="Largest difference of a class's probability, rounded up to two digits.")


class Record(Part):
    """How the audit went: what a reader must know of it, what it cost, and where it ran."""

    notes: list[Note] = Field(description="What was skipped, assumed or changed.")
    work: dict[str, Count] = Field(description="Forward batches, tokens and gradients the run cost.")
    decision_precision: DecisionPrecision | None = Field(
        None, description="Null where decisions were asked for in the precision of the computation alone."
    )
    environment: Environment
    timings: Timings
    publication: Publication | None = Field(None, description="Null in the result of an audit, which is internal.")

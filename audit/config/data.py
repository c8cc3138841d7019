"""Keys of the configuration that say what the data are and who is compared."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from audit.config.monitoring import PeriodConfig
from audit.config.part import Column, ConfigPart, Label, LabelMap
from audit.config.place import DataPlace

MISSING = "(missing)"


#: Keys of `Columns` of which one says what a model reads.
READ = ("input", "image", "fields", "features")


def _by_name(value: object) -> object:
    return {column: column for column in value} if isinstance(value, list | tuple) else value


class Columns(ConfigPart):
    """Which column of the data holds what."""

    input: Column | None = Field(None, description="The text the model reads; of entities, a text or a list of words.")
    input_pair: Column | None = Field(None, description="The second text, of a model that reads pairs.")
    image: Column | None = Field(
        None, description="The picture the model reads: a path from the folder of the data on, or the file itself."
    )
    fields: Annotated[dict[Label, Column], BeforeValidator(_by_name)] = Field(
        default_factory=dict,
        description="Of a model that is asked with a prompt: placeholder -> column, or a list of columns with "
        "the names of their placeholders.",
    )
    features: dict[Column, Literal["number", "category"]] = Field(
        default_factory=dict, description="Of a model that reads named values: column -> what it holds, in this order."
    )
    label: Column | None = Field(
        None,
        description="The true class; of entities, a list of tags or of spans; of labels, a list. Without it only "
        "label-free metrics are computed.",
    )
    labels: dict[Label, Column] = Field(
        default_factory=dict, description="Instead of `label`, of several labels: label -> column of 0 and 1."
    )
    id: Column | None = Field(None, description="Unique id of a row; default: the row number, from 1.")
    prediction: Column | None = Field(None, description="A stored predicted class (instead of a model), as `label`.")
    predictions: dict[Label, Column] = Field(
        default_factory=dict, description="Instead of `prediction`, of several labels: label -> column of 0 and 1."
    )
    score: Column | None = Field(None, description="A stored probability of the positive class, from 0 to 1.")
    weight: Column | None = Field(None, description="Sampling weight of a row.")
    cluster: Column | None = Field(None, description="Rows that are not independent of each other share a cluster.")
    count: Column | None = Field(None, description="The row stands for this many decisions (a table of counts).")

    @property
    def read(self) -> list[str]:
        """Keys that say what a model reads: one of `READ`, or none."""
        return [key for key in READ if getattr(self, key)]


class DataConfig(ConfigPart):
    """The labelled table."""

    path: DataPlace = Field(
        description="CSV, JSON or Parquet file, a folder of such files, a pattern (rows-*.csv), an address "
        "(s3://bucket/rows), or a list of these; or a saved datasets folder."
    )
    format: Literal["csv", "jsonl", "parquet", "datasets"] | None = Field(None, description="Inferred if left out.")
    encoding: str = Field("utf-8", description="Of CSV and JSON files; a byte order mark counts for more.")
    delimiter: str | None = Field(
        None, min_length=1, description='Between cells of CSV files, a tab as "\\t"; default: comma, a tab in .tsv.'
    )
    quote: str | None = Field(
        None, description="Around cells of CSV files; default: \" , and none, which is '', between tabs."
    )
    escape: str | None = Field(None, description="Before a character of CSV files that is meant as text.")
    skip_rows: int = Field(0, ge=0, description="Lines of CSV files to leave out before the header.")
    header: bool | tuple[str, ...] = Field(
        True, description="false: CSV files have none, and columns are called 1, 2, …; a list: none, and these names."
    )
    decimal: Literal[".", ","] = Field(".", description="What stands before the fraction of a number that is text.")
    missing_values: tuple[Label, ...] = Field(("",), description="Cells that mean a missing value.")
    where: dict[Column, Label | list[Label]] = Field(
        default_factory=dict, description="Keep only the rows whose column holds this value, or one of these values."
    )
    period: PeriodConfig | None = Field(None, description="Keep only the rows of this time; left out: all.")
    columns: Columns = Columns()
    outcome: Literal["class", "number", "entities", "labels"] = Field(
        "class",
        description="number: `label` and `score` are a true and a predicted number (regression). entities: parts of a "
        "text, each with a type (NER). labels: any number of classes for each row (multi-label).",
    )
    scheme: Literal["BIO", "IO", "IOB1", "BIOES", "BILOU", "BMES", "IOE2", "bare"] | None = Field(
        None, description="How tags of entities are written; inferred if left out."
    )
    label_map: LabelMap = Field(default_factory=dict, description="Data label -> class.")
    prediction_map: LabelMap = Field(default_factory=dict, description="Stored prediction -> class.")
    positive_label: Label | None = Field(None, description="The class that counts as positive, after the maps.")
    score_range: tuple[float, float] | None = Field(
        None, description="Lowest and highest score, where scores are no probabilities: [1, 10] for deciles."
    )
    threshold: float | Literal["median"] = Field(
        0.5,
        description="A stored score at or above this predicts positive; within `score_range`, or from 0 to 1. "
        "median: a score strictly above the median of all rows does.",
    )

    @property
    def several(self) -> bool:
        """Whether there are several decisions about a row."""
        return self.outcome in {"entities", "labels"}

    @property
    def clustered(self) -> bool:
        """Whether decisions depend on each other: where the data say so, and where a row has several."""
        return self.several or self.columns.cluster is not None

    @property
    def lists(self) -> frozenset[str]:
        """Columns whose cells may hold lists."""
        columns = self.columns
        named = {
            "entities": (columns.input, columns.label, columns.prediction),
            "labels": (columns.label, columns.prediction),
        }.get(self.outcome, ())
        return frozenset(column for column in named if column is not None)

    @property
    def folder(self) -> Path:
        """Where paths in cells start: the folder that the data are, or that their files are in."""
        return self.path.folder

    def share_of_range(self, score: float) -> float:
        """Place of a score in `score_range`, from 0 to 1, which is how scores are kept."""
        low, high = self.score_range or (0.0, 1.0)
        return (score - low) / (high - low)

    @model_validator(mode="after")
    def _threshold_within_range(self) -> DataConfig:
        low, high = self.score_range or (0.0, 1.0)
        if not low < high:
            raise ValueError("score_range: give the lowest score and then the highest")
        needed = self.score_range is not None and self.columns.prediction is None
        if needed and "threshold" not in self.model_fields_set:
            raise ValueError("score_range: name the `threshold` too, the score from which on a case is positive")
        if self.threshold == "median":
            if self.columns.score is None or self.columns.prediction is not None or self.outcome != "class":
                raise ValueError("threshold: median cuts stored scores: name data.columns.score, and no prediction")
        elif not low <= self.threshold <= high:
            cure = "" if self.score_range else "; other scores need `score_range: [lowest, highest]`"
            raise ValueError(f"threshold: {self.threshold:g} is not from {low:g} to {high:g}{cure}")
        return self

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except (LookupError, ValueError):
            raise ValueError(f"{encoding!r} is no encoding of text, such as utf-8, utf-16 or latin-1") from None
        return encoding

    @field_validator("delimiter", "quote", "escape")
    @classmethod
    def _one_byte(cls, mark: str | None) -> str | None:
        if mark and len(mark) > 1:
            tab = '; a tab is written "\\t", within double quotes' if mark == "\\t" else ""
            raise ValueError(f"{mark!r} has {len(mark)} characters and must be one{tab}")
        if mark and (not mark.isascii() or mark in "\r\n\0"):
            raise ValueError(f"{mark!r} is no plain character")
        return mark

    @model_validator(mode="after")
    def _marks_differ(self) -> DataConfig:
        marks = [mark for mark in (self.delimiter, self.quote, self.escape) if mark]
        if len(set(marks)) < len(marks):
            raise ValueError("`delimiter`, `quote` and `escape` must differ")
        return self


class AttributeConfig(ConfigPart):
    """A sensitive column."""

    column: Column | None = Field(None, description="Column that holds the group.")
    members: dict[Label, Column] = Field(
        default_factory=dict,
        description="Instead of `column`, where groups overlap or are uncertain: group -> column of 0 to 1.",
    )
    entity: str | None = Field(
        None,
        description="Instead of `column`, of each entity by itself: its `type`, or what a list of names says of it "
        "(`name_origin`, `name_gender`).",
    )
    name: str = Field("", description="Name in the report; default: the column.")
    bins: tuple[float, ...] | None = Field(
        None, min_length=1, description="Lower edges of the numeric bins: [40, 50] gives <40, 40–<50 and ≥50."
    )
    values: LabelMap = Field(
        default_factory=dict, description='Value in the data -> group; others stay. The key "" names missing values.'
    )
    outside_gaps: tuple[Label, ...] = Field((), description="Groups that are shown but enter no gap.")
    missing_in_gaps: bool = Field(False, description=f"Compare the group `{MISSING}` like any other.")

    @field_validator("bins")
    @classmethod
    def _bins_rise(cls, bins: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if bins and any(b <= a for a, b in pairwise(bins)):
            raise ValueError("bin edges must rise")
        return bins

    @model_validator(mode="after")
    def _column_or_members(self) -> AttributeConfig:
        if (self.column is not None) + bool(self.members) + (self.entity is not None) != 1:
            raise ValueError("give one of `column`, `members` and `entity`")
        if MISSING in self.members:
            raise ValueError(f"members: {MISSING!r} is what rows in no group are called")
        if self.members and not self.name:
            raise ValueError("an attribute with `members` needs a `name`")
        if self.column is None and (self.bins or self.values):
            raise ValueError("`bins` and `values` go with `column` alone")
        return self

    @property
    def label(self) -> str:
        """Name of the attribute in every output."""
        return self.name or self.column or (f"entity {self.entity}" if self.entity else "")


def _bare_column(value: object) -> object:
    return {"column": value} if isinstance(value, str | int) else value


AttributeEntry = Annotated[
    AttributeConfig, BeforeValidator(_bare_column, json_schema_input_type=str | int | AttributeConfig)
]

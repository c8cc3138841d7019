"""`audit.yaml` as typed models. Unknown keys are errors; relative paths start at the file's own folder."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from audit.config.nearest import keys_at, nearest
from audit.config.part import Column, ConfigPart, Label, LabelMap
from audit.config.policy import PolicyConfig, RuleConfig, WaiverConfig, Waivers
from audit.config.reading import parse_yaml, read_yaml, refuse_broken_text
from audit.config.spelling import as_label
from audit.errors import ConfigError, some

__all__ = [
    "MISSING",
    "AttributeConfig",
    "AuditConfig",
    "Columns",
    "ConfigPart",
    "DataConfig",
    "DiscoveryConfig",
    "ExplanationConfig",
    "GapConfig",
    "Label",
    "ModelConfig",
    "OutputConfig",
    "PolicyConfig",
    "ProbeConfig",
    "RuleConfig",
    "WaiverConfig",
    "as_label",
    "load_config",
    "load_policy",
    "load_waivers",
    "parse_config",
]

MISSING = "(missing)"


class ModelConfig(ConfigPart):
    """The checkpoint under audit."""

    path: Path = Field(description="Folder of a Hugging Face checkpoint, or of an adapter (PEFT).")
    base: Path | None = Field(
        None, description="Of an adapter: folder of its base model; default: where the adapter says it is."
    )
    task: str | None = Field(None, description="Name of the adapter; inferred from the checkpoint if left out.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="`auto` takes cuda, then mps, then cpu.")
    dtype: Literal["float32", "float16", "bfloat16"] = Field(
        "float32", description="Precision of the computation, whatever the checkpoint is stored in."
    )
    quantize: Literal["int8"] | None = Field(
        None, description="Round the weights of linear layers when loading, to hold the copy against the original."
    )
    max_length: int | None = Field(None, ge=3, description="Tokens per input; default: what the model can take.")
    batch_tokens: int | None = Field(None, ge=16, description="Tokens per batch; default: found from the device.")
    allow_pickle: bool = Field(False, description="Load weights from pickles. Pickles can run code: only if you trust.")
    allow_remote_code: bool = Field(
        False, description="Run Python code shipped with the checkpoint. Only if you trust."
    )


class Columns(ConfigPart):
    """Which column of the data holds what."""

    input: Column | None = Field(None, description="The text the model reads.")
    input_pair: Column | None = Field(None, description="The second text, of a model that reads pairs.")
    label: Column | None = Field(None, description="The true class. Without it only label-free metrics are computed.")
    id: Column | None = Field(None, description="Unique id of a row; default: the row number, from 1.")
    prediction: Column | None = Field(None, description="A stored predicted class (instead of a model).")
    score: Column | None = Field(None, description="A stored probability of the positive class, from 0 to 1.")
    weight: Column | None = Field(None, description="Sampling weight of a row.")
    cluster: Column | None = Field(None, description="Rows that are not independent of each other share a cluster.")
    count: Column | None = Field(None, description="The row stands for this many decisions (a table of counts).")


class DataConfig(ConfigPart):
    """The labelled table."""

    path: Path = Field(description="CSV, JSON or Parquet file, a folder of such files, or a saved datasets folder.")
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
    columns: Columns = Columns()
    outcome: Literal["class", "number"] = Field(
        "class", description="number: `label` and `score` are a true and a predicted number (regression)."
    )
    label_map: LabelMap = Field(default_factory=dict, description="Data label -> class.")
    prediction_map: LabelMap = Field(default_factory=dict, description="Stored prediction -> class.")
    positive_label: Label | None = Field(None, description="The class that counts as positive, after the maps.")
    score_range: tuple[float, float] | None = Field(
        None, description="Lowest and highest score, where scores are no probabilities: [1, 10] for deciles."
    )
    threshold: float = Field(
        0.5, description="A stored score at or above this predicts positive; within `score_range`, or from 0 to 1."
    )

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
        if not low <= self.threshold <= high:
            raise ValueError(f"threshold: {self.threshold:g} is not from {low:g} to {high:g}")
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

    column: Column = Field("", description="Column that holds the group.")
    members: dict[Label, Column] = Field(
        default_factory=dict,
        description="Instead of `column`, where groups overlap or are uncertain: group -> column of 0 to 1.",
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
        if bool(self.column) == bool(self.members):
            raise ValueError("give either `column` or `members`")
        if MISSING in self.members:
            raise ValueError(f"members: {MISSING!r} is what rows in no group are called")
        if self.members and not self.name:
            raise ValueError("an attribute with `members` needs a `name`")
        if self.members and (self.bins or self.values):
            raise ValueError("`bins` and `values` go with `column`, not with `members`")
        return self

    @property
    def label(self) -> str:
        """Name of the attribute in every output."""
        return self.name or self.column


def _bare_column(value: object) -> object:
    return {"column": value} if isinstance(value, str | int) else value


AttributeEntry = Annotated[
    AttributeConfig, BeforeValidator(_bare_column, json_schema_input_type=str | int | AttributeConfig)
]


class ExplanationConfig(ConfigPart):
    """Which decisions are explained, how, and what an explanation is held to."""

    which: Literal["sample", "all", "flagged", "none"] = Field(
        "sample", description="Decisions to explain. `sample`: a sample and every flagged one; `flagged`: these alone."
    )
    sample: int = Field(200, ge=0, description="Size of the sample; 0 turns explanations off.")
    most_flagged: int = Field(
        200,
        ge=0,
        description="Flagged decisions that are explained beside the sample, worst first; `flagged` has no end.",
    )
    shown: int = Field(24, ge=0, le=200, description="Explained decisions whose text the report shows.")
    target: Literal["probability", "log_odds"] = Field(
        "probability", description="What is explained, of the predicted class."
    )
    tolerance: float = Field(
        0.05,
        gt=0,
        description="Converged: what the sum misses, and the estimated error in all, at most this share.",
    )
    most_gradients: int = Field(129, ge=5, description="Gradients per decision, after which it is given up.")
    baseline: Literal["auto", "mask", "pad", "eos", "zero"] = Field(
        "auto", description="`auto`: MASK if there is one, else PAD, EOS, zeros; none whose embedding is next to zero."
    )
    least_contrast: float = Field(
        0.05,
        ge=0,
        description="Less difference from the baseline cannot be explained; in probability, log-odds are tried then.",
    )
    interventions: int = Field(
        48, ge=24, description="Random halves of the words that are erased to see whether the model follows."
    )
    contentless: float = Field(
        0.5, gt=0, le=1, description="Weak: more than this share on special tokens and punctuation."
    )
    sanity: int = Field(12, ge=0, description="Decisions explained again with randomised weights; 0 leaves it out.")
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32", description="Of gradients. Coarser ones are checked against float32."
    )


class DiscoveryConfig(ConfigPart):
    """Search for slices that nobody named, over all attributes and further columns."""

    columns: tuple[AttributeEntry, ...] = Field((), description="Further columns to search, as attributes are given.")
    depth: int = Field(2, ge=1, le=3, description="Most columns that one slice names.")

    @field_validator("columns")
    @classmethod
    def _plain(cls, columns: tuple[AttributeConfig, ...]) -> tuple[AttributeConfig, ...]:
        if any(column.members for column in columns):
            raise ValueError("columns to search hold one group per row, not `members`")
        return columns


class ProbeConfig(ConfigPart):
    """Exchange identity terms, and see what the model decides then."""

    languages: tuple[Literal["en", "zh"], ...] = Field(("en",), description="Built-in lexicons to use.")
    lexicons: tuple[Path, ...] = Field((), description="Lexicon files of your own; they extend the built-in ones.")
    replace: bool = Field(False, description="Use your own lexicons alone.")
    axes: tuple[str, ...] = Field((), description="Axes to exchange on, for example [gender]; default: all.")
    threshold: float = Field(
        0.2, gt=0, lt=1, description="Change of the score that is flagged even if the decision stays."
    )
    reliance: float = Field(
        0.5, gt=0, le=1, description="Share of the attribution on identity terms from which a decision is looked into."
    )
    shown: int = Field(12, ge=0, le=100, description="Rows whose pairs of texts the report shows.")

    @model_validator(mode="after")
    def _some_lexicon(self) -> ProbeConfig:
        if self.replace and not self.lexicons:
            raise ValueError("`replace` needs `lexicons`")
        return self


class GapConfig(ConfigPart):
    """What carries a gap in the mean score: every disparity that fails is decomposed, and those asked for here."""

    metrics: tuple[Literal["selection_rate", "true_positive_rate", "false_positive_rate"], ...] = Field(
        (), description="Disparities to decompose whether or not they fail."
    )
    concepts: dict[str, tuple[str, ...]] = Field(
        {}, description="Words and phrases to take together, by name; they come before identity terms."
    )
    sample: int = Field(
        1000, ge=0, description="Decisions whose score is attributed for it, untested; 0 takes no gap apart."
    )
    resamples: int = Field(1000, ge=200, description="Bootstrap resamples behind the intervals.")


class OutputConfig(ConfigPart):
    """Where the run folder goes."""

    folder: Path = Field(Path("runs/audit"), description="The run folder.")
    title: str = Field("", description="Title of the report; default: the name of the model or data.")
    intended_use: str = Field("", description="What the model is meant for: shown under scope.")
    contact: str = Field("", description="Who answers for this audit.")


class AuditConfig(ConfigPart):
    """One audit: a model or stored predictions, a table, sensitive attributes, and what to compute."""

    model: ModelConfig | None = Field(None, description="Left out: stored predictions are audited.")
    data: DataConfig
    attributes: tuple[AttributeEntry, ...] = Field(min_length=1, description="Sensitive columns; a bare name will do.")
    crossings: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = Field(
        (), description="Attributes to audit crossed, for example [[gender, ethnicity]]."
    )
    controls: tuple[Column, ...] = Field((), description="Columns with a legitimate reason for a difference.")
    metrics: tuple[str, ...] = Field(
        (), description="Names, or package.module:function of your own; default: the usual ones."
    )
    level: float = Field(0.95, gt=0.5, lt=1, description="Confidence level of intervals and findings.")
    seed: int = Field(0, ge=0)
    discovery: DiscoveryConfig | None = Field(None, description="Left out: no slices are searched for.")
    explanations: ExplanationConfig = ExplanationConfig()
    probe: ProbeConfig | None = Field(None, description="Left out: no counterfactuals. `{}` probes with the defaults.")
    gaps: GapConfig = GapConfig()
    policy: PolicyConfig = PolicyConfig()
    output: OutputConfig = OutputConfig()

    @property
    def read_as_groups(self) -> tuple[AttributeConfig, ...]:
        """Attributes, and the further columns of discovery, which are read in the same way."""
        return (*self.attributes, *(self.discovery.columns if self.discovery else ()))

    @model_validator(mode="after")
    def _names_agree(self) -> AuditConfig:
        names = [attribute.label for attribute in self.attributes]
        everything = [*(column.label for column in self.read_as_groups), *self.controls]
        for name in everything:
            if everything.count(name) > 1:
                raise ValueError(f"{name!r} is named twice among attributes, controls and columns of discovery")
        for crossing in self.crossings:
            unknown = [name for name in crossing if name not in names]
            if unknown:
                raise ValueError(f"crossings: {some(unknown)} is not an attribute; attributes are {some(names)}")
            if len(set(crossing)) < len(crossing):
                raise ValueError(f"crossings: {list(crossing)} names an attribute twice")
        return self

    @model_validator(mode="after")
    def _something_to_audit(self) -> AuditConfig:
        columns = self.data.columns
        if self.model is None and columns.prediction is None and columns.score is None:
            raise ValueError("nothing to audit: give `model`, or `data.columns.prediction` or `data.columns.score`")
        if self.model is not None:
            stored = [key for key in ("prediction", "score", "count") if getattr(columns, key) is not None]
            if stored:
                raise ValueError(f"data.columns: {some(stored)} cannot stand beside `model`")
            if self.data.prediction_map or self.data.score_range:
                raise ValueError("data: prediction_map and score_range go with stored predictions, not with `model`")
            if columns.input is None:
                raise ValueError("data.columns.input: name the column that the model reads")
        elif self.probe is not None:
            raise ValueError("probe: edited texts need a `model` to decide on them")
        if self.data.outcome == "number":
            if self.model is not None or columns.prediction is not None or columns.score is None:
                raise ValueError("data.outcome number: name the predicted number in data.columns.score, and no other")
            classes = ("positive_label", "label_map", "prediction_map", "score_range")
            if given := [key for key in classes if getattr(self.data, key)]:
                raise ValueError(f"data.outcome number: numbers have no {given[0]}")
        elif columns.prediction is None and columns.score is not None and self.data.positive_label is None:
            raise ValueError("data.positive_label: name the class that `score` is the probability of")
        return self


def load_config(path: Path | str, overrides: tuple[str, ...] = ()) -> AuditConfig:
    """Read and check a configuration.

    Parameters
    ----------
    path
        YAML file.
    overrides
        `dotted.key=value` pairs, the value in YAML.

    Raises
    ------
    ConfigError
        With the file and every key that is wrong.
    """
    path = Path(path)
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError("holds no keys", where=str(path), hint="`audit schema config` prints what it may hold")
    for override in overrides:
        _set(raw, override)
    return parse_config(raw, where=str(path), base=path.parent)


def load_policy(path: Path | str) -> PolicyConfig:
    """Read a policy that stands in a file of its own: the keys of `policy`."""
    path = Path(path)
    raw = read_yaml(path)
    refuse_broken_text(raw, str(path))
    try:
        return PolicyConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(
            _explain(error, PolicyConfig), where=str(path), hint="a policy holds presets, rules, on_inconclusive"
        ) from None


def load_waivers(path: Path | str) -> tuple[WaiverConfig, ...]:
    """Read a file with the key `waivers`."""
    path = Path(path)
    raw = read_yaml(path)
    refuse_broken_text(raw, str(path))
    try:
        return Waivers.model_validate(raw).waivers
    except ValidationError as error:
        raise ConfigError(_explain(error, Waivers), where=str(path), hint="the file holds the key `waivers`") from None


def parse_config(raw: dict[str, Any], *, where: str = "config", base: Path = Path()) -> AuditConfig:
    """Check a configuration given as plain data; relative paths start at `base`."""
    refuse_broken_text(raw, where)
    try:
        config = AuditConfig.model_validate(raw)
    except ValidationError as error:
        hint = "`audit schema config` prints every key"
        raise ConfigError(_explain(error, AuditConfig), where=where, hint=hint) from None
    data = config.data.model_copy(update={"path": base / config.data.path})
    model = config.model and config.model.model_copy(
        update={"path": base / config.model.path, "base": config.model.base and base / config.model.base}
    )
    output = config.output.model_copy(update={"folder": base / config.output.folder})
    probe = config.probe and config.probe.model_copy(
        update={"lexicons": tuple(base / path for path in config.probe.lexicons)}
    )
    return config.model_copy(update={"data": data, "model": model, "output": output, "probe": probe})


def _set(raw: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key:
        raise ConfigError(f"{override!r} is not key=value", where="--set")
    value = parse_yaml(text, f"--set {override}")
    *parents, last = key.split(".")
    for parent in parents:
        child = raw.get(parent)
        if child is None:
            child = raw[parent] = {}
        if not isinstance(child, dict):
            raise ConfigError(f"{override!r}: {parent!r} holds no keys", where="--set")
        raw = child
    raw[last] = value


def _explain(error: ValidationError, model: type[ConfigPart]) -> str:
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            *place, name = item["loc"]
            meant = nearest(str(name), keys_at(model, place))
            message = f"unknown key; did you mean {meant!r}?" if meant else "unknown key"
        lines.append(f"{key}: {message}" if key else message)
    return lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])

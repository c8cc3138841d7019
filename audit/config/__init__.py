"""`audit.yaml` as typed models. Unknown keys are errors; relative paths start at the file's own folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from audit.config.data import MISSING, READ, AttributeConfig, AttributeEntry, Columns, DataConfig
from audit.config.data_audit import DataAuditConfig
from audit.config.deployment import DeploymentConfig
from audit.config.documentation import DocumentationConfig, SignOffConfig
from audit.config.encoding import number_of
from audit.config.engine import EngineConfig
from audit.config.monitoring import MonitoringConfig, PeriodConfig
from audit.config.nearest import keys_at, meant
from audit.config.part import Column, ConfigPart, Label
from audit.config.policy import PolicyConfig, RuleConfig, WaiverConfig, Waivers
from audit.config.probes import ProbesConfig
from audit.config.prompt import PromptConfig, check_fields
from audit.config.reading import parse_yaml, read_yaml, refuse_broken_text
from audit.config.remedies import RemediesConfig
from audit.config.spelling import as_label
from audit.config.stages import (
    DiscoveryConfig,
    ExchangeConfig,
    ExplanationConfig,
    GapConfig,
    ModelConfig,
    NamesConfig,
    OutputConfig,
    ScorecardConfig,
    ToneConfig,
    ValueExchangeConfig,
)
from audit.errors import ConfigError, some

__all__ = [
    "MISSING",
    "READ",
    "AttributeConfig",
    "AuditConfig",
    "Columns",
    "ConfigPart",
    "DataAuditConfig",
    "DataConfig",
    "DeploymentConfig",
    "DiscoveryConfig",
    "DocumentationConfig",
    "EngineConfig",
    "ExchangeConfig",
    "ExplanationConfig",
    "GapConfig",
    "Label",
    "ModelConfig",
    "MonitoringConfig",
    "OutputConfig",
    "PeriodConfig",
    "PolicyConfig",
    "ProbesConfig",
    "PromptConfig",
    "RemediesConfig",
    "RuleConfig",
    "ScorecardConfig",
    "SignOffConfig",
    "ToneConfig",
    "ValueExchangeConfig",
    "WaiverConfig",
    "as_label",
    "load_config",
    "load_policy",
    "load_waivers",
    "parse_config",
]


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
    exchange: ExchangeConfig | None = Field(
        None, description="Left out: no counterfactuals. `{}` exchanges identity terms with the defaults."
    )
    probes: ProbesConfig | None = Field(
        None, description="Left out: the model is asked no further questions. `{}` asks the usual ones."
    )
    gaps: GapConfig = GapConfig()
    data_audit: DataAuditConfig | None = Field(
        None, description="Left out: the data themselves are not looked at. `{}` looks at them with the defaults."
    )
    deployment: DeploymentConfig | None = Field(None, description="Left out: rates are not told as numbers of people.")
    scorecard: ScorecardConfig | None = Field(
        None, description="Left out: dimensions of risk are not summed up. `{}` does so with the scorecard that ships."
    )
    remedies: RemediesConfig | None = Field(None, description="Left out: nothing is tried. `{}` tries the usual.")
    policy: PolicyConfig = PolicyConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    output: OutputConfig = OutputConfig()
    engine: EngineConfig = EngineConfig()
    frameworks: tuple[str, ...] = Field(
        (), description="Compliance packs whose clauses the report goes through, by id; `audit frameworks` lists them."
    )
    documentation: DocumentationConfig = DocumentationConfig()
    sign_off: tuple[SignOffConfig, ...] = Field((), description="Who signs the audit, in this order.")
    appeal_route: str = Field("", description="How whoever a decision is about can have it looked at by a person.")

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
                near = meant(unknown[0], names)
                raise ValueError(f"crossings: {some(unknown)} is not an attribute; attributes are {some(names)}{near}")
            if len(set(crossing)) < len(crossing):
                raise ValueError(f"crossings: {list(crossing)} names an attribute twice")
        return self

    @model_validator(mode="after")
    def _reference_names_attributes(self) -> AuditConfig:
        names = [attribute.label for attribute in self.attributes if attribute.entity is None]
        for name in self.data_audit.reference if self.data_audit else ():
            if name not in names:
                near = meant(name, names)
                raise ValueError(f"data_audit.reference: {name!r} is no attribute; attributes are {some(names)}{near}")
        return self

    @model_validator(mode="after")
    def _several_decisions(self) -> AuditConfig:
        data, columns = self.data, self.data.columns
        if len(columns.read) > 1:
            raise ValueError(f"data.columns: {some(columns.read)} cannot stand beside each other")
        if columns.input_pair is not None and columns.input is None:
            raise ValueError("data.columns.input_pair: is the second text, and `input` names no first one")
        for key, other in (("label", "labels"), ("prediction", "predictions")):
            if getattr(columns, other) and data.outcome != "labels":
                raise ValueError(f"data.columns.{other}: goes with data.outcome labels")
            if getattr(columns, other) and getattr(columns, key) is not None:
                raise ValueError(
                    f"data.columns: give `{key}`, a column of lists, or `{other}`, a column for each label"
                )
        of_entities = [attribute.label for attribute in self.read_as_groups if attribute.entity is not None]
        if of_entities and data.outcome != "entities":
            raise ValueError(f"attributes: {some(of_entities)} is of entities, which go with data.outcome entities")
        if data.scheme is not None and data.outcome != "entities":
            raise ValueError("data.scheme: goes with data.outcome entities")
        if not data.several:
            return self
        for key in ("score", "count", "input_pair"):
            if getattr(columns, key) is not None:
                raise ValueError(f"data.columns.{key}: there is none with data.outcome {data.outcome}")
        if data.positive_label is not None:
            raise ValueError(f"data.positive_label: with data.outcome {data.outcome}, every class is asked about")
        if data.outcome == "entities" and columns.input is None:
            raise ValueError("data.columns.input: name the column of words, or of texts, that the entities are in")
        return self

    @model_validator(mode="after")
    def _consequences_name_something_known(self) -> AuditConfig:
        names = [attribute.label for attribute in self.attributes]
        slicings = [*names, *(" × ".join(crossing) for crossing in self.crossings)]
        if self.deployment is not None:
            if self.data.outcome != "class":
                raise ValueError("deployment: people are counted where a row has one class (data.outcome class)")
            for name in self.deployment.shares:
                if name not in slicings:
                    raise ValueError(f"deployment.shares: {name!r} is no attribute or crossing{meant(name, slicings)}")
        if self.remedies is not None:
            if self.data.outcome != "class":
                raise ValueError("remedies: they are tried where a row has one class (data.outcome class)")
            for name in self.remedies.attributes:
                if name not in names:
                    near = meant(name, names)
                    raise ValueError(f"remedies: {name!r} is no attribute; attributes are {some(names)}{near}")
        return self

    @model_validator(mode="after")
    def _noise_has_counts(self) -> AuditConfig:
        if self.output.public.epsilon is None:
            return self
        columns = self.data.columns
        if columns.weight is not None or self.data.outcome == "number":
            raise ValueError(
                "output.public.epsilon: counts get noise, each decision once; weights and numbers have no such counts"
            )
        if self.output.public.per_unit is None and (columns.cluster is not None or self.data.several):
            unit = "cluster" if columns.cluster is not None else "row"
            raise ValueError(f"output.public.per_unit: say how many decisions of one {unit} are counted at most")
        return self

    @model_validator(mode="after")
    def _prompt_agrees(self) -> AuditConfig:
        if self.model is not None and self.model.prompt is not None:
            if self.data.columns.input is not None or self.data.columns.features:
                raise ValueError(
                    "model.prompt: its placeholders are filled from data.columns.fields, and from no other"
                )
            if self.data.several:
                raise ValueError(f"model.prompt: it is answered with one class; data.outcome is {self.data.outcome!r}")
            check_fields(self.model.prompt, list(self.data.columns.fields))
        return self

    @model_validator(mode="after")
    def _functions_read_something_known(self) -> AuditConfig:
        model, columns = self.model, self.data.columns
        if model is None or model.function is None:
            if model is not None and columns.features and model.task is None:
                raise ValueError("data.columns.features: goes with `model.factory` or `model.callable`")
            return self
        if self.data.outcome != "class":
            raise ValueError(f"data.outcome {self.data.outcome}: a function of your own decides about one class")
        if model.factory and columns.read != ["features"]:
            raise ValueError("data.columns.features: name the features that the module of `model.factory` reads")
        if columns.input_pair is not None:
            raise ValueError("data.columns.input_pair: functions read one text; name several in data.columns.fields")
        for name, encoding in model.encoding.items():
            if name not in columns.features:
                near = meant(name, columns.features)
                raise ValueError(f"model.encoding.{name}: is not among data.columns.features{near}")
            try:
                encoding.check(columns.features[name], as_it_is=model.factory is None)
            except ValueError as error:
                raise ValueError(f"model.encoding.{name}.{error}") from None
        for name, kind in columns.features.items() if model.factory else ():
            if kind == "category" and not (name in model.encoding and model.encoding[name].categories):
                raise ValueError(f"model.encoding.{name}.categories: name them in the order of their columns")
        return self

    @model_validator(mode="after")
    def _something_to_audit(self) -> AuditConfig:
        columns = self.data.columns
        if self.model is None and columns.prediction is None and columns.score is None and not columns.predictions:
            raise ValueError("nothing to audit: give `model`, or `data.columns.prediction` or `data.columns.score`")
        if self.model is not None:
            stored = [key for key in ("prediction", "predictions", "score", "count") if getattr(columns, key)]
            if stored:
                raise ValueError(f"data.columns: {some(stored)} cannot stand beside `model`")
            if self.data.prediction_map or self.data.score_range:
                raise ValueError("data: prediction_map and score_range go with stored predictions, not with `model`")
            if self.data.threshold == "median":
                raise ValueError("data.threshold: median cuts stored scores, and `model` decides by itself")
            if not columns.read:
                raise ValueError(f"data.columns: name the column that the model reads, as one of {some(list(READ))}")
        elif asked := [key for key in ("exchange", "probes") if getattr(self, key) is not None]:
            raise ValueError(f"{asked[0]}: changed rows need a `model` to decide on them")
        self._values_agree()
        self._pictures_agree()
        if self.exchange is not None and self.exchange.names != NamesConfig() and self.data.outcome != "entities":
            raise ValueError("exchange.names: goes with data.outcome entities; in texts, identity terms are exchanged")
        if self.data.outcome == "number":
            if self.model is not None or columns.prediction is not None or columns.score is None:
                raise ValueError("data.outcome number: name the predicted number in data.columns.score, and no other")
            classes = ("positive_label", "label_map", "prediction_map", "score_range")
            if given := [key for key in classes if getattr(self.data, key)]:
                raise ValueError(f"data.outcome number: numbers have no {given[0]}")
        elif columns.prediction is None and columns.score is not None and self.data.positive_label is None:
            raise ValueError("data.positive_label: name the class that `score` is the probability of")
        return self

    def _values_agree(self) -> None:
        known = [*self.data.columns.fields, *self.data.columns.features]
        names = [attribute.label for attribute in self.attributes]
        for one in self.exchange.values if self.exchange else ():
            if one.field not in known:
                have = f"the model reads {some(known)}" if known else "the model reads neither fields nor features"
                raise ValueError(f"exchange.values: there is no field {one.field!r}; {have}{meant(one.field, known)}")
            for name in (*([one.attribute] if one.attribute else []), *one.within):
                if name not in names:
                    near = meant(name, names)
                    raise ValueError(f"exchange.values: {name!r} is no attribute; attributes are {some(names)}{near}")
            encoding = self.model.encoding.get(one.field) if self.model else None
            known_values = list(encoding.categories) if encoding else []
            for value in one.values:
                if self.data.columns.features.get(one.field) == "number" and number_of(value) is None:
                    raise ValueError(f"exchange.values: {value!r} is no finite number, as {one.field!r} is")
                if known_values and value not in known_values:
                    raise ValueError(
                        f"exchange.values: {value!r} is not among the categories of {one.field!r}, {some(known_values)}"
                    )

    def _pictures_agree(self) -> None:
        exchange = self.exchange
        for key in ("tone", "light") if exchange and self.data.columns.image is None else ():
            if getattr(exchange, key):
                raise ValueError(f"exchange.{key}: is of pictures, and data.columns.image names none")
        named = exchange.tone.attribute if exchange and exchange.tone else None
        names = [attribute.label for attribute in self.attributes]
        if named is not None and named not in names:
            raise ValueError(
                f"exchange.tone: {named!r} is no attribute; attributes are {some(names)}{meant(named, names)}"
            )


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
    data = config.data.model_copy(update={"path": config.data.path.based_at(base)})
    model = config.model and config.model.based_at(base)
    output = config.output.model_copy(update={"folder": base / config.output.folder})
    probes = config.probes and config.probes.based_at(base)
    scorecard = config.scorecard and config.scorecard.model_copy(
        update={"file": config.scorecard.file and base / config.scorecard.file}
    )
    exchange = config.exchange and config.exchange.model_copy(
        update={
            "lexicons": tuple(base / path for path in config.exchange.lexicons),
            "names": config.exchange.names.model_copy(
                update={"file": config.exchange.names.file and base / config.exchange.names.file}
            ),
        }
    )
    looked = config.data_audit
    if looked is not None and looked.training is not None:
        looked = looked.model_copy(update={"training": looked.training.based_at(base)})
    return config.model_copy(
        update={
            "data": data,
            "model": model,
            "output": output,
            "exchange": exchange,
            "probes": probes,
            "scorecard": scorecard,
            "data_audit": looked,
        }
    )


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
            message = "unknown key" + meant(str(name), keys_at(model, place))
        elif item["type"] == "literal_error" and isinstance(item["input"], str):
            choices = re.findall(r"'([^']*)'", item["ctx"]["expected"])
            message = f"{item['input']!r} is not one of {some(choices, 20)}{meant(item['input'], choices)}"
        lines.append(f"{key}: {message}" if key else message)
    return lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])

"""Networks that read named values: a torch module over encoded columns, one class out.

Elements are the columns of the encoding, units the features, and what stands for nothing are their reference values.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file

from audit.config import AuditConfig, ModelConfig
from audit.config.encoding import FeatureEncoding, number_of
from audit.data.examples import Example, Fields, Value, plain
from audit.errors import ModelError, some
from audit.models.adapter import Encoded, elements_of
from audit.models.checkpoint import DTYPES, batch_tokens, check_finite, door, resolve_device
from audit.models.config_only import size_of
from audit.models.looked import Looked, lines_of, look
from audit.models.own_code import OwnFunction, import_function
from audit.models.precision import tier_of
from audit.models.probe import probe_decisions, probe_explanations
from audit.models.rectifiers import jumps
from audit.models.shuffled import shuffled
from audit.result import ModelFacts, Note
from audit.store.decisions import NOT_FINITE
from audit.text import file_name

#: Rows of random columns that a module is tried with.
TRIED = 6


@dataclass(frozen=True)
class Columns:
    """The columns that one feature becomes.

    Attributes
    ----------
    first, width
        Where they begin, and how many they are.
    reference
        What stands for the feature when it is taken away, encoded.
    """

    name: str
    encoding: FeatureEncoding
    first: int
    reference: npt.NDArray[np.float32]

    @classmethod
    def of(cls, name: str, encoding: FeatureEncoding, first: int, reference: Value) -> Columns:
        """Encode the reference value."""
        columns = cls(name, encoding, first, np.zeros(len(encoding.categories) or 1, np.float32))
        columns.put(columns.reference, reference, 0)
        return columns

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.reference)

    def put(self, row: npt.NDArray[np.float32], value: Value, first: int) -> str | None:
        """Write a value into its columns, from zeros; say why that cannot be done, as a code."""
        encoding = self.encoding
        if value is None:
            value = encoding.missing
        if value is None:
            return "missing_value"
        if encoding.categories:
            if value not in encoding.categories:
                return "unseen_category"
            row[first + encoding.categories.index(str(value))] = 1.0
            return None
        number = number_of(value) if isinstance(value, str) else value
        if number is None:
            return "missing_value"
        row[first] = encoding.encoded(number)
        return None


@dataclass(frozen=True)
class FeatureBatch:
    """Encoded rows on the device, shape (rows, columns)."""

    values: torch.Tensor


class FeatureClassification:
    """Adapter for `model.factory`: a torch module that takes (rows, columns) and returns logits (rows, classes)."""

    task = "feature-classification"
    differentiable = True
    not_finite = NOT_FINITE
    nothing: str | None = None
    probes = frozenset({"values"})

    def __init__(self, module: Any, config: ModelConfig, looked: Looked, facts: ModelFacts) -> None:
        self._columns: list[Columns] = []
        for name in looked.kinds:
            first = sum(columns.width for columns in self._columns)
            encoding = config.encoding.get(name, FeatureEncoding())
            self._columns.append(Columns.of(name, encoding, first, looked.references[name]))
        self._reference = np.concatenate([columns.reference for columns in self._columns])
        units = [np.full(columns.width, unit, np.int32) for unit, columns in enumerate(self._columns)]
        self._units = np.concatenate(units)
        self._dtype = DTYPES[facts.dtype]
        self._facts = facts
        self.classes = facts.classes
        self.notes: list[Note] = []
        self.unexplainable: str | None = None
        self._take(module)

    def _take(self, module: Any) -> None:
        self._module = module
        self.jumps = jumps(module)
        self.device = next((weight.device for weight in module.parameters()), torch.device("cpu"))

    @classmethod
    def load(cls, config: ModelConfig, audited: AuditConfig) -> Self:
        """Build the module, and load its weights, each in its place.

        Raises
        ------
        ModelError, ConfigError
            If it cannot be built, a weight is missing, left over or of another shape, or it cannot be audited.
        """
        function, where, device = import_function(config), str(config.path), resolve_device(config.device)
        looked = look(audited)
        module = _built(function, config)
        stored = _load(module, config, where)
        module = module.to(device, DTYPES[config.dtype]).eval().requires_grad_(False)
        facts = ModelFacts(
            name=file_name(config.path),
            task=cls.task,
            architecture=type(module).__name__,
            parameters=sum(weight.numel() for weight in module.parameters()),
            classes=list(config.classes),
            sha256="",
            revision=None,
            stored_dtype=stored,
            dtype=config.dtype,
            precision=tier_of(config, device),
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            max_length=None,
            batch_tokens=config.batch_tokens or batch_tokens(device),
            reference={name: value for name, value in looked.references.items() if value is not None},
        )
        adapter = cls(module, config, looked, facts)
        adapter._probe(where)
        adapter._facts = facts.model_copy(update={"sha256": function.settle()})
        return adapter

    def facts(self) -> ModelFacts:
        """What the result says of the model."""
        return self._facts

    def randomised(self, seed: int) -> Self:
        """Return a copy with weights shuffled within each tensor."""
        copied = copy.copy(self)
        copied.notes = []
        copied._take(shuffled(self._module, seed))
        return copied

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Put named values into columns; a value that has no place there makes a decision fail."""
        return [self._encode(plain(example)) for example in inputs]

    def _encode(self, example: object) -> Encoded:
        if not isinstance(example, Fields):
            raise TypeError(f"a {type(example).__name__} where named values were expected")
        row = np.zeros(len(self._reference), np.float32)
        places = lines_of(example)
        for columns, value in zip(self._columns, example.values, strict=True):
            if why := columns.put(row, value, columns.first):
                nothing = np.zeros(0, np.int32)
                return Encoded({"columns": row[:0]}, nothing, places[:0], truncated=False, failed=why)
        return Encoded({"columns": row}, self._units, places, truncated=False, weight=len(row))

    def collate(self, encoded: Sequence[Encoded]) -> FeatureBatch:
        """Stack rows, on the device."""
        rows = torch.from_numpy(np.stack([item.inputs["columns"] for item in encoded]))
        return FeatureBatch(rows.to(self.device, self._dtype))

    def logits(self, batch: FeatureBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes)."""
        return self._module(batch.values if embedded is None else embedded).float()  # type: ignore[no-any-return]

    def embed(self, batch: FeatureBatch) -> torch.Tensor:
        """Return the encoded columns, shape (batch, columns)."""
        return batch.values

    def by_element(self, values: torch.Tensor, batch: FeatureBatch) -> torch.Tensor:
        """Return values as they are: a column is one element."""
        return values

    def baseline(self, encoded: Sequence[Encoded], batch: FeatureBatch, kind: str) -> torch.Tensor:
        """Return every feature's reference value, or columns of zeros."""
        row = torch.from_numpy(self._reference).to(batch.values)
        return (row if kind == "reference" else torch.zeros_like(row)).expand_as(batch.values)

    def erase(
        self, encoded: Sequence[Encoded], batch: FeatureBatch, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Put the baseline in the place of some features."""
        erased = elements_of(encoded, units, batch.values.shape[1]).to(self.device)
        return torch.where(erased, self.baseline(encoded, batch, kind), batch.values)

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto`: the reference values."""
        if self.unexplainable:
            raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")
        if asked not in {"auto", "reference", "zero"}:
            raise ModelError(f"features have no {asked}", hint="set explanations.baseline to reference, or to zero")
        return "reference" if asked == "auto" else asked

    def other_baseline(self, kind: str) -> str:
        """Return columns of zeros (numbers at their mean, no category at all), or the reference values."""
        return "zero" if kind == "reference" else "reference"

    def _probe(self, where: str) -> None:
        """Try the module on random rows of columns, before any decision is made."""
        rng = np.random.default_rng(0)
        places = np.array([(unit, unit + 1) for unit in range(len(self._columns))], np.int32)
        encoded = []
        for _ in range(TRIED):
            row = np.zeros(len(self._reference), np.float32)
            for columns in self._columns:
                at = columns.first + rng.integers(columns.width)
                row[at] = 1.0 if columns.encoding.categories else rng.normal()
            encoded.append(Encoded({"columns": row}, self._units, places, truncated=False))
        doing = f"trying {self._facts.architecture}"
        try:
            with door(doing, where):
                probe_decisions(self, encoded, self._dtype, thing="row")
        except ModelError as error:
            raise ModelError(f"cannot be audited: {error.problem}", where=where, hint=error.hint) from error
        try:
            with door(doing, where):
                self.unexplainable = probe_explanations(self, encoded[:2], encoded[2:4], self._dtype)
        except ModelError as error:
            self.unexplainable = error.problem


def _built(function: OwnFunction, config: ModelConfig) -> Any:
    with door(f"building the module with {function.name}", "model.factory"):
        module = function(**config.arguments)
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"returned a {type(module).__name__}, not a torch module", where=function.name)
    return module


def _load(module: Any, config: ModelConfig, where: str) -> str:
    """Put stored weights into a module, none missing and none left over; name their precision."""
    if size_of(config.path, where) is None:
        raise ModelError("no such file", where=where, hint="model.path names the safetensors file with the weights")
    if config.path.suffix != ".safetensors":
        raise ModelError(
            "is no safetensors file", where=where, hint="save the weights with safetensors.torch.save_file"
        )
    with door("reading the weights", where):
        stored = load_file(config.path)
    own = module.state_dict()
    for names, what in ((own.keys() - stored, "are missing"), (stored.keys() - own, "have no place in the module")):
        if names:
            raise ModelError(f"{len(names)} weights {what}: {some(sorted(names), 4)}", where=where)
    shapes = [
        f"{name} {tuple(stored[name].shape)} for {tuple(own[name].shape)}"
        for name in sorted(own)
        if stored[name].shape != own[name].shape
    ]
    if shapes:
        raise ModelError(f"{len(shapes)} weights have another shape: {some(shapes, 4)}", where=where)
    with door("loading the weights", where):
        module.load_state_dict(stored, strict=True)
    check_finite(module, where)
    precisions = {str(weight.dtype).removeprefix("torch.") for weight in stored.values() if weight.is_floating_point()}
    return min(precisions) if precisions else "unknown"

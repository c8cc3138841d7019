"""A function of the user's own: a batch in, probabilities out, and nothing known of what is between.

It has no gradients, so what explanations interpolate is a mask of ones over units, and a unit with 0 is replaced.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from audit.config import AuditConfig, ModelConfig
from audit.data.examples import Example
from audit.errors import AuditError, ModelError
from audit.models.adapter import Encoded, elements_of
from audit.models.checkpoint import said
from audit.models.looked import Looked, look
from audit.models.own_code import OwnFunction, import_function
from audit.models.replacing import Bools, replacing
from audit.result import ModelFacts, Note

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
#: What is read -> kinds of probe that such a function answers.
PROBES = {
    "input": frozenset({"terms"}),
    "fields": frozenset({"values", "terms"}),
    "features": frozenset({"values"}),
    "image": frozenset({"tone", "light"}),
}
#: Units of a batch, if the configuration does not say.
UNITS = 1 << 16
#: Probabilities below are taken for this, so that their logarithms stay numbers.
LEAST_PROBABILITY = 1e-6
#: How far a row may be from adding up to one, or an entry below zero.
ROUNDED = 1e-3
#: How far a probability may move when the same is asked in other company, or again.
MOVES = 5e-4


class _NoProbabilities(Exception):
    """What the function returned is none, whatever it was asked."""


@dataclass(frozen=True)
class Asked:
    """Examples to ask about. `on` is the mask that says nothing was replaced, `off` the one with all replaced."""

    items: Sequence[Encoded]
    on: torch.Tensor
    off: torch.Tensor


class BlackBox:
    """Adapter for `model.callable`."""

    task = "black-box"
    differentiable = False
    not_finite = "function_failed"
    nothing: str | None = None

    def __init__(self, function: OwnFunction, config: ModelConfig, looked: Looked) -> None:
        self._function = function
        self._replacing = replacing(looked)
        self._complained = False
        self.classes = list(config.classes)
        self.notes: list[Note] = []
        self.unexplainable: str | None = None
        self.probes = PROBES[looked.reads]
        self.device = torch.device("cpu")
        self._try(looked)
        shown = {name: value for name, value in looked.references.items() if value is not None}
        self._facts = ModelFacts(
            name=function.name,
            task=self.task,
            architecture=type(function.function).__name__,
            parameters=None,
            classes=self.classes,
            sha256=function.settle(),
            revision=None,
            stored_dtype="float64",
            dtype="float64",
            device="cpu",
            max_length=None,
            batch_tokens=config.batch_tokens or UNITS,
            reference=shown or None,
            grid=self._replacing.grid,
        )

    @classmethod
    def load(cls, config: ModelConfig, audited: AuditConfig) -> Self:
        """Import the function, and try it on a few rows.

        Raises
        ------
        ModelError, ConfigError
            If it cannot be imported, or what it returns are no probabilities of the row alone.
        """
        return cls(import_function(config), config, look(audited))

    def facts(self) -> ModelFacts:
        """What the result says of the model."""
        return self._facts

    def randomised(self, seed: int) -> Self:
        """Refuse: there are no weights to shuffle."""
        raise ModelError("a function has no weights that could be shuffled", where=self._function.name)

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Find the units of examples."""
        return [self._replacing.encode(example) for example in inputs]

    def collate(self, encoded: Sequence[Encoded]) -> Asked:
        """Put examples together; masks are padded with ones."""
        on = np.ones((len(encoded), max((item.length for item in encoded), default=0)), np.float32)
        off = on.copy()
        for row, item in enumerate(encoded):
            off[row, : item.length] = item.inputs["inert"]
        return Asked(encoded, torch.from_numpy(on), torch.from_numpy(off))

    def logits(self, batch: Asked, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return logarithms of probabilities, shape (batch, classes); not finite where the function failed."""
        mask = batch.on if embedded is None else embedded
        found = self._probabilities(batch.items, mask.detach().numpy() >= 0.5)
        return torch.from_numpy(np.log(np.clip(found, LEAST_PROBABILITY, 1.0)).astype(np.float32))

    def embed(self, batch: Asked) -> torch.Tensor:
        """Return a mask of ones, shape (batch, units)."""
        return batch.on

    def by_element(self, values: torch.Tensor, batch: Asked) -> torch.Tensor:
        """Return values as they are: a unit is one element."""
        return values

    def baseline(self, encoded: Sequence[Encoded], batch: Asked, kind: str) -> torch.Tensor:
        """Return a mask of zeros; ones where replacing changes nothing, and in the padding."""
        return batch.off

    def erase(
        self, encoded: Sequence[Encoded], batch: Asked, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Put zeros in the place of some units."""
        return torch.where(elements_of(encoded, units, batch.on.shape[1]), batch.off, batch.on)

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto`: there is one, by what is read."""
        if self.unexplainable:
            raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")
        if asked not in {"auto", self._replacing.kind}:
            raise ModelError(
                f"of this function's inputs, what is taken away is {self._replacing.kind}, and nothing else",
                where="explanations.baseline", hint="set explanations.baseline: auto",
            )  # fmt: skip
        return self._replacing.kind

    def other_baseline(self, kind: str) -> str:
        """Return the same: there is no other."""
        return kind

    def _probabilities(self, items: Sequence[Encoded], kept: Bools) -> Floats:
        """Ask about examples, in smaller parts where the function fails, down to the ones that it fails on."""
        try:
            return _checked(self._ask(items, kept))
        except (AuditError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  whatever the user's function raises
            if len(items) > 1:
                middle = len(items) // 2
                parts = [self._probabilities(items[:middle], kept[:middle])]
                return np.concatenate([*parts, self._probabilities(items[middle:], kept[middle:])])
            if not self._complained:
                log.warning("%s failed on a row: %s", self._function.name, said(error))
            self._complained = True
            return np.full((1, len(self.classes)), np.nan)

    def _ask(self, items: Sequence[Encoded], kept: Bools) -> Floats:
        with torch.inference_mode(mode=False):
            returned: Any = self._function(self._replacing.given(items, kept))
        if isinstance(returned, torch.Tensor):
            returned = returned.detach().cpu()
        try:
            found = np.array(returned, np.float64)
        except (TypeError, ValueError):
            raise _NoProbabilities(f"it returned a {type(returned).__name__} that is no array of numbers") from None
        expected = (len(items), len(self.classes))
        if found.shape != expected:
            raise _NoProbabilities(f"it returned the shape {found.shape} where (rows, classes) = {expected} was due")
        return found

    def _try(self, looked: Looked) -> None:
        """Ask about a few rows, before any decision is made: are these probabilities, and of the row alone?

        Raises
        ------
        ModelError
            With one reason.
        """
        items = [item for item in self.encode(looked.tried) if item.failed is None]
        kept = self.collate(items).on.numpy() >= 0.5
        first, items = self._first(items, kept)
        if not items:
            return
        where, kept = self._function.name, self.collate(items).on.numpy() >= 0.5
        try:
            again = self._ask(items, kept)
            backwards = self._ask(items[::-1], kept[::-1])[::-1]
            alone = np.concatenate([self._ask([item], on[None]) for item, on in zip(items, kept, strict=True)])
        except (AuditError, MemoryError):
            raise
        except Exception as error:
            raise ModelError(
                f"it answers some of the time: asked about the same rows again, {_told(error)}", where=where
            ) from error
        if (moved := _moved(first, again)) > MOVES:
            raise ModelError(
                f"its probabilities are random: of the same rows twice they differ by {moved:.2g}", where=where
            )
        if (moved := max(_moved(first, backwards), _moved(first, alone))) > MOVES:
            raise ModelError(
                "its probabilities depend on the rows that share a batch: alone and in company they differ by "
                f"{moved:.2g}", where=where, hint="each row must be decided by itself",
            )  # fmt: skip
        batch = self.collate(items)
        try:
            blank = _checked(self._ask(items, batch.off.numpy() >= 0.5))
        except (AuditError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001
            self.unexplainable = f"asked about a row with everything in it {self._replacing.kind}, {_told(error)}"
            return
        if not np.isfinite(blank).all():
            self.unexplainable = f"with everything in a row {self._replacing.kind}, it returns no probabilities"

    def _first(self, items: list[Encoded], kept: Bools) -> tuple[Floats, list[Encoded]]:
        """Return what is said of the rows on which the function does not fail; those it fails on are no reason."""
        where = self._function.name
        found, usable, failed = [], [], None
        try:
            found, usable = list(self._ask(items, kept)), items
        except (AuditError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001
            if isinstance(error, _NoProbabilities):
                raise ModelError(str(error), where=where) from None
            failed = error
            for item, on in zip(items, kept, strict=True):
                try:
                    found.append(self._ask([item], on[None])[0])
                    usable.append(item)
                except (AuditError, MemoryError):
                    raise
                except Exception as another:  # noqa: BLE001
                    failed = another
        if not usable and failed is not None:
            raise ModelError(f"asked about each of the first {len(items)} rows, {_told(failed)}", where=where)
        if usable and (wrong := _wrong(np.stack(found))):
            raise ModelError(f"what it returns are no probabilities: {wrong}", where=where)
        return np.stack(found) if found else np.zeros((0, len(self.classes))), usable


def _told(error: BaseException) -> str:
    return f"it failed: {said(error)}"


def _moved(a: Floats, b: Floats) -> float:
    """How far probabilities are apart; where both are none, not at all."""
    apart = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b))
    return float(np.nan_to_num(apart, nan=1.0).max(initial=0.0))


def _faults(found: Floats) -> dict[str, Bools]:
    """Say of rows what makes them no probabilities."""
    finite = np.isfinite(found).all(1)
    return {
        "some are not finite numbers": ~finite,
        "some are below zero": finite & (found < -ROUNDED).any(1),
        "rows do not add up to one": finite & (np.abs(found.sum(1) - 1) > ROUNDED),
    }


def _wrong(found: Floats) -> str | None:
    """Say what is wrong with all rows; None if one is right."""
    faults = _faults(found)
    if not np.logical_or.reduce(list(faults.values())).all():
        return None
    name = max(faults, key=lambda name: int(faults[name].sum()))
    row = found[int(np.argmax(faults[name]))]
    return f"{name}, as in {np.array2string(row, precision=4, threshold=6)}"


def _checked(found: Floats) -> Floats:
    """Make rows add up to one exactly; rows that are no probabilities become not finite."""
    bad = np.logical_or.reduce(list(_faults(found).values()))
    found = np.where(bad[:, None], np.nan, np.clip(found, 0.0, None))
    return np.asarray(found / found.sum(1, keepdims=True))

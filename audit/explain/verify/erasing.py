"""The model with units erased: the baseline stands in a unit's place, and all else stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from audit.explain.integrate.score import score
from audit.models.adapter import Adapter, Encoded
from audit.models.engine import BatchRunner
from audit.models.precision import at_precision

Floats = npt.NDArray[np.float64]
Erased = frozenset[int]


@dataclass
class ErasedCase:
    """One decision under test, with φ of its units, and F wherever it was asked for with units erased."""

    item: Encoded
    target: int
    phi: Floats
    f_input: float
    known: dict[Erased, tuple[float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.phi = np.asarray(self.phi, np.float64)

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.phi)

    @property
    def everything(self) -> Erased:
        """All units."""
        return frozenset(range(self.units))

    def order(self) -> list[int]:
        """Units from most positive φ to most negative."""
        return [int(unit) for unit in np.argsort(-self.phi, kind="stable")]

    def fall(self, erased: Iterable[Erased]) -> float:
        """Average fall of F over sets."""
        return float(np.mean([self.f_input - self.known[units][0] for units in erased]))


class Eraser:
    """Run the model on inputs with units erased, batched over decisions, at a precision (`at_precision`)."""

    def __init__(self, adapter: Adapter, *, baseline: str, budget: int, scale: str, precision: str = "float32") -> None:
        self._adapter, self._baseline, self._scale, self._precision = adapter, baseline, scale, precision
        self._runner = BatchRunner(budget)

    def evaluate(self, cases: Sequence[ErasedCase], wanted: Sequence[tuple[int, Erased]]) -> None:
        """Fill in F and the predicted class for every (case, erased units) that is not known yet."""
        asked = [(i, units) for i, units in dict.fromkeys(wanted) if units not in cases[i].known]
        found = self._runner.run(
            asked, lambda pair: cases[pair[0]].item.cost, lambda part: self._work([(cases[i], u) for i, u in part])
        )
        for (i, units), outcome in zip(asked, found, strict=True):
            cases[i].known[units] = outcome

    def _work(self, asked: list[tuple[ErasedCase, Erased]]) -> list[tuple[float, int]]:
        items = [case.item for case, _ in asked]
        batch = self._adapter.collate(items)
        target = torch.tensor([case.target for case, _ in asked], device=self._adapter.device)
        with torch.inference_mode(), at_precision(self._precision, self._adapter.device):
            erased = self._adapter.erase(items, batch, self._baseline, [units for _, units in asked])
            logits = self._adapter.logits(batch, erased)
            f, predicted = score(logits, target, self._scale), logits.argmax(-1)
        return list(zip(f.double().tolist(), predicted.tolist(), strict=True))

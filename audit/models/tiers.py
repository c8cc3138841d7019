"""Decisions asked for in a coarser precision than float32, and again in float32 where that might decide otherwise.

A decision turns only if the difference between two classes' logits moves by as much as they lie apart: its margin. So
a sample is computed in both precisions; decisions whose margin is less than `FACTOR` times the largest move seen are
computed again, and as long as these show a larger one, so are the decisions that it puts in doubt. What was computed
again replaces the coarse numbers. All of that is found within one call, so that it does not depend on who else was
asked, or when.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from audit.models.adapter import Adapter, AdapterOfSeveral, Batch, Encoded
from audit.models.engine import BatchRunner
from audit.models.precision import at_precision
from audit.models.tier_counts import COUNTED, FACTOR, LARGEST, UNCOMPILED

Floats = npt.NDArray[np.float32]
#: Inputs of a call that are computed in both precisions, whatever their margin: one of each of so many lengths.
SAMPLED = 32


class TieredRunner:
    """Run a model over inputs that it decides about, in the precision that its facts name.

    Parameters
    ----------
    budget
        Padded tokens per batch.

    Attributes
    ----------
    runner : BatchRunner
        Makes the batches, and counts them.
    spent : Counter
        What tiers took so far: numbers that may be added up over calls and processes.
    """

    def __init__(self, adapter: Adapter, budget: int) -> None:
        self._adapter = adapter
        self._precision = adapter.facts().precision
        self.runner = BatchRunner(budget)
        self.spent: Counter[str] = Counter()

    def logits(self, items: Sequence[Encoded], advance: Callable[[int], object] = lambda done: None) -> list[Floats]:
        """Logits of each input, shape (classes,), for the one decision that is meant."""

        def ask(batch: Batch) -> list[Floats]:
            return list(self._adapter.logits(batch).cpu().numpy())

        return self._run(items, ask, lambda logits: logits[None], advance)

    def outputs(self, items: Sequence[Encoded], advance: Callable[[int], object] = lambda done: None) -> list[Floats]:
        """Return, of a model that makes several decisions about an example, what it makes them from."""
        several = cast("AdapterOfSeveral", self._adapter)

        def contests(output: Floats) -> Floats:
            # Asked for where a precision is coarser, and nowhere else.
            return several.contests(output)

        return self._run(items, several.outputs, contests, advance)

    def _run(
        self,
        items: Sequence[Encoded],
        ask: Callable[[Batch], Sequence[Floats]],
        contests: Callable[[Floats], Floats],
        advance: Callable[[int], object],
    ) -> list[Floats]:
        def run(some: Sequence[Encoded], precision: str, told: Callable[[int], object]) -> list[Floats]:
            def work(batch: list[Encoded]) -> Sequence[Floats]:
                collated = self._adapter.collate(batch)
                with at_precision(precision, self._adapter.device):
                    found = ask(collated)
                # Optional, since most adapters compile nothing.
                if getattr(self._adapter, "gave_up_compiling", False):
                    self.spent[UNCOMPILED] += len(batch)
                return found

            return self.runner.run(some, lambda item: item.cost, work, told)

        if self._precision == "float32":
            return run(items, "float32", advance)
        if len(items) <= 2 * SAMPLED:
            # Hardly more than would be computed again.
            self.spent[f"{COUNTED}exact"] += len(items)
            return run(items, "float32", advance)
        coarse = run(items, self._precision, advance)
        again = _Again([contests(found) for found in coarse], contests)
        chosen = again.first([item.cost for item in items])
        while chosen:
            found = run([items[i] for i in chosen], "float32", lambda done: None)
            again.learn(chosen, found)
            chosen = again.in_doubt()
        self.spent.update(again.counted)
        return [again.exact.get(i, found) for i, found in enumerate(coarse)]


class _Again:
    """Which inputs of one call are computed again, and what that shows.

    Parameters
    ----------
    coarse
        Of each input, logits of shape (decisions, classes), of which the largest decides.
    """

    def __init__(self, coarse: list[Floats], contests: Callable[[Floats], Floats]) -> None:
        self._coarse, self._contests = coarse, contests
        self._margins = np.array([_margin(one) for one in coarse])
        self.exact: dict[int, Floats] = {}
        self.counted: Counter[str] = Counter({f"{COUNTED}asked": len(coarse)})
        self._move = 0.0
        self._difference = 0.0

    def first(self, costs: Sequence[int]) -> list[int]:
        """Draw one input of each of `SAMPLED` lengths; what is no finite number is always computed again."""
        order = np.argsort(costs, kind="stable")
        draw = np.random.default_rng(len(costs))
        drawn = {int(draw.choice(some)) for some in np.array_split(order, SAMPLED)}
        self.counted[f"{COUNTED}sampled"] += len(drawn)
        return sorted(drawn | {int(i) for i in np.flatnonzero(np.isnan(self._margins))})

    def in_doubt(self) -> list[int]:
        """Inputs not yet computed again that might be decided otherwise, as far as is known by now."""
        return [int(i) for i in np.flatnonzero(self._margins <= FACTOR * self._move) if i not in self.exact]

    def learn(self, asked: Collection[int], exact: Sequence[Floats]) -> None:
        """Take over float32's answers, and how far the coarse ones were off."""
        bound, is_first = FACTOR * self._move, not self.exact
        for i, found in zip(asked, exact, strict=True):
            self.exact[i] = found
            coarse, fine = self._coarse[i], self._contests(found)
            self.counted[f"{COUNTED}again"] += 1
            if np.isnan(self._margins[i]) or not np.isfinite(fine).all() or not fine.size:
                continue
            change = coarse.astype(np.float64) - fine
            move = float(np.ptp(change, axis=-1).max())
            self.counted[f"{COUNTED}otherwise"] += bool((coarse.argmax(-1) != fine.argmax(-1)).any())
            self.counted[f"{COUNTED}beyond"] += not is_first and move > bound
            self._move = max(self._move, move)
            self._difference = max(self._difference, float(np.abs(_softmax(coarse) - _softmax(fine)).max()))
        for name in [name for name in self.counted if name.startswith(LARGEST)]:
            del self.counted[name]
        if self._difference:
            self.counted[f"{LARGEST}{rounded_up(self._difference)}"] = 1


def rounded_up(value: float) -> str:
    """Write a positive number with two digits, none of which makes it less."""
    exponent = math.floor(math.log10(value)) - 1
    digits = math.ceil(value / 10.0**exponent * (1 - 1e-12))
    return f"{digits}e{exponent}"


def _margin(logits: Floats) -> float:
    """Least distance between the first and the second class of a decision; not a number where some logit is none."""
    if not np.isfinite(logits).all():
        return math.nan
    if not logits.size:
        return math.inf
    two = np.partition(logits.astype(np.float64), -2, axis=-1)[..., -2:]
    return float((two[..., 1] - two[..., 0]).min())


def _softmax(logits: Floats) -> npt.NDArray[np.float64]:
    shifted = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True))

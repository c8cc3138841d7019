"""Batching, written once: sort by length, fill to a token budget, back off when memory runs out, restore the order."""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from audit.errors import ModelError

log = logging.getLogger(__name__)

In = TypeVar("In")
Out = TypeVar("Out")


#: Padded tokens from which on a batch keeps a card busy, so that it need not take in what is much shorter.
BUSY = 4096
#: Share of padding that such a batch may come to.
MOST_PADDING = 0.05


def fill_batches(lengths: Sequence[int], budget: int, busy: int = BUSY) -> list[list[int]]:
    """Group items of like length so that no batch, padded to its longest, exceeds the budget.

    A budget of a large card would put most of a window of short texts into one batch, half of it padding.

    Parameters
    ----------
    lengths
        Cost of each item, in tokens.
    budget
        Padded tokens per batch; an item longer than that stands alone.
    busy
        Padded tokens from which on a batch is closed before more than `MOST_PADDING` of it is padding.

    Returns
    -------
    list of batches
        Indices into `lengths`, longest first: memory peaks at once, not at the end.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    longest = filled = 0
    for i in order:
        size = longest * len(batches[-1]) if batches else 0
        more, real = size + longest, filled + lengths[i]
        if batches and more <= budget and (size < busy or more - real <= MOST_PADDING * more):
            batches[-1].append(i)
            filled = real
        else:
            batches.append([i])
            longest = filled = lengths[i]
    return batches


class BatchRunner:
    """Run a function over items in batches of like length.

    Parameters
    ----------
    budget
        Padded tokens per batch. Halved, for good, each time memory runs out.

    Attributes
    ----------
    batches : int
        Calls of the function that returned.
    tokens : int
        Padded tokens they took.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.batches = 0
        self.tokens = 0

    def run(
        self,
        items: Sequence[In],
        cost: Callable[[In], int],
        work: Callable[[list[In]], Sequence[Out]],
        advance: Callable[[int], object] = lambda done: None,
    ) -> list[Out]:
        """Return `work`'s result for every item, in the order of the items; tell `advance` how many each batch did.

        Raises
        ------
        ModelError
            If even a single item does not fit into memory.
        """
        costs = [cost(item) for item in items]
        results: dict[int, Out] = {}
        queue = fill_batches(costs, self.budget)[::-1]
        while queue:
            batch = queue.pop()
            outcome = self._attempt([items[i] for i in batch], work)
            if outcome is None:
                self._back_off(len(batch), costs[batch[0]])
                waiting = [i for part in [batch, *queue[::-1]] for i in part]
                again = fill_batches([costs[i] for i in waiting], self.budget)
                queue = [[waiting[k] for k in part] for part in again][::-1]
                continue
            self.batches += 1
            self.tokens += len(batch) * costs[batch[0]]
            results.update(zip(batch, outcome, strict=True))
            advance(len(batch))
        return [results[i] for i in range(len(items))]

    @staticmethod
    def _attempt(batch: list[In], work: Callable[[list[In]], Sequence[Out]]) -> Sequence[Out] | None:
        """Return the results, or None if memory ran out; the exception, which holds tensors, is gone by then."""
        try:
            return work(batch)
        except (torch.OutOfMemoryError, MemoryError):
            return None
        except RuntimeError as error:
            if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
                return None
            raise

    def _back_off(self, size: int, cost: int) -> None:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if size == 1:
            raise ModelError(
                f"memory does not suffice for one input of {cost:,} tokens",
                hint="set model.max_length, or another device",
            )
        self.budget = max(cost, min(self.budget, size * cost) // 2)
        log.warning("out of memory: going on with %s tokens per batch", f"{self.budget:,}")


def give_back_memory() -> None:
    """Return freed memory to the system: glibc keeps what batches of ever other shapes left behind."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def ahead(items: Iterable[In], prepare: Callable[[In], Out]) -> Iterator[tuple[In, Out]]:
    """Prepare each item in a background thread while the one before is being worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
        waiting = None
        for item in items:
            upcoming = (item, pool.submit(prepare, item))
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = upcoming
        if waiting is not None:
            yield waiting[0], waiting[1].result()

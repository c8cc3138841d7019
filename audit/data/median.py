"""The median score of all rows, which may be what a decision is cut at."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.config import DataConfig

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Different scores that are held in memory, with how often each occurs; more go to disk, in sorted runs.
MOST_HELD = 1 << 20


class MedianScore:
    """Collects scores where the median is the threshold, and nothing elsewhere; a context, since it may hold a file."""

    def __init__(self, data: DataConfig) -> None:
        self._wanted = data.threshold == "median"
        self._scores: list[Floats] = []
        self._counts: list[Ints] = []
        self._held = 0
        self._file: Any = None
        self._runs: list[tuple[Floats, Ints]] = []
        self._closing = ExitStack()

    def __enter__(self) -> MedianScore:
        return self

    def __exit__(self, *_: object) -> None:
        self._runs = []
        self._closing.close()

    def over(self, batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Pass canonical rows on; one counts as often as it stands for a decision, whatever its weight."""
        for batch in batches:
            yield batch
            # Whoever reads refuses rows without a score first.
            if self._wanted:
                self._add(batch["score"].to_numpy(), batch["count"].to_numpy())

    def value(self) -> float | None:
        """Return the middle score, or the mean of the two in the middle; None where no row counts."""
        if not self._wanted:
            return None
        runs = [*self._runs, self._run()]
        total = sum(int(counts[-1]) for _, counts in runs if len(counts))
        return float(np.mean([_at(runs, place) for place in ((total - 1) // 2, total // 2)])) if total else None

    def _add(self, scores: Floats, counts: Ints) -> None:
        self._scores.append(scores + 0.0)  # so that there is one zero, whose bits come first
        self._counts.append(counts)
        self._held += len(scores)
        if self._held > MOST_HELD:
            scores, counts = self._run()
            self._scores, self._counts, self._held = [scores], [np.diff(counts, prepend=0)], len(scores)
            if self._held > MOST_HELD // 2:
                self._spill(scores, counts)

    def _run(self) -> tuple[Floats, Ints]:
        """Sort what is held: each score once, with how many rows have it or a lower one."""
        if not self._scores:
            return np.zeros(0), np.zeros(0, np.int64)
        scores, counts = np.concatenate(self._scores), np.concatenate(self._counts)
        order = np.argsort(scores, kind="stable")
        scores, cumulated = scores[order], np.cumsum(counts[order])
        last = np.append(scores[1:] != scores[:-1], True)
        return scores[last], cumulated[last]

    def _spill(self, scores: Floats, counts: Ints) -> None:
        if self._file is None:
            # It has no name: however the process ends, nothing stays on the disk.
            self._file = self._closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the rest
        begins, size = self._file.seek(0, 2), len(scores)
        self._file.write(scores.tobytes() + counts.tobytes())
        self._file.flush()
        both = np.memmap(self._file, np.int64, "r", begins, (2, size))
        self._runs.append((both[0].view(np.float64), both[1]))
        self._scores, self._counts, self._held = [], [], 0


def _at(runs: list[tuple[Floats, Ints]], place: int) -> float:
    """Return the score at a place, from 0, of all runs put in one order.

    The bits of numbers from 0 on, read as whole numbers, have the order of the numbers: they are searched by halves.
    """

    def up_to(score: np.float64) -> int:
        found = [(counts, int(np.searchsorted(scores, score, "right"))) for scores, counts in runs]
        return sum(int(counts[n - 1]) for counts, n in found if n)

    low, high = 0, int(np.float64(np.inf).view(np.int64))
    while low < high:
        middle = (low + high) // 2
        if up_to(np.int64(middle).view(np.float64)) > place:
            high = middle
        else:
            low = middle + 1
    return float(np.int64(low).view(np.float64))

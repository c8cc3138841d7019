"""The median score of all rows, which may be what a decision is cut at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.config import DataConfig

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class MedianScore:
    """Collects scores where the median is the threshold, and nothing elsewhere. Memory holds sixteen bytes per row."""

    def __init__(self, data: DataConfig) -> None:
        self._wanted = data.threshold == "median"
        self._scores: list[Floats] = []
        self._counts: list[Ints] = []

    def over(self, batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Pass canonical rows on; one counts as often as it stands for a decision, whatever its weight."""
        for batch in batches:
            yield batch
            # Whoever reads refuses rows without a score first.
            if self._wanted:
                self._scores.append(batch["score"].to_numpy())
                self._counts.append(batch["count"].to_numpy())

    def value(self) -> float | None:
        """Return the middle score, or the mean of the two in the middle; None where no row counts."""
        total = int(sum(counts.sum() for counts in self._counts))
        if not total:
            return None
        scores, counts = np.concatenate(self._scores), np.concatenate(self._counts)
        order = np.argsort(scores, kind="stable")
        places = np.searchsorted(np.cumsum(counts[order]), [(total - 1) // 2, total // 2], side="right")
        return float(np.mean(scores[order][places]))

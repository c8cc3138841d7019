"""How many different texts a column holds, and which repeat, in bounded memory.

Texts are told apart by their hashes. Beyond `MOST_HELD` of them, hashes go to a file, in sorted runs: equal ones begin
with the same bits, so that the same part of every run holds them, and part by part is looked at by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.data.hashes import Hashes, hashes_of

#: Hashes that are held in memory, of eight bytes each.
MOST_HELD = 1 << 19
#: Parts that are looked at one after the other, by the first bits of a hash; of 10⁹, each has 63 MB.
_BITS = 7
_EDGES = np.arange(1, 1 << _BITS, dtype=np.uint64) << np.uint64(64 - _BITS)


class Distinct:
    """Collects the texts of a column, batch by batch; a context, since it may hold a file."""

    def __init__(self) -> None:
        self._held: list[Hashes] = []
        self._size = 0
        self._file: Any = None
        self._runs: list[npt.NDArray[np.int64]] = []
        self._closing = ExitStack()

    def __enter__(self) -> Distinct:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, column: pa.ChunkedArray | pa.Array) -> None:
        """Add the texts of a batch; missing ones do not count."""
        found = hashes_of(column.drop_null())
        self._held.append(found)
        self._size += len(found)
        if self._size > MOST_HELD:
            self._spill()

    def count(self) -> int:
        """Count the different texts."""
        return sum(len(np.unique(part)) for part in self._parts())

    def repeated(self) -> Hashes:
        """Return the hashes that occur more than once, in rising order."""
        found = [np.zeros(0, np.uint64)]
        for part in self._parts():
            ordered = np.sort(part)
            found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
        return np.concatenate(found)

    def _parts(self) -> Iterator[Hashes]:
        if self._file is None:
            yield np.concatenate([np.zeros(0, np.uint64), *self._held])
            return
        self._spill()
        for part in range(len(_EDGES) + 1):
            pieces = []
            for run in self._runs:
                self._file.seek(int(run[part]) * 8)
                pieces.append(np.frombuffer(self._file.read(int(run[part + 1] - run[part]) * 8), np.uint64))
            yield np.concatenate(pieces)

    def _spill(self) -> None:
        """Write what is held as one run, and where each part of it begins."""
        if self._file is None:
            # It has no name: however the process ends, nothing stays on the disk.
            self._file = self._closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the rest
        held = np.sort(np.concatenate([np.zeros(0, np.uint64), *self._held]))
        begins = self._runs[-1][-1] if self._runs else 0
        self._runs.append(begins + np.array([0, *np.searchsorted(held, _EDGES), len(held)], np.int64))
        self._file.seek(int(begins) * 8)
        self._file.write(held.tobytes())
        self._held, self._size = [], 0

"""A stage's work in numbered parts, each written atomically, so that an interrupted run goes on where it stopped.

The trade-off: every result is written twice, once as a part and once in the finished file. Parts cost little beside the
forward passes they save, and the finished file is one that every reader of Parquet opens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.store.damage import naming
from audit.store.files import replacing

COUNTERS = b"fairaudit.counters"


class Shards:
    """Numbered Parquet parts of one stage.

    Parameters
    ----------
    folder
        Where the parts lie; made when the first is written.
    state
        File that says what the run folder is claimed for, if it is a run folder's.
    """

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self.folder, self._state = folder, state

    def ticket(self) -> str:
        """Tell what the run folder is claimed for; empty where it is claimed for nothing.

        A process that was given one and finds another works for a run that is gone, or sees another disk.
        """
        try:
            return hashlib.sha256(self._state.read_bytes()).hexdigest() if self._state else ""
        except OSError:
            return ""

    def remove(self, number: int) -> None:
        """Take a part back."""
        self.path(number).unlink(missing_ok=True)

    def path(self, number: int) -> Path:
        """Path of one part."""
        return self.folder / f"part-{number:06d}.parquet"

    def done(self, number: int) -> bool:
        """Whether this part was finished, now or by an earlier process."""
        return self.path(number).exists()

    def write(self, number: int, table: pa.Table, counters: dict[str, int]) -> None:
        """Finish a part. `counters` (work spent on it) travel in its metadata."""
        words = " ".join(f"{key}={value}" for key, value in sorted(counters.items()))
        table = table.replace_schema_metadata({COUNTERS: words.encode()})
        with replacing(self.path(number)) as stream:
            pq.write_table(table, stream)

    def read(self) -> Iterator[pa.Table]:
        """Yield the finished parts in order."""
        for path in sorted(self.folder.glob("part-*.parquet")):
            with naming(path, "--overwrite begins again"):
                table = pq.read_table(path)
            yield table

    def counters(self) -> dict[str, int]:
        """Sum the counters of all finished parts."""
        total: dict[str, int] = {}
        for path in sorted(self.folder.glob("part-*.parquet")):
            with naming(path, "--overwrite begins again"):
                words = (pq.read_schema(path).metadata or {}).get(COUNTERS, b"").decode()
            for word in words.split():
                key, _, value = word.partition("=")
                total[key] = total.get(key, 0) + int(value)
        return total

    def join(self, path: Path, schema: pa.Schema) -> None:
        """Write all parts, in order, as one file."""
        join_all([self], path, schema)


def join_all(stages: Sequence[Shards], path: Path, schema: pa.Schema) -> None:
    """Write all parts of several stages, one stage after the other, as one file."""
    with replacing(path) as stream, pq.ParquetWriter(stream, schema) as writer:
        for shards in stages:
            for table in shards.read():
                writer.write_table(table.replace_schema_metadata(None).cast(schema))

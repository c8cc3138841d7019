"""Files that a column of paths names: part of the data, so that they are hashed, and held to what was hashed."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig, DataConfig
from audit.data.door import reading
from audit.data.files import hash_files
from audit.data.listing import KINDS
from audit.data.rows import RowReader
from audit.errors import CellError, DataError

#: What changes when a file is written to or exchanged.
State = tuple[int, int, int, int]


class ImageFiles:
    """The files that rows name, each hashed once, in the order in which they are first named.

    Memory holds a path and four numbers for each: about 300 MB for a million files.
    """

    def __init__(self, data: DataConfig) -> None:
        self._data = data
        self._known: dict[str, State] = {}
        self._digest = hashlib.sha256()

    def take(self, rows: pa.Table) -> None:
        """Hash the files that rows of a canonical batch name, but for those that are known.

        Raises
        ------
        DataError
            With column and row, for what is no file, may not be read, or lies outside the folder of the data.
        """
        for path, row in _named(rows):
            if path not in self._known:
                self._known[path] = self._hash(Path(path), row)

    def sha256(self, of_table: str) -> str:
        """Hash of the data: that of the table, and of the files that it names, if it names any."""
        if not self._known:
            return of_table
        return hashlib.sha256(f"{of_table} {self._digest.hexdigest()}".encode()).hexdigest()

    def check(self, rows: pa.Table | None = None) -> None:
        """Refuse to go on with files that are no longer what was hashed.

        Parameters
        ----------
        rows
            Rows whose files are looked at; default: all that are known.
        """
        for path, row in [(path, None) for path in self._known] if rows is None else _named(rows):
            try:
                found = _state(Path(path).stat())
            except OSError:
                found = None
            if found != self._known.get(path):
                problem = f"{self._name(path)!r} is no longer the file that was hashed"
                hint = "leave files alone while they are audited, and start again"
                if row is None:
                    raise DataError(problem, where=str(self._data.path), hint=hint)
                column, where = self._data.columns.image, str(self._data.path)
                raise CellError(column, row, f": {problem}", where=where, hint=hint)

    def _hash(self, path: Path, row: int) -> State:
        try:
            mode = path.stat().st_mode
            real, folder = path.resolve(), self._data.folder.resolve()
        except (FileNotFoundError, NotADirectoryError):
            hint = "paths start at the folder of the data; nothing is fetched"
            raise self._error(path, row, "no such file", hint) from None
        except (OSError, RuntimeError) as error:
            raise self._error(path, row, f"cannot be looked at: {getattr(error, 'strerror', error)}") from None
        if stat.S_ISDIR(mode):
            raise self._error(path, row, "is a folder, not a file")
        if special := next((name for is_kind, name in KINDS.items() if is_kind(mode)), None):
            raise self._error(path, row, f"is {special}, not a file")
        if not real.is_relative_to(folder):
            raise self._error(path, row, "is a link out of the folder of the data", "put the file itself there")
        with reading(path, "a readable file"), path.open("rb") as stream:
            before, digest = _state(os.fstat(stream.fileno())), _digest_of(stream)
            after = _state(os.fstat(stream.fileno()))
        if before != after:
            raise self._error(path, row, "was changed while it was read", "start again")
        self._digest.update(self._name(str(path)).encode(errors="surrogateescape") + b"\0" + digest)
        return after

    def _name(self, path: str) -> str:
        return Path(path).relative_to(self._data.folder).as_posix()

    def _error(self, path: Path, row: int, problem: str, hint: str | None = None) -> DataError:
        said = f": {self._name(str(path))!r}: {problem}"
        return CellError(self._data.columns.image, row, said, where=str(self._data.path), hint=hint)


def hash_data(config: AuditConfig) -> str:
    """SHA-256 of the data: the files of the table, and those that it names."""
    found = hash_files(config.data)
    if config.data.columns.image is None:
        return found
    files = ImageFiles(config.data)
    for rows in RowReader(config):
        files.take(rows)
    return files.sha256(found)


def _named(rows: pa.Table) -> list[tuple[str, int]]:
    if "image" not in rows.column_names:
        return []
    paths = pc.struct_field(rows["image"], "path").to_pylist()
    return [(path, row) for path, row in zip(paths, rows["row"].to_pylist(), strict=True) if path is not None]


def _digest_of(stream: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.digest()


def _state(found: os.stat_result) -> State:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

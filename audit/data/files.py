"""Which files a table is made of, in which format, and what their folders say (`country=NO/part-0.parquet`)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from audit.config import DataConfig
from audit.data.door import reading
from audit.errors import DataError, some

DATASETS_MARKERS = ("dataset_info.json", "state.json", "dataset_dict.json")
FORMATS = {".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
FORMATS |= {".parquet": "parquet", ".pq": "parquet"}
PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
#: How Hive writes a missing value into the name of a folder.
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
#: How what is no regular file is told, and called.
KINDS = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


@dataclass(frozen=True)
class TableFile:
    """One file of a table, with the columns that the names of its folders hold."""

    path: Path
    partition: dict[str, str | None]


def data_format(data: DataConfig) -> str:
    """Name the format, from the configuration or else from the names."""
    folder = is_folder(data.path)
    if data.format:
        return data.format
    if not folder:
        found = format_of(data.path)
        if found is None:
            kinds = "csv (also for cells told apart by tabs or semicolons), jsonl or parquet"
            raise DataError(
                "cannot tell the format from the name", where=str(data.path), hint=f"set data.format to {kinds}"
            )
        return found
    if any((data.path / marker).exists() for marker in DATASETS_MARKERS):
        return "datasets"
    formats = {format_of(path) for path in _data_files(data.path)}
    if len(formats) > 1:
        kinds = some(sorted(str(name) for name in formats))
        raise DataError(f"holds files of the formats {kinds}", where=str(data.path), hint="set data.format to one")
    if not formats:
        raise DataError(
            "no CSV, JSONL or Parquet file in this folder", where=str(data.path), hint="paths end in .csv, .parquet, …"
        )
    return str(formats.pop())


def format_of(path: Path) -> str | None:
    """Name the format that a file's name stands for, packed or not."""
    return FORMATS.get(final_suffix(path))


def final_suffix(path: Path) -> str:
    """Return the last suffix of a name but for that of the packing, in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in PACKED), "")


def table_files(data: DataConfig) -> list[TableFile]:
    """All files the table is made of, in reading order.

    Raises
    ------
    DataError
        For what is no regular file (a pipe would be waited for without end), a folder that may not be read, and
        files that lie in folders of different keys.
    """
    fmt = data_format(data)
    if not data.path.is_dir() or fmt == "datasets":
        return [TableFile(data.path, {})]
    paths = [path for path in _data_files(data.path) if format_of(path) == fmt]
    if not paths:
        raise DataError(f"no {fmt} file in this folder", where=str(data.path))
    files = [TableFile(path, _partition(path.relative_to(data.path).parent)) for path in paths]
    for file in files:
        if list(file.partition) != list(files[0].partition):
            raise DataError(
                f"lies in folders of the keys {some(list(file.partition)) or 'none'}, and {str(files[0].path)!r} of "
                f"{some(list(files[0].partition)) or 'none'}",
                where=str(file.path),
                hint="all files of a table lie in folders of the same keys (country=NO)",
            )
    return files


def hash_files(data: DataConfig) -> str:
    """SHA-256 over the bytes of all files of the data, in reading order, and over their names within a folder."""
    digest = hashlib.sha256()
    folder = data.path.is_dir()
    whole = data_format(data) == "datasets" and folder
    paths = list(_walk(data.path)) if whole else [file.path for file in table_files(data)]
    for path in paths:
        if folder:
            digest.update(path.relative_to(data.path).as_posix().encode() + b"\0")
        with reading(path, "a readable file"), path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def is_folder(path: Path) -> bool:
    """Tell a folder from a regular file; anything else is refused before it is opened."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            "no such file or folder", where=str(path), hint="paths start at the folder of the config"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be looked at: {getattr(error, 'strerror', error)}", where=str(path)) from None
    for is_kind, name in KINDS.items():
        if is_kind(mode):
            raise DataError(f"is {name}, not a file", where=str(path), hint="save the table to a file first")
    return stat.S_ISDIR(mode)


def _walk(folder: Path) -> Iterator[Path]:
    """All files below, sorted, but for those that are hidden or that writers keep beside the data (`_SUCCESS`)."""

    def fail(error: OSError) -> None:
        raise error

    found: list[Path] = []
    with reading(folder, "a folder"):
        for root, folders, names in os.walk(folder, onerror=fail):
            folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            found += [Path(root, name) for name in names if not name.startswith((".", "_"))]
    for path in sorted(found):
        is_folder(path)
        try:
            str(path.relative_to(folder)).encode("utf-8")
        except UnicodeEncodeError:  # names may be values of a column, and are handed to libraries as text
            raise DataError("its name holds bytes that are no UTF-8", where=str(path), hint="rename it") from None
        yield path


def _data_files(folder: Path) -> list[Path]:
    """Files with names of data. Beside other data, `.json` files describe them; alone, they are the data."""
    found = [path for path in _walk(folder) if format_of(path)]
    return [path for path in found if final_suffix(path) != ".json"] or found


def _partition(folders: Path) -> dict[str, str | None]:
    pairs = (part.partition("=") for part in folders.parts if "=" in part)
    return {unquote(key): None if value == HIVE_NULL else unquote(value) for key, _, value in pairs if key}

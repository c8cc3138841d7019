"""Which files a table is made of, in which format, and what their folders say (`country=NO/part-0.parquet`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from audit.config import DataConfig
from audit.config.place import is_address, is_pattern
from audit.data.door import Readable, reading
from audit.data.listing import Found, files_of, is_folder, shown_below
from audit.errors import DataError, some

DATASETS_MARKERS = ("dataset_info.json", "state.json", "dataset_dict.json")
FORMATS = {".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
FORMATS |= {".parquet": "parquet", ".pq": "parquet"}
PACKED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}
#: How Hive writes a missing value into the name of a folder.
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class TableFile:
    """One file of a table.

    Attributes
    ----------
    below
        Its path from the folder on that was read; None where it alone is the table.
    partition
        Columns that the names of its folders hold.
    """

    path: Readable
    below: str | None
    partition: dict[str, str | None]


@dataclass(frozen=True)
class TableFiles:
    """What a table is made of, in reading order."""

    format: str
    files: list[TableFile]


def data_format(data: DataConfig) -> str:
    """Name the format, from the configuration or else from the names."""
    return list_table(data).format


def table_files(data: DataConfig) -> list[TableFile]:
    """All files the table is made of, in reading order."""
    return list_table(data).files


def list_table(data: DataConfig) -> TableFiles:
    """Find the files of a table: entry by entry, and in each in the order of their paths.

    Raises
    ------
    DataError
        If there is none, or nothing tells the format; for what is no regular file (a pipe would be waited for without
        end), a folder that may not be read, a file that two entries mean, and files in folders of different keys.
    """
    if _is_saved(data):
        path = Path(data.path.entries[0])
        is_folder(path)
        return TableFiles("datasets", [TableFile(path, None, {})])
    found = [one for entry in data.path.entries for one in _data_files(entry, data.format)]
    formats = sorted({_format(one, data.format) for one in found})
    if len(formats) > 1:
        raise DataError(
            f"holds files of the formats {some(formats)}", where=str(data.path), hint="set data.format to one"
        )
    if len(data.path.entries) == 1 and found[0].how == "named":
        return TableFiles(formats[0], [TableFile(found[0].file, None, {})])
    files = [TableFile(one.file, one.below, _partition(one)) for one in found]
    _check(files)
    return TableFiles(formats[0], files)


def hash_files(data: DataConfig) -> str:
    """SHA-256 over the bytes of all files of the data, in reading order, and over their names within what was read."""
    digest = hashlib.sha256()
    table = list_table(data)
    named: list[tuple[str | None, Readable]] = [(file.below, file.path) for file in table.files]
    saved = table.files[0].path
    if table.format == "datasets" and isinstance(saved, Path) and saved.is_dir():
        named = list(shown_below(saved))
    for name, path in named:
        if name is not None:
            digest.update(name.encode() + b"\0")
        with reading(path, "a readable file"), path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def format_of(path: Readable) -> str | None:
    """Name the format that a file's name stands for, packed or not."""
    return FORMATS.get(final_suffix(path))


def final_suffix(path: Readable) -> str:
    """Return the last suffix of a name but for that of the packing, in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in PACKED), "")


def _is_saved(data: DataConfig) -> bool:
    """Tell a folder that `datasets` saved."""
    (first, *more) = data.path.entries
    alone = not more and not is_address(first) and not is_pattern(first)
    if data.format == "datasets" and not alone:
        raise DataError(
            "is no folder that `datasets` saved", where=str(data.path), hint="name one, alone, on this machine"
        )
    if data.format is not None or not alone or not is_folder(Path(first)):
        return data.format == "datasets"
    return any((Path(first) / marker).exists() for marker in DATASETS_MARKERS)


def _data_files(entry: str, fmt: str | None) -> list[Found]:
    """List the files of one entry: those that are named, or else those with names of data."""
    found = files_of(entry)
    how = found[0].how if found else "folder"
    if how == "named" or (how == "pattern" and fmt is not None):
        return found
    of_data = [one for one in found if format_of(one.file) and fmt in {None, format_of(one.file)}]
    # Beside other data, `.json` files describe them; alone, they are the data.
    mine = [one for one in of_data if final_suffix(one.file) != ".json"] or of_data
    if mine:
        return mine
    kind = fmt or "CSV, JSONL or Parquet"
    raise DataError(
        f"this pattern matches no {kind} file" if is_pattern(entry) else f"no {kind} file in this folder",
        where=entry,
        hint=None if fmt else "paths end in .csv, .parquet, …",
    )


def _format(one: Found, fmt: str | None) -> str:
    found = fmt or format_of(one.file)
    if found is None:
        kinds = "csv (also for cells told apart by tabs or semicolons), jsonl or parquet"
        raise DataError("cannot tell the format from the name", where=str(one.file), hint=f"set data.format to {kinds}")
    return found


def _partition(one: Found) -> dict[str, str | None]:
    """Read the columns that names of folders hold, below the folder or the pattern that was read."""
    pairs = (part.partition("=") for part in PurePosixPath(one.below).parent.parts if "=" in part)
    return {unquote(key): None if value == HIVE_NULL else unquote(value) for key, _, value in pairs if key}


def _check(files: list[TableFile]) -> None:
    seen: set[str] = set()
    for file in files:
        where = str(file.path)
        if where in seen:
            raise DataError("is named twice, so that its rows would count twice", where=where, hint="name it once")
        seen.add(where)
        if list(file.partition) != list(files[0].partition):
            raise DataError(
                f"lies in folders of the keys {some(list(file.partition)) or 'none'}, and "
                f"{str(files[0].path)!r} of {some(list(files[0].partition)) or 'none'}",
                where=where,
                hint="all files of a table lie in folders of the same keys (country=NO)",
            )

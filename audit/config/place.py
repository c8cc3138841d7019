"""Where a table lies: files, folders, patterns of names, addresses of object stores, or several of these."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import url2pathname

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WILD = re.compile(r"[*?\[]")
#: What may stand behind the ? of an address: where a store is, never who asks.
_SETTINGS = {"region", "endpoint_override", "scheme", "project_id", "retry_limit_seconds"}
#: Stores whose addresses may hold a key before the @, and those of which a word there says that nobody in particular
#: asks.
_KEYED = {"s3", "gs", "gcs"}
_ANYBODY = {"gs": "anonymous", "gcs": "anonymous"}
#: Names of several entries that are written out.
_NAMED = 3


def is_address(entry: str) -> bool:
    """Tell an address (`s3://bucket/rows`) from a path."""
    return _ADDRESS.match(entry) is not None


def is_pattern(entry: str) -> bool:
    """Tell whether names are looked for; a path that exists as it is written is no pattern."""
    if is_address(entry):
        return _WILD.search(entry.partition("?")[0]) is not None
    return _WILD.search(entry) is not None and not os.path.lexists(entry)


def split_pattern(entry: str) -> tuple[str, str]:
    """Divide a pattern, at its first wildcard, into the folder where to look and what is looked for below it.

    Both have `/` between names, also where the system writes them otherwise.
    """
    at = entry.index("://") + 3 if is_address(entry) else 0
    entry = entry if at else PurePath(entry).as_posix()
    wild = _WILD.search(entry, at)
    end = entry.rfind("/", 0, wild.start() if wild else None) + 1
    return entry[:end] or ".", entry[end:]


@dataclass(frozen=True)
class DataPath:
    """Where a table lies.

    Attributes
    ----------
    entries
        Paths, patterns and addresses, in the order in which they are read.
    """

    entries: tuple[str, ...]

    @classmethod
    def of(cls, value: object) -> DataPath:
        """Make it of a path, or of a list of paths.

        Raises
        ------
        ValueError
            For what is no path, and for an address that holds a secret: it would be written into the result.
        """
        if isinstance(value, DataPath):
            return value
        given = value if isinstance(value, list | tuple) else [value]
        if not given:
            raise ValueError("the list names no file")
        entries = tuple(_entry(one) for one in given)
        twice = [entry for at, entry in enumerate(entries) if entry in entries[:at]]
        if twice:
            raise ValueError(f"{twice[0]!r} is named twice")
        return cls(entries)

    def __str__(self) -> str:
        return self.entries[0] if len(self.entries) == 1 else _listed(self.entries)

    @property
    def name(self) -> str:
        """Name in every output: without the folders that it lies in."""
        return _listed([_name(entry) for entry in self.entries])

    @property
    def stem(self) -> str:
        """The name, without what says of which format a file is."""
        return PurePosixPath(self.name).stem if len(self.entries) == 1 else self.name

    @property
    def stored(self) -> bool:
        """Whether a part of it lies in an object store."""
        return any(map(is_address, self.entries))

    @property
    def folder(self) -> Path:
        """Folder that everything lies in: itself, where it is one. Not of an object store."""
        folders = [_folder(entry) for entry in self.entries]
        return folders[0] if len(folders) == 1 else Path(os.path.commonpath([folder.absolute() for folder in folders]))

    def based_at(self, folder: Path) -> DataPath:
        """Return it with relative paths that start at a folder."""
        return DataPath(tuple(entry if is_address(entry) else str(folder / entry) for entry in self.entries))

    def portable(self) -> DataPath:
        """Return it without where it lies on this machine."""
        return DataPath(tuple(entry if is_address(entry) else _name(entry) for entry in self.entries))

    def plain(self) -> str | list[str]:
        """Write it as in a configuration."""
        return self.entries[0] if len(self.entries) == 1 else list(self.entries)


def _entry(value: object) -> str:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError(
            "name a file, a folder, a pattern such as rows-*.csv, an address such as s3://bucket/rows, or list these"
        )
    text = str(value)
    if not is_address(text):
        return str(Path(text))
    parts = urlsplit(text)
    if parts.scheme == "file":
        return str(Path(url2pathname(parts.path)))
    # Of Azure and SFTP, a container or a user stands before the @; of these, nothing but a key does, or who asks for
    # what everybody may read.
    if parts.password is not None or (
        parts.username not in {None, _ANYBODY.get(parts.scheme)} and parts.scheme in _KEYED
    ):
        raise ValueError(
            f"an address of {parts.scheme} holds a key or a password: leave it out, credentials come from the "
            "environment"
        )
    unknown = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True) if key not in _SETTINGS]
    if unknown:
        raise ValueError(
            f"an address of {parts.scheme} has {unknown[0]!r} behind its question mark; there may be "
            f"{', '.join(sorted(_SETTINGS))}, and credentials come from the environment"
        )
    return text


def _name(entry: str) -> str:
    if not is_address(entry):
        return Path(entry).name
    parts = urlsplit(entry)
    return PurePosixPath(unquote(parts.path)).name or parts.netloc or entry


def _folder(entry: str) -> Path:
    if is_pattern(entry):
        return Path(split_pattern(entry)[0])
    path = Path(entry)
    return path if path.is_dir() else path.parent


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}
#: A path of data in a configuration: one, or a list.
DataPlace = Annotated[
    DataPath,
    BeforeValidator(DataPath.of),
    PlainSerializer(DataPath.plain),
    WithJsonSchema(_SCHEMA),
]

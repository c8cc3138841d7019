"""What a checkpoint's JSON files say, without loading the model or torch."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from audit.errors import ModelError

#: The longest description of a model that is read: real ones are a few kilobytes, an index of shards a few hundred.
MOST_BYTES = 64 << 20
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def size_of(file: Path, where: str) -> int | None:
    """Size of a regular file; None if there is none. Whatever waits for ever when it is opened is refused."""
    try:
        found = file.stat()
    except FileNotFoundError:
        if file.is_symlink():
            raise ModelError(f"{file.name} is a link that leads nowhere", where=where) from None
        return None
    except OSError as error:
        raise ModelError(f"{file.name} cannot be looked at: {error.strerror or error}", where=where) from None
    kind = stat.S_IFMT(found.st_mode)
    if kind in _SPECIAL:
        raise ModelError(f"{file.name} is {_SPECIAL[kind]}, not a file", where=where)
    return found.st_size if kind == stat.S_IFREG else None


def read_json(folder: Path, name: str) -> dict[str, Any] | None:
    """Read a JSON file of a checkpoint folder; None if there is none."""
    where = str(folder)
    size = size_of(folder / name, where)
    if size is None:
        return None
    if size > MOST_BYTES:
        raise ModelError(f"{name} is {size:,} bytes long, too long for a description of a model", where=where)
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise ModelError(f"{name} is not readable: {error}", where=where) from None
    if not isinstance(found, dict):
        raise ModelError(f"{name} holds no JSON object", where=where)
    return found


def read_config(path: Path) -> dict[str, Any]:
    """Read `config.json` of a checkpoint folder."""
    if not path.is_dir():
        raise ModelError("no such folder", where=str(path), hint="model.path names a folder with config.json in it")
    config = read_json(path, "config.json")
    if config is None:
        raise ModelError("holds no config.json, so it is no checkpoint", where=str(path))
    return config


def classes_in(described: dict[str, Any], where: Path) -> list[str]:
    """Name the classes that a `config.json` speaks of, in the order of the logits."""
    named = described.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    if not isinstance(named, dict) or not all(str(key).isdecimal() for key in named):
        raise ModelError(
            "config.json: id2label does not name classes by their number", where=str(where),
            hint='write it like {"0": "no", "1": "yes"}',
        )  # fmt: skip
    return [str(named[key]) for key in sorted(named, key=int)]

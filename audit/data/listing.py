"""What a path of data means: the files that it names, that lie below it, or that match it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from audit.config.place import is_address, is_pattern, split_pattern
from audit.data.door import Readable, reading
from audit.data.patterns import hidden, matches, may_match_below
from audit.errors import DataError

#: How what is no regular file is told, and called.
KINDS = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


@dataclass(frozen=True)
class Found:
    """One file.

    Attributes
    ----------
    below
        Its path from the folder on that was read, or that a pattern starts at; its name, where it was named itself.
    how
        Whether it was named, lies in a folder that was, or matches a pattern.
    """

    file: Readable
    below: str
    how: str


def files_of(entry: str) -> list[Found]:
    """List the files that an entry of a path means, in the order of their paths, name by name.

    Raises
    ------
    DataError
        If there is nothing, or it is no regular file.
    """
    if is_address(entry):
        found = _stored(entry)
    elif is_pattern(entry):
        fixed, pattern = split_pattern(entry)
        paths = walk(Path(fixed), lambda name: may_match_below(name, pattern), lambda name: matches(name, pattern))
        found = [Found(path, name, "pattern") for name, path in paths]
    elif is_folder(Path(entry)):
        found = [Found(path, name, "folder") for name, path in shown_below(Path(entry))]
    else:
        return [Found(Path(entry), Path(entry).name, "named")]
    return sorted(found, key=lambda one: PurePosixPath(one.below).parts)


def shown_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield all files below a folder but for those that are hidden or that writers keep beside the data."""

    def shown(name: str) -> bool:
        return not hidden(name.rpartition("/")[2])

    return walk(folder, shown, shown)


def _stored(entry: str) -> list[Found]:
    # Whoever reads files of this machine need not load the drivers.
    from audit.data.stores import Store

    plain, mark, query = entry.partition("?")
    if is_pattern(entry):
        fixed, pattern = split_pattern(plain)
        below = Store.of(f"{fixed}{mark}{query}").below()
        return [Found(file, path, "pattern") for path, file in below if matches(path, pattern)]
    store = Store.of(entry)
    if store.is_folder():
        parts = ((path, file) for path, file in store.below())
        return [Found(file, path, "folder") for path, file in parts if not any(map(hidden, path.split("/")))]
    return [Found(store.file(), store.file().name, "named")]


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


def walk(folder: Path, into: Callable[[str], bool], wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    """Yield files below, sorted, each with its path from here on.

    Parameters
    ----------
    into, wanted
        Whether to look into a folder, and whether to yield a file, of which they are given the path from here on.

    Raises
    ------
    DataError
        For what is no regular file, or has a name that is no text.
    """

    def fail(error: OSError) -> None:
        raise error

    found: list[Path] = []
    if not is_folder(folder):
        raise DataError("is a file, not a folder", where=str(folder), hint="a pattern begins in a folder")
    with reading(folder, "a folder"):
        for root, folders, names in os.walk(folder, onerror=fail):
            here = Path(root).relative_to(folder)
            folders[:] = [name for name in folders if into((here / name).as_posix())]
            found += [Path(root, name) for name in names if wanted((here / name).as_posix())]
    for path in sorted(found):
        is_folder(path)
        below = path.relative_to(folder).as_posix()
        try:
            below.encode("utf-8")
        except UnicodeEncodeError:  # names may be values of a column, and are handed to libraries as text
            raise DataError("its name holds bytes that are no UTF-8", where=str(path), hint="rename it") from None
        yield below, path

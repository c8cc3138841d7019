"""Patterns of names: `*` and `?` stand for characters of one name, `[ab]` for one of some, `**` for any folders.

What a pattern matches may be a folder: then every file below it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def hidden(name: str) -> bool:
    """Tell names that are no data: hidden ones, and those that writers keep beside the data (`_SUCCESS`)."""
    return name.startswith((".", "_"))


def matches(path: str, pattern: str) -> bool:
    """Tell whether a pattern means a file, or a folder that it lies in.

    Parameters
    ----------
    path, pattern
        From one folder on, with `/` between names.
    """
    return _matches(path.split("/"), pattern.rstrip("/").split("/"))


def _matches(names: Sequence[str], parts: Sequence[str]) -> bool:
    if not parts:
        # A folder was meant: what a reader of folders leaves out is left out.
        return not any(map(hidden, names))
    if not names:
        return False
    if parts[0] == "**":
        return _matches(names, parts[1:]) or (not hidden(names[0]) and _matches(names[1:], parts))
    if hidden(names[0]) and not parts[0].startswith(names[0][0]):
        return False
    return fnmatchcase(names[0], parts[0]) and _matches(names[1:], parts[1:])


def may_match_below(path: str, pattern: str) -> bool:
    """Tell whether a file below a folder may be meant, so that it is worth looking into."""
    return _may(path.split("/"), pattern.rstrip("/").split("/"))


def _may(names: Sequence[str], parts: Sequence[str]) -> bool:
    if not names or not parts:
        return not any(map(hidden, names))
    if parts[0] == "**":
        return not hidden(names[0])
    if hidden(names[0]) and not parts[0].startswith(names[0][0]):
        return False
    return fnmatchcase(names[0], parts[0]) and _may(names[1:], parts[1:])

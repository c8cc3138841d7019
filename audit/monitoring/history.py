"""The history: one file of JSON lines that is only ever added to, and survives a kill at any byte.

A line is whole when it ends with a line feed and its check fits. What stands behind the last one was being written when
the process died: it was promised to nobody, and is dropped. Anything else that does not fit was done by somebody:
the file is refused. Lines cut off at the end as a whole leave a sound, shorter history; who wants to notice that keeps
the checksum that every command prints.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from audit.errors import RunFolderError
from audit.monitoring.entries import Entry
from audit.store.files import make_folder

NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True)
class History:
    """What a file of a history holds.

    Attributes
    ----------
    head
        Check of the last line: of everything in it.
    whole
        Bytes of whole lines.
    torn
        Bytes behind the last whole line, left by a process that died while it wrote.
    """

    path: Path
    entries: tuple[Entry, ...] = ()
    head: str = NOTHING_BEFORE
    whole: int = 0
    torn: int = 0


def read_history(path: Path) -> History:
    """Read a history, every check held against its line.

    Raises
    ------
    RunFolderError
        If there is none, or a line is not what was written; a torn end is no error.
    """
    if not path.is_file():
        raise RunFolderError(
            "there is no history", where=str(path), hint="`audit monitor add` begins one with its first window"
        )
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    entries, head = [], NOTHING_BEFORE
    for number, line in enumerate(content[:whole].split(b"\n")[:-1], 1):
        entry, head = _read_line(path, number, line, head)
        entries.append(entry)
    return History(path, tuple(entries), head, whole, len(content) - whole)


def _read_line(path: Path, number: int, line: bytes, before: str) -> tuple[Entry, str]:
    try:
        found = json.loads(line)
        check = found.pop("check")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _changed(path, number, "is no line of a history") from None
    if check != _check(before, found):
        raise _changed(path, number, "is not what was written, or the line before it is gone")
    try:
        return Entry.model_validate(found), check
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise RunFolderError(
            f"line {number} is not one that this version can read: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}",
            where=str(path),
            hint="use the version that wrote it",
        ) from None


def _changed(path: Path, number: int, what: str) -> RunFolderError:
    return RunFolderError(
        f"line {number} {what}", where=str(path), hint="restore the file from a copy: nothing in it can be relied on"
    )


def _check(before: str, body: dict[str, object]) -> str:
    plain = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}{plain}".encode("ascii")).hexdigest()


def line_of(entry: Entry, before: str) -> tuple[bytes, str]:
    """Write a line that follows another, and its check."""
    body = entry.model_dump(mode="json")
    check = _check(before, body)
    return json.dumps({**body, "check": check}, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n", check


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a history: nobody else adds to it meanwhile.

    Raises
    ------
    RunFolderError
        If another process holds it.
    """
    make_folder(path.parent)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunFolderError(
            "another process is adding to this history", where=str(path), hint="wait until it ends"
        ) from None
    try:
        yield
    finally:
        lock.release()


def append(history: History, entry: Entry) -> History:
    """Add a line to a history that is held, and return what it holds now. When this returns, the line is on the disk.

    A torn end is cut off first.
    """
    line, check = line_of(entry, history.head)
    new = not history.path.exists()
    number = os.open(history.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    with open(number, "r+b", buffering=0) as stream:  # noqa: PTH123 - a descriptor, not a path
        stream.truncate(history.whole)
        stream.seek(history.whole)
        left = memoryview(line)
        while left:
            left = left[stream.write(left) :]
        os.fsync(number)
    if new:
        _flush_folder(history.path.parent)
    return History(history.path, (*history.entries, entry), check, history.whole + len(line))


def _flush_folder(folder: Path) -> None:
    """Put the name of a new file on the disk; some systems open no folders."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError:
        return
    finally:
        os.close(number)

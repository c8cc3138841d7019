"""Writing files so that a killed process leaves either the old one or the new one, never half of one, and no other."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

#: Unfinished files are called so, with something between that nobody can guess.
PARTIAL = ".fairaudit-", ".partial"


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write; on success it takes the place of `path`, on failure it is removed.

    Its name cannot be guessed and it must not exist, so that a link planted there is never written through; a link at
    `path` itself is replaced, not followed. What is no file, such as a device, is left alone. The new file is flushed
    to disk first: some file systems order the rename before the data.
    """
    if not path.name or path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        # To take the place of a device would take it away from everybody on this machine.
        raise OSError(errno.EINVAL, "Is a device or a pipe, and no file", str(path))
    make_folder(path.parent)
    partial = path.with_name(secrets.token_hex(8).join(PARTIAL))
    number = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        with open(number, "wb") as stream:  # noqa: PTH123 - a descriptor, not a path
            yield stream
            stream.flush()
            os.fsync(number)
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError) and error.filename in {None, str(partial)} and error.errno:
            # The reader knows the file he asked for, not the unfinished one.
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    OSError
        If a file stands there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
    except FileNotFoundError:  # although those above it are made: this is no disk, as /proc is none
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path)) from None


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically, with the newlines as they are."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    with replacing(path) as stream:
        stream.write(content)


def link(source: Path, target: Path) -> None:
    """Let a file be read at another place: by a second name, or a copy where the disk has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sha256(path: Path) -> str:
    """Hash a file, or all files of a folder with their names, in a fixed order."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def sha256_of_files(path: Path) -> str:
    """SHA-256 over the bytes of a file, or of all regular files of a folder in the order of their names."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode(errors="surrogateescape") + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()

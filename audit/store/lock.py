"""One process at a time writes into a run folder.

The operating system holds the lock and lets it go with the process, however that ends: none is ever left behind. Its
file stays, empty: whoever removed it would let two processes lock two files of one name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from audit.errors import RunFolderError
from audit.store.files import make_folder

LOCK = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is not there.

    Raises
    ------
    RunFolderError
        If another process holds it, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise RunFolderError("is a file, not a folder", where=str(folder))
    make_folder(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunFolderError(
            "another audit is writing into this folder",
            where=str(folder),
            hint="wait until it ends, or name another folder with --out",
        ) from None
    try:
        yield
    finally:
        lock.release()

"""The folder of a Ray of our own, and those that killed audits left behind.

Whoever works in a folder holds a file in it locked. The operating system lets the lock go with the process, however
that ends, so a folder whose lock is free belongs to nobody any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Where the folders lie. Unix sockets have short names, so that not every folder for temporary files will do.
PARENT = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108
PREFIX = "fairaudit-ray-"
#: The file that is held locked.
OWNER = ".owner"


@contextmanager
def own_folder() -> Iterator[str]:
    """Give a new folder, which goes with the block; first remove those of this user whose audits are dead."""
    _remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PARENT))
    # Locked before it has its name: nobody finds it free.
    held = os.open(folder / f"{OWNER}.new", os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (folder / f"{OWNER}.new").rename(folder / OWNER)
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_left_behind() -> None:
    for folder in PARENT.glob(f"{PREFIX}*"):
        # One that another process removes at this moment is no matter.
        with suppress(OSError):
            if _is_own(folder):
                _remove_if_free(folder)


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user, and no link to one."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _remove_if_free(folder: Path) -> None:
    """Remove a folder whose lock is free; one without a lock is about to be begun, or none of ours."""
    held = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)

"""The one door at which whatever a library raises while it reads a file becomes one error that names the file.

Readers run inside it, so none of them lists what Arrow, zlib, a codec or the operating system may raise. An `EOFError`
in particular must never leave here: the command line takes it for an interruption.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa

from audit.errors import AuditError, DataError

_DAMAGED = (
    pa.ArrowException,
    OSError,
    EOFError,
    UnicodeError,
    RecursionError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
#: What a loader that builds objects out of a damaged description trips over.
MALFORMED = (KeyError, IndexError, TypeError, AttributeError, ValueError)


class Readable(Protocol):
    """A file of this machine (`pathlib.Path`), or of a store."""

    @property
    def name(self) -> str:
        """Last part of its path."""

    @property
    def suffix(self) -> str:
        """What follows the last point of its name."""

    @property
    def suffixes(self) -> list[str]:
        """What follows each point of its name."""

    def open(self, mode: str) -> Any:
        """Open it."""


@contextmanager
def reading(path: Readable, kind: str, *also: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong inside into a `DataError`.

    Parameters
    ----------
    path
        The file or folder that is read.
    kind
        What it should be, for the message.
    also
        Further classes that mean damage, where a loader raises them.
    """
    try:
        yield
    except (AuditError, pa.ArrowCancelled):
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise DataError("is not there any more", where=str(path), hint="was it moved or deleted meanwhile?") from None
    except PermissionError:
        raise DataError(
            "may not be read: permission denied", where=str(path), hint="let this account read it (chmod, chown)"
        ) from None
    except MemoryError:
        raise DataError(
            "needs more memory than there is", where=str(path), hint="it is damaged, or one of its rows is very large"
        ) from None
    except (*_DAMAGED, *also, *getattr(path, "raises", ())) as error:
        if hasattr(path, "raises") and not isinstance(error, (pa.ArrowException, UnicodeError, *also)):
            raise unreached(str(path), error) from error
        if isinstance(error, OSError) and error.errno:
            raise DataError(
                f"cannot be read: {error.strerror}", where=str(path), hint="the disk or the network failed"
            ) from error
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(
            f"is damaged, or is not {kind}: {said}",
            where=str(path),
            hint="get the file again and compare its size or checksum; or set data.format to what it is",
        ) from error


def unreached(address: str, error: Exception) -> DataError:
    """Say that a store did not give what was asked for."""
    said = " ".join(str(error).split())[:300] or type(error).__name__
    return DataError(
        f"cannot be read: {said}",
        where=address,
        hint="may this account read it (credentials come from the environment), is the network up, is the file whole?",
    )

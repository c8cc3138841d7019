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
from pathlib import Path

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


@contextmanager
def reading(path: Path, kind: str, *also: type[Exception]) -> Iterator[None]:
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
    except (*_DAMAGED, *also) as error:
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

"""Files of a run folder that are damaged, although their hashes hold: told by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from audit.errors import RunFolderError, fault_of


@contextmanager
def naming(path: Path, hint: str = "restore it, or run the audit again") -> Iterator[None]:
    """Say which file is damaged; what the machine refuses is not the file's fault and passes."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError | MemoryError) and fault_of(error) is not None:
            raise
        raise RunFolderError(f"is damaged: {error}", where=str(path), hint=hint) from error

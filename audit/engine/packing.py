"""Jobs and parts as bytes.

Plain pickling writes the whole buffer of which a table is a slice, so that a part of 2,000 rows of a batch of 60,000
would be sent with all of them. Arrow's own format holds what is in the table, and nothing else.

Bytes go only between processes of one audit, which trust each other.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from typing import Any

import pyarrow as pa


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, pa.Table):
            return NotImplemented
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, obj.schema) as writer:
            writer.write_table(obj)
        return _table, (sink.getvalue(),)


def _table(content: bytes) -> pa.Table:
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all()


def packed(value: Any) -> bytes:
    """Return it as bytes."""
    sink = io.BytesIO()
    _Pickler(sink, pickle.HIGHEST_PROTOCOL).dump(value)
    return sink.getvalue()


def unpacked(content: bytes) -> Any:
    """Return what was packed."""
    return pickle.loads(content)  # noqa: S301 - of a process of this very audit


def module_path() -> str:
    """Where this process looks for modules, as PYTHONPATH has it: what is pickled by name is found there."""
    return os.pathsep.join(str(entry) if entry else os.getcwd() for entry in sys.path)  # noqa: PTH109 - as Python reads ''

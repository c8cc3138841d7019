"""The key of a review: which decision each opaque id stands for, and with which probability it was drawn.

It stays in the run folder. Without it answers mean nothing; with it they can be held against a later audit of the same
rows.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.errors import RunFolderError
from audit.store.tables import read_table

SCHEMA = pa.schema(
    [
        pa.field("review_id", pa.string(), nullable=False),
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("arm", pa.string(), nullable=False),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("inclusion_probability", pa.float64(), nullable=False),
        # What reviewers were shown as the decision.
        pa.field("y_pred", pa.string(), nullable=False),
        # Which reviewers were given it, from 1.
        pa.field("reviewers", pa.list_(pa.int32()), nullable=False),
    ]
)
_PLACE = b"fairaudit.review"


@dataclass(frozen=True)
class Design:
    """How decisions were drawn and shown.

    Attributes
    ----------
    rows_sha256
        Of the rows of the audit.
    flagged, others
        Decisions that could be drawn.
    decision_first, reasons
        Whether decision and score were shown before the class was asked for, and whether reasons were shown.
    """

    rows_sha256: str
    seed: int
    reviewers: int
    overlap: float
    flagged: int
    others: int
    decision_first: bool
    reasons: bool


@dataclass(frozen=True)
class Key:
    """The key with its design; `table` has the columns of `SCHEMA`."""

    design: Design
    table: pd.DataFrame

    def packed(self) -> bytes:
        """Return the file; the same key gives the same bytes."""
        told = {_PLACE: json.dumps(asdict(self.design), sort_keys=True).encode()}
        table = pa.Table.from_pandas(self.table, SCHEMA, preserve_index=False).replace_schema_metadata(told)
        out = io.BytesIO()
        pq.write_table(table, out)
        return out.getvalue()


def read_key(path: Path) -> Key:
    """Read a key.

    Raises
    ------
    RunFolderError
        If there is none, or it is damaged.
    """
    if not path.is_file():
        raise RunFolderError(
            "no decisions of this run were given to reviewers", where=str(path.parent), hint="audit review export RUN"
        )
    table = read_table(path)
    try:
        plain: Any = json.loads((table.schema.metadata or {})[_PLACE])
        return Key(Design(**plain), table.cast(SCHEMA).to_pandas())
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"is no key of a review: {error}", where=str(path)) from None

"""The answers of a review, as the run folder keeps them: one row for each reviewer and decision, comments included."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.errors import RunFolderError
from audit.review.panel import QUESTIONS, Objects
from audit.store.tables import read_table

SCHEMA = pa.schema(
    [
        pa.field("reviewer", pa.string(), nullable=False),
        pa.field("review_id", pa.string(), nullable=False),
        # A class, or `unsure`; null: not answered. The other two: yes, no, unsure.
        *(pa.field(question, pa.string()) for question in QUESTIONS),
        # Stays here, and is told nowhere.
        pa.field("comment", pa.string()),
        # File that it came from.
        pa.field("source", pa.string(), nullable=False),
    ]
)


def packed(answers: pd.DataFrame) -> bytes:
    """Return the file; the same answers give the same bytes, in whatever order they came."""
    table = answers.sort_values(["reviewer", "review_id"], kind="stable")[SCHEMA.names]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, SCHEMA, preserve_index=False).replace_schema_metadata(None), out)
    return out.getvalue()


def read_answers(path: Path) -> pd.DataFrame:
    """Read answers; none where there is no file.

    Raises
    ------
    RunFolderError
        If the file is damaged.
    """
    table = SCHEMA.empty_table()
    if path.is_file():
        table = read_table(path)
    try:
        found: pd.DataFrame = table.cast(SCHEMA).to_pandas()
    except (pa.ArrowInvalid, ValueError) as error:
        raise RunFolderError(f"holds no answers of a review: {error}", where=str(path)) from None
    return found


def by_decision(answers: pd.DataFrame, review_ids: list[str]) -> dict[str, Objects]:
    """Lay answers out by question: one row per decision of the key, one column per reviewer."""
    names = sorted(answers["reviewer"].unique())
    row = answers["review_id"].map({name: at for at, name in enumerate(review_ids)}).to_numpy(np.int64)
    column = answers["reviewer"].map({name: at for at, name in enumerate(names)}).to_numpy(np.int64)
    out = {}
    for question in QUESTIONS:
        table = np.full((len(review_ids), len(names)), None, object)
        there = answers[question].notna().to_numpy(bool)
        table[row[there], column[there]] = answers[question].to_numpy(object)[there]
        out[question] = table
    return out

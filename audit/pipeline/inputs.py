"""What readers may see of the data: kept for the decisions that a report may show, in one file, and for no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import AuditConfig
from audit.data.about import ABOUT, chosen_decisions, examples_about
from audit.data.examples import Example
from audit.data.shown import SHOWN, Seeing, shown_of
from audit.store.files import replacing
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        # What the decision is about, where that is a part of the text.
        ("start", pa.int32()),
        ("end", pa.int32()),
        *SHOWN,
        # Thumbnail of the exchange of a picture.
        ("exchanged", pa.binary()),
    ]
)


def keep_inputs(
    config: AuditConfig,
    folder: RunFolder,
    ids: Sequence[str],
    *,
    seeing: Seeing | None = None,
    exchanged: Mapping[str, Example] | None = None,
) -> None:
    """Keep the examples of some more decisions, beside those that are kept already.

    Parameters
    ----------
    seeing
        How the model sees a picture.
    exchanged
        The other picture of decisions whose exchange is shown.
    """
    # What is read back spells parts of lists as Parquet does: a run that goes on leaves the same bytes as one alone.
    kept = read_table(folder.inputs).cast(SCHEMA) if folder.inputs.exists() else SCHEMA.empty_table()
    known = set(kept["row_id"].to_pylist())
    places = chosen_decisions(folder, [row for row in ids if row not in known], [*ABOUT, "start", "end"])
    records = [
        {**place, **shown_of(example, seeing), "exchanged": _other(place["row_id"], exchanged or {}, seeing)}
        for place, example in zip(places.to_pylist(), examples_about(config, places), strict=True)
    ]
    table = pa.concat_tables([kept, pa.Table.from_pylist(records, SCHEMA)])
    with replacing(folder.inputs) as stream:
        pq.write_table(table, stream)


def seeing_of(adapter: object) -> Seeing | None:
    """Tell how a model sees pictures, if it does and says so."""
    seeing: Seeing | None = getattr(adapter, "seen", None)
    return seeing


def _other(row_id: str, exchanged: Mapping[str, Example], seeing: Seeing | None) -> bytes | None:
    return shown_of(exchanged[row_id], seeing)["image"] if row_id in exchanged else None

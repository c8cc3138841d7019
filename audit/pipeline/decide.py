"""The decision table of an audit: by running the model, or from stored predictions."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from audit.data.rows import RowReader
from audit.data.stored import stored_decisions
from audit.engine.job import Part
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.pipeline.deciding import Deciding
from audit.pipeline.entity_groups import EntityGroups
from audit.store.decisions import BATCH_ROWS, windows, writing_decisions
from audit.store.progress import Bar, Progress
from audit.store.runfolder import RunFolder

#: Rows that a model sees sorted by length together, and the work lost at most when a run is killed.
WINDOW_ROWS = 2048
#: The same where rows are pictures, of which two windows are held as numbers: at 224 x 224 pixels 40 MB each.
WINDOW_PICTURES = 64


def decide(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> None:
    """Fill the decision table: by running the model, or from stored predictions."""
    shards = folder.shards("decisions")
    with progress.stage("decisions", case.survey.rows_kept, "rows") as bar:
        pictures = case.config.data.columns.image is not None
        size = (WINDOW_PICTURES if pictures else WINDOW_ROWS) if case.engine else BATCH_ROWS
        parts = (
            Part(number, rows.num_rows, rows)
            for number, rows in enumerate(windows(RowReader(case.config), size))
        )  # fmt: skip
        if case.engine:
            job = Deciding(case.config, case.schema, case.labels, case.positive)
            computed, reused = case.engine.map(
                job, parts, shards, bar, lambda part: case.survey.images.check(part.payload)
            )
        else:
            computed, reused = _from_stored(case, parts, folder, bar), 0
    clock.computed += computed
    clock.reused += reused
    if case.engine:
        shards.join(folder.decisions, case.schema)


def _from_stored(case: Case, parts: Iterable[Part], folder: RunFolder, bar: Bar) -> int:
    """Write the table in one go: no model is asked, so that to do it again costs less than to keep parts of it."""
    entities, written = EntityGroups(case.config), 0
    with writing_decisions(folder.decisions, case.schema) as write:
        for part in parts:
            rows: pa.Table = part.payload
            table = stored_decisions(
                rows, case.schema, case.config, case.positive, case.classes, case.survey.median
            )  # fmt: skip
            write(entities.put(rows, table))
            written += 1
            bar.update(part.size)
    return written

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
from audit.store.decisions import BATCH_ROWS, windows
from audit.store.progress import Bar, Progress
from audit.store.runfolder import RunFolder
from audit.store.shards import Shards

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
            computed, reused = _from_stored(case, parts, shards, bar)
    clock.computed += computed
    clock.reused += reused
    shards.join(folder.decisions, case.schema)


def _from_stored(case: Case, parts: Iterable[Part], shards: Shards, bar: Bar) -> tuple[int, int]:
    entities, computed, reused = EntityGroups(case.config), 0, 0
    for part in parts:
        if shards.done(part.number):
            reused += 1
        else:
            rows: pa.Table = part.payload
            table = stored_decisions(
                rows, case.schema, case.config, case.positive, case.classes, case.survey.median
            )  # fmt: skip
            shards.write(part.number, entities.put(rows, table), {})
            computed += 1
        bar.update(part.size)
    return computed, reused

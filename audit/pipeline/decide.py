"""The decision table of an audit: by running the model, or from stored predictions."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from audit.data.examples import examples_of
from audit.data.rows import RowReader
from audit.data.stored import stored_decisions
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.pipeline.entity_groups import EntityGroups
from audit.store.decisions import BATCH_ROWS, windows
from audit.store.progress import Progress
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
        size = (WINDOW_PICTURES if pictures else WINDOW_ROWS) if case.adapter else BATCH_ROWS
        numbered = enumerate(windows(RowReader(case.config), size))

        def missing() -> Iterator[tuple[int, pa.Table]]:
            for number, rows in numbered:
                if shards.done(number):
                    clock.reused += 1
                    bar.update(rows.num_rows)
                else:
                    yield number, rows

        entities = EntityGroups(case.config)
        if case.adapter:
            from audit.models.engine import ahead
            from audit.models.predict import Predictor

            predictor = Predictor(
                case.adapter, case.schema, labels=case.labels, positive=case.positive,
                budget=case.adapter.facts().batch_tokens,
            )  # fmt: skip
            for (number, rows), encoded in ahead(missing(), lambda item: predictor.encode(examples_of(item[1]))):
                table, spent = predictor.decide(rows, encoded, bar.update)
                case.survey.images.check(rows)
                shards.write(number, entities.put(rows, table), spent)
                clock.computed += 1
        else:
            for number, rows in missing():
                table = stored_decisions(
                    rows, case.schema, case.config, case.positive, case.classes, case.survey.median
                )
                shards.write(number, entities.put(rows, table), {})
                clock.computed += 1
                bar.update(rows.num_rows)
    shards.join(folder.decisions, case.schema)

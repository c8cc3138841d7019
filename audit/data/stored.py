"""Decisions that somebody else's model made: stored predictions, scores, or counts become a decision table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig, DataConfig
from audit.data.decided import entity_decisions, label_decisions
from audit.data.examples import Words, examples_of
from audit.data.several import entities_of
from audit.errors import CellError
from audit.store.decisions import decision_table, several

#: Class of a decision below the threshold where no label or prediction names it.
OTHER = "(other)"


def negative_class(positive: str, classes: list[str]) -> str:
    """Name the class that a score below the threshold stands for."""
    others = [cls for cls in classes if cls != positive]
    return others[0] if others else OTHER


def refuse_undecided(rows: pa.Table, config: AuditConfig) -> None:
    """Refuse canonical rows without a stored prediction, where no model decides.

    Raises
    ------
    DataError
        With column and row.
    """
    columns, hint = config.data.columns, "data.where can leave rows out"
    if config.model is not None:
        return
    if config.data.several:
        decided = rows["found"]
        column = columns.prediction or next(iter(columns.predictions.values()))
        hint = f"an empty list says that nothing was found; {hint}"
    elif config.data.outcome == "class":
        decided = rows["score" if columns.prediction is None else "prediction"]
        column = columns.prediction or columns.score or ""
    else:
        return
    if decided.null_count:
        row = rows["row"].filter(decided.is_null())[0].as_py()
        raise CellError(column, row, ": no prediction", where=str(config.data.path), hint=hint)


def is_above(score: pa.ChunkedArray, data: DataConfig, median: float | None) -> pa.ChunkedArray:
    """Which scores predict positive: those strictly above the median, or those from the threshold on."""
    if data.threshold == "median":
        return pc.greater(score, median)
    return pc.greater_equal(score, data.share_of_range(data.threshold))


def stored_decisions(
    rows: pa.Table,
    schema: pa.Schema,
    config: AuditConfig,
    positive: str | None,
    classes: list[str],
    median: float | None = None,
) -> pa.Table:
    """Turn canonical rows with a stored prediction or score, which the survey made sure of, into decisions.

    Parameters
    ----------
    median
        Median score of all rows, if that is the threshold.
    """
    if config.data.several:
        return _several(rows, schema, config, classes)
    prediction, score = rows["prediction"], rows["score"]
    if config.data.columns.prediction is None and positive is not None:
        above = is_above(score, config.data, median)
        prediction = pc.if_else(above, positive, negative_class(positive, classes))
    columns = {name: rows[name] for name in schema.names if name in rows.column_names}
    columns |= {"y_pred": prediction, "status": pa.array(["ok"] * rows.num_rows)}
    return decision_table(columns, schema)


def _several(rows: pa.Table, schema: pa.Schema, config: AuditConfig, classes: list[str]) -> pa.Table:
    both = list(zip(rows["gold"].to_pylist(), rows["found"].to_pylist(), strict=True))
    if config.data.outcome == "labels":
        decided = [label_decisions(classes[1:], gold, found) for gold, found in both]
    else:
        decided = [
            entity_decisions(words, entities_of(gold), entities_of(found) or [])
            for words, (gold, found) in zip(examples_of(rows), both, strict=True)
            if isinstance(words, Words)
        ]
    return several(rows, decided, schema)

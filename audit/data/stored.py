"""Decisions that somebody else's model made: stored predictions, scores, or counts become a decision table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.decided import entity_decisions, label_decisions
from audit.data.examples import Words, examples_of
from audit.data.several import entities_of
from audit.errors import DataError
from audit.store.decisions import decision_table, several

#: Class of a decision below the threshold where no label or prediction names it.
OTHER = "(other)"


def negative_class(positive: str, classes: list[str]) -> str:
    """Name the class that a score below the threshold stands for."""
    others = [cls for cls in classes if cls != positive]
    return others[0] if others else OTHER


def stored_decisions(
    rows: pa.Table, schema: pa.Schema, config: AuditConfig, positive: str | None, classes: list[str]
) -> pa.Table:
    """Turn canonical rows with a stored prediction or score into decisions.

    Raises
    ------
    DataError
        If a row has neither.
    """
    if config.data.several:
        return _several(rows, schema, config, classes)
    prediction, score = rows["prediction"], rows["score"]
    if config.data.columns.prediction is None and positive is not None:
        above = pc.greater_equal(score, config.data.share_of_range(config.data.threshold))
        prediction = pc.if_else(above, positive, negative_class(positive, classes))
    if prediction.null_count and config.data.outcome == "class":
        row = rows["row"].filter(prediction.is_null())[0].as_py()
        column = config.data.columns.prediction or config.data.columns.score
        raise DataError(
            f"column {column!r}, row {row}: no prediction",
            where=str(config.data.path),
            hint="data.where can leave rows out",
        )
    columns = {name: rows[name] for name in schema.names if name in rows.column_names}
    columns |= {"y_pred": prediction, "status": pa.array(["ok"] * rows.num_rows)}
    return decision_table(columns, schema)


def _several(rows: pa.Table, schema: pa.Schema, config: AuditConfig, classes: list[str]) -> pa.Table:
    if rows["found"].null_count:
        row = rows["row"].filter(rows["found"].is_null())[0].as_py()
        column = config.data.columns.prediction or next(iter(config.data.columns.predictions.values()))
        raise DataError(
            f"column {column!r}, row {row}: no prediction",
            where=str(config.data.path),
            hint="an empty list says that nothing was found; data.where can leave rows out",
        )
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

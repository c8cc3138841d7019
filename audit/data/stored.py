"""Decisions that somebody else's model made: stored predictions, scores, or counts become a decision table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.errors import DataError
from audit.store.decisions import decision_table

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

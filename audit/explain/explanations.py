"""The table of explained decisions, and what it says in sum.

Tokens are given by their character spans alone: the text they stand for lives in `inputs.parquet`, if it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.explain.integrated_gradients import METHOD, Attribution, IntegratedGradients
from audit.models.adapter import Adapter, Encoded
from audit.result import ExplanationQuality

#: Below this difference between input and baseline there is nothing to explain.
LEAST_CONTRAST = 0.05
#: Completeness errors below this are no error, whatever the contrast.
ERROR_FLOOR = 1e-3
#: Decisions per part of a resumable run.
PART_DECISIONS = 64

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        ("output", pa.string()),
        ("position", pa.int32()),
        ("target_class", pa.string()),
        ("method", pa.string()),
        ("baseline", pa.string()),
        ("f_input", pa.float64()),
        ("f_baseline", pa.float64()),
        ("convergence_delta", pa.float64()),
        # converged, not_converged, no_contrast, failed
        ("state", pa.string()),
        ("inclusion_probability", pa.float64()),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("special", pa.list_(pa.bool_())),
        ("attributions", pa.list_(pa.float32())),
    ]
)


def explain_part(
    adapter: Adapter,
    engine: IntegratedGradients,
    rows: pd.DataFrame,
    *,
    baseline: str,
    tolerance: float,
    advance: Callable[[int], object] = lambda done: None,
) -> tuple[pa.Table, dict[str, int]]:
    """Explain the predicted class of some decisions.

    Parameters
    ----------
    rows
        `row_id`, `input`, `y_pred` and `inclusion_probability` of decisions that did not fail.

    Returns
    -------
    table, spent
        A table of `SCHEMA` in the order of the rows, and what it cost.
    """
    encoded = adapter.encode([text or "" for text in rows["input"]])
    targets = [adapter.classes.index(cls) for cls in rows["y_pred"]]
    found, spent = engine.attribute(encoded, targets, advance)
    records = [
        _record(row, item, attribution, baseline=baseline, tolerance=tolerance)
        for row, item, attribution in zip(rows.to_dict("records"), encoded, found, strict=True)
    ]
    return pa.Table.from_pylist(records, schema=SCHEMA), spent


def state(attribution: Attribution, tolerance: float) -> str:
    """Say whether the numbers of an explanation can be used at all."""
    delta = attribution.convergence_delta
    if not np.isfinite(delta):
        return "failed"
    if abs(attribution.contrast) < LEAST_CONTRAST:
        return "no_contrast"
    return "converged" if abs(delta) <= max(tolerance * abs(attribution.contrast), ERROR_FLOOR) else "not_converged"


def _record(
    row: dict[Any, Any], item: Encoded, found: Attribution, *, baseline: str, tolerance: float
) -> dict[str, Any]:
    return {
        "row_id": row["row_id"],
        "target_class": row["y_pred"],
        "method": METHOD,
        "baseline": baseline,
        "f_input": found.f_input,
        "f_baseline": found.f_baseline,
        "convergence_delta": found.convergence_delta,
        "state": state(found, tolerance),
        "inclusion_probability": row["inclusion_probability"],
        "starts": item.spans[:, 0].tolist(),
        "ends": item.spans[:, 1].tolist(),
        "special": item.special.tolist(),
        "attributions": found.values.tolist(),
    }


def quality(explained: pd.DataFrame, slicings: Sequence[Sequence[str]]) -> list[ExplanationQuality]:
    """Sum up each group's explanations. `explained` holds `state`, `error` and the attributes."""
    out = []
    for attributes in slicings:
        for values, part in explained.groupby(list(attributes), sort=True, observed=True):
            usable = part.loc[part["state"].isin(["converged", "not_converged"]), "error"]
            out.append(
                ExplanationQuality(
                    attributes=list(attributes),
                    group=[str(value) for value in values],
                    n=len(part),
                    converged=int((part["state"] == "converged").sum()),
                    no_contrast=int((part["state"] == "no_contrast").sum()),
                    median_error=float(usable.median()) if len(usable) else None,
                )
            )
    return out

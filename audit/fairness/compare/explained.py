"""Are decisions about some groups explained less often? Outcomes go through the same fairness code as decisions.

Decisions near the baseline's own class, and short texts, are harder to explain for everybody, so groups are compared
within predicted class and length band, by rates standardised over both. Decisions count by the inverse of the
probability with which they were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.fairness.compare.disparities import Compared, Question, compare
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.fairness.tally import Slicing, tally_decisions
from audit.result.outcomes import EXPLAINED
from audit.store.decisions import decision_schema, decision_table

CLASS, BAND = "explained: predicted class", "explained: length"
BANDS = ("short", "medium", "long")


def explained_rates(explained: pd.DataFrame, slicings: Sequence[tuple[str, ...]], question: Question) -> list[Compared]:
    """Compare the share of explained decisions between groups.

    Parameters
    ----------
    explained
        `row_id`, `y_pred`, `outcome`, `length`, `inclusion_probability`, `cluster` and the attributes.
    """
    if explained.empty:
        return []
    names = list(dict.fromkeys(name for slicing in slicings for name in slicing))
    edges = np.quantile(explained["length"], [1 / 3, 2 / 3])
    band = np.array(BANDS, dtype=object)[np.searchsorted(edges, explained["length"], side="left")]
    size = len(explained)
    columns = {
        "row_id": pa.array(explained["row_id"].astype(str)),
        "y_pred": pa.array(np.where(explained["outcome"] == EXPLAINED, EXPLAINED, "other").astype(object)),
        "status": pa.array(["ok"] * size),
        "weight": pa.array(1 / explained["inclusion_probability"].to_numpy(np.float64)),
        "count": pa.array(np.ones(size, np.int64)),
        "cluster": pa.array(explained["cluster"].astype(object), pa.string(), from_pandas=True),
        CLASS: pa.array(explained["y_pred"].astype(str)),
        BAND: pa.array(band),
        **{name: pa.array(explained[name].astype(str)) for name in names},
    }
    table = decision_table(columns, decision_schema(names, [CLASS, BAND]))
    metric = replace(known_metrics()["selection_rate"], name=EXPLAINED_RATE)
    asked = replace(question, metrics=[metric], criteria=[], classes=["other", EXPLAINED], positive=EXPLAINED)
    clustered = explained["cluster"].notna().any()
    chosen = [Slicing(tuple(slicing), (CLASS, BAND), bool(clustered)) for slicing in slicings]
    return [compare(tally, asked) for tally in tally_decisions([table], chosen)]

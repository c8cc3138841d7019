"""Decision tables of rows with several decisions, without files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa

from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.choosing import choose_metrics
from audit.fairness.tally import Slicing, kept_apart, tally_decisions
from audit.store.columns import group_column
from audit.store.decisions import Decided, decision_schema, several

NO_LABEL, NO_ENTITY = "(none)", "O"
SCHEMA = decision_schema(["group"])


def rows_of(groups: Sequence[str], weights: Sequence[float] | None = None, clusters: Any = None) -> pa.Table:
    """Canonical rows: what each has of a group, a weight and a cluster."""
    size = len(groups)
    return pa.table(
        {
            "row_id": [str(i) for i in range(size)],
            "weight": pa.array(weights or [1.0] * size, pa.float64()),
            "count": pa.array([1] * size, pa.int64()),
            "cluster": pa.array(clusters or [None] * size, pa.string()),
            group_column("group"): list(groups),
        }
    )


def labels(truth: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> list[list[Decided]]:
    """A decision per row and label, from 0/1 matrices."""
    said = lambda one, name: name if one else NO_LABEL  # noqa: E731
    return [
        [Decided(said(t, name), said(p, name), output=name) for t, p, name in zip(*row, names, strict=True)]
        for row in zip(truth, predicted, strict=True)
    ]


def question(outcome: Any, classes: Sequence[str], names: tuple[str, ...] = ()) -> Question:
    metrics, criteria = choose_metrics(names, outcome=outcome, labelled=True, scored=False)
    return Question(metrics, criteria, list(classes), None, 0.95, nothing=classes[0], negatives=outcome != "entities")


def slicing(outcome: str, controls: tuple[str, ...] = ()) -> Slicing:
    return Slicing(("group",), controls, clustered=True, also=kept_apart(outcome))


def compared(
    outcome: str, decided: list[list[Decided]], rows: pa.Table, classes: Sequence[str], names: tuple[str, ...] = ()
) -> Compared:
    table = several(rows, decided, SCHEMA)
    (tally,) = tally_decisions([table], [slicing(outcome)])
    # Groups are held to the libraries too.
    return compare(tally, question(outcome, classes, names), check=np.random.default_rng(0))


def quickly() -> Any:
    """For values alone: bounds from a few resamples."""
    return patch("audit.fairness.compare.frame.RESAMPLES", 10)


def value(done: Compared, metric: str, group: str, cls: str | None = None) -> Any:
    (found,) = [v for v in done.metrics if (v.metric, v.group, v.cls) == (metric, [group], cls)]
    return found

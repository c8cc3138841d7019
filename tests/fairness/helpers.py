"""Short ways to compare groups without files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.choosing import choose_metrics
from audit.fairness.scores import tally_scores
from audit.fairness.tally import Slicing, Tally, tally_decisions
from audit.store.columns import control_column, group_column
from audit.store.decisions import decision_schema, decision_table


def decisions(frame: pd.DataFrame, attributes: Sequence[str], controls: Sequence[str] = ()) -> pa.Table:
    """A decision table from columns y_true, y_pred, the attributes, and optionally score, weight, count."""
    size = len(frame)
    given: dict[str, Any] = {"weight": [1.0] * size, "count": [1] * size, "status": ["ok"] * size}
    given["row_id"] = [str(i) for i in range(size)]
    given |= {name: frame[name].tolist() for name in frame.columns}
    called = {name: group_column(name) for name in attributes} | {name: control_column(name) for name in controls}
    columns = {called.get(name, name): pa.array(values, from_pandas=True) for name, values in given.items()}
    return decision_table(columns, decision_schema(attributes, controls))


def tally(frame: pd.DataFrame, attributes: Sequence[str], controls: Sequence[str] = ()) -> Tally:
    slicing = Slicing(tuple(attributes), tuple(controls))
    return tally_decisions([decisions(frame, attributes, controls)], [slicing])[0]


def ask(classes: Sequence[str], positive: str | None, names: tuple[str, ...] = (), **more: Any) -> Question:
    scored = more.pop("scored", False)
    metrics, criteria = choose_metrics(
        names, outcome="binary" if len(classes) == 2 else "class", labelled=more.pop("labelled", True), scored=scored
    )
    return Question(metrics, criteria, list(classes), positive, more.pop("level", 0.95), more.pop("outside", {}))


def values(
    done: Compared, metric: str, cls: str | None = None, stratum: dict[str, str] | None = None
) -> dict[str, Any]:
    """Group -> value of one metric."""
    return {
        " × ".join(item.group): item.value
        for item in done.metrics
        if item.metric == metric and item.stratum == (stratum or {}) and cls in {None, item.cls}
    }


def gap(
    done: Compared, metric: str, aggregate: str, stratum: dict[str, str] | None = None, cls: str | None = None
) -> Any:
    """The one disparity of this metric."""
    found = [
        item
        for item in done.disparities
        if (item.metric, item.aggregate, item.stratum) == (metric, aggregate, stratum or {}) and cls in {None, item.cls}
    ]
    assert len(found) == 1
    return found[0]


def compare_rows(
    frame: pd.DataFrame, attributes: Sequence[str], question: Question, controls: Sequence[str] = ()
) -> Compared:
    scores = None
    if any(metric.scope in {"score", "ranking"} for metric in question.metrics):
        slicing = Slicing(tuple(attributes), tuple(controls))
        (scores,) = tally_scores([decisions(frame, attributes, controls)], [slicing], question.positive)
    return compare(tally(frame, attributes, controls), question, scores)

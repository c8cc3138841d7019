"""Are persons found as often under names of one group as of another? Outcomes go through the code of decisions.

Every entity was tried under equally many names of each group, so that groups are compared over the same contexts: what
they share enters as the correlation of their values, which clusters (rows) tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.outcomes import rate_of
from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.name_splits import by_group, with_found
from audit.fairness.compare.question import Question
from audit.fairness.metrics.choosing import described
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.names import NAME_RECALL, NAME_VISIBLE
from audit.fairness.scores import tally_scores
from audit.fairness.tally import Slicing, tally_decisions
from audit.result import (
    ClearGap,
    Correlation,
    Disparity,
    MetricValue,
    NameExchanges,
    NamesOfGroup,
    NameTried,
    OwnNames,
    ShownEntity,
)
from audit.store.columns import group_columns
from audit.store.decisions import decision_schema, decision_table

FOUND, MISSED = "found", "missed"
#: The share of entities that are found: a selection rate of outcomes.
RECALL = replace(known_metrics()["selection_rate"], name=NAME_RECALL)
#: The mean share of characters that stay visible: a mean of scores, which is what it is computed as.
VISIBLE = replace(known_metrics()["mean_prediction"], better="low")
#: What is said of a metric.
Spoken = TypeVar("Spoken", MetricValue, Correlation, Disparity, ClearGap)
#: Groups at each end of a shown entity, and names of each.
MOST_GROUPS, MOST_NAMES = 3, 2


@dataclass(frozen=True)
class Asked:
    """What was asked: settings and counts that the table of outcomes does not hold."""

    language: str
    names_sha256: str
    provenance: str
    attributes: tuple[str, ...]
    types: tuple[str, ...]
    per_group: int
    persons: int
    drawn: int
    refused: dict[str, int]
    exchanged: int
    shown: int


def slicings_of(attributes: Sequence[str]) -> list[tuple[str, ...]]:
    """What groups of names are compared by: each attribute, and all of them crossed."""
    single: list[tuple[str, ...]] = [(name,) for name in attributes]
    return [*single, tuple(attributes)] if len(single) > 1 else single


def name_exchanges(table: pd.DataFrame, asked: Asked, level: float) -> NameExchanges:
    """Sum up the table of outcomes.

    Parameters
    ----------
    table
        As `audit.probes.name_exchange.names_schema` has it.
    level
        Of every interval; and, over all slicings and pairs of groups together, of the gaps that are found.
    """
    columns = group_columns(asked.attributes)
    usable = with_found(table)
    compared = _compare(usable, asked, level) if len(usable) else []
    split = by_group(usable) if len(usable) else pd.DataFrame()
    clear = clear_gaps(compared, level)
    return NameExchanges(
        language=asked.language,
        names_sha256=asked.names_sha256,
        provenance=asked.provenance,
        attributes=list(asked.attributes),
        types=list(asked.types),
        per_group=asked.per_group,
        persons=asked.persons,
        drawn=asked.drawn,
        refused=asked.refused,
        exchanged=asked.exchanged,
        decisions=len(usable),
        failed=len(table) - len(usable),
        own=_own(table, level),
        groups=_groups(table, columns),
        slicings=[item.slicing for item in compared],
        metric_definitions=described([RECALL, replace(VISIBLE, name=NAME_VISIBLE)]),
        metrics=[_named(value) for item in compared for value in item.metrics],
        correlations=[_named(value) for item in compared for value in item.correlations],
        disparities=[_named(value) for item in compared for value in item.disparities],
        clear_gaps=clear.model_copy(update={"items": [_named(item) for item in clear.items]}),
        varies=int((usable.groupby("row_id")["found"].nunique() > 1).sum()),
        by_group=len(split),
        shown=_shown(usable, columns, split, asked.shown),
    )


def _compare(usable: pd.DataFrame, asked: Asked, level: float) -> list[Compared]:
    size = len(usable)
    columns = {
        "row_id": pa.array(usable["row_id"].astype(str)),
        "y_pred": pa.array(np.where(usable["found"], FOUND, MISSED).astype(object), pa.string()),
        "score": pa.array((usable["visible"] / usable["characters"]).astype(float), from_pandas=True),
        "status": pa.array(["ok"] * size),
        "weight": pa.array(usable["weight"].to_numpy(np.float64)),
        "count": pa.array(np.ones(size, np.int64)),
        "cluster": pa.array(usable["cluster"].astype(str)),
        **{name: pa.array(usable[name].astype(str)) for name in group_columns(asked.attributes)},
    }
    decided = decision_table(columns, decision_schema(asked.attributes))
    question = Question([RECALL, VISIBLE], [], [MISSED, FOUND], FOUND, level)
    slicings = [Slicing(names, (), clustered=True) for names in ((), *slicings_of(asked.attributes))]
    tallies = tally_decisions([decided], slicings)
    scores = tally_scores([decided], slicings, None)
    return [compare(tally, question, scored) for tally, scored in zip(tallies, scores, strict=True)]


def _named(value: Spoken) -> Spoken:
    """Call the mean of scores what it is the mean of; a metric of outcomes speaks of no class."""
    metric = NAME_VISIBLE if value.metric == VISIBLE.name else value.metric
    return value.model_copy(update={"metric": metric, "cls": None})


def _own(table: pd.DataFrame, level: float) -> OwnNames:
    """Recall of the same entities under their own names."""
    mine = table.drop_duplicates("row_id")
    hits = (mine["y_own"] == mine["y_true"]).to_numpy(bool)
    weight, cluster = mine["weight"].to_numpy(np.float64), mine["cluster"].reset_index(drop=True)
    rate = rate_of(hits, weight, cluster, 1 - level)
    return OwnNames(n=rate.n, found=rate.hits, rate=rate.value, lower=rate.lower, upper=rate.upper)


def _groups(table: pd.DataFrame, columns: Sequence[str]) -> list[NamesOfGroup]:
    out = []
    for group, part in table.groupby(list(columns), sort=True):
        names = part[["given", "family"]].drop_duplicates()
        spelled = [
            " ".join(name for name in both if isinstance(name, str))
            for both in names.itertuples(index=False, name=None)
        ]
        out.append(
            NamesOfGroup(
                group=[str(value) for value in group],
                names=spelled,
                tokens=float(part["tokens"].mean()),
                unknown=float((part["unknown"] > 0).mean()),
            )
        )
    return out


def _shown(usable: pd.DataFrame, columns: Sequence[str], split: pd.DataFrame, limit: int) -> list[ShownEntity]:
    """Choose the entities whose outcome is most split between groups, with names of the groups at both ends."""
    widest = split.std(axis=1, ddof=0).sort_values(ascending=False, kind="stable").index[:limit]
    out = []
    for row_id in widest:
        mine = usable[usable["row_id"] == row_id]
        rates = split.loc[row_id]
        ends = [group for end in (1.0, 0.0) for group in rates.index[rates == end][:MOST_GROUPS]]
        keys = list(mine[list(columns)].astype(str).itertuples(index=False, name=None))
        rows = [(key, row) for key, row in zip(keys, mine.to_dict("records"), strict=True)]
        first = mine.iloc[0]
        out.append(
            ShownEntity(
                row_id=str(row_id),
                start=int(first["start"]),
                end=int(first["end"]),
                type=first["y_true"],
                own=first["y_own"] if isinstance(first["y_own"], str) else None,
                n=len(mine),
                found=int(mine["found"].sum()),
                tried=[
                    NameTried(group=list(group), written=row["written"], found=bool(row["found"]))
                    for group in ends
                    for row in [row for key, row in rows if key == group][:MOST_NAMES]
                ],
            )
        )
    return out

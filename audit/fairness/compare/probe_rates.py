"""Are decisions about one group altered more often than about another? Outcomes go through the code of decisions.

A decision has the outcome of a probe if any of its changes brings it about; one number per decision, so that intervals
and gaps are those of any share. Decisions count by the inverse of the probability with which they were drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.outcomes import mean_of, rate_of
from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.choosing import described
from audit.fairness.metrics.definitions import Metric, known_metrics
from audit.fairness.metrics.names import PROBE_RATE
from audit.fairness.tally import Slicing, tally_decisions
from audit.result import (
    ClearGap,
    Correlation,
    Disparity,
    MetricValue,
    ProbeRate,
    ProbeResult,
    RefusedVariants,
    ShownVariant,
    TextEdit,
)
from audit.store.columns import group_columns
from audit.store.decisions import decision_schema, decision_table

HIT, MISS = "hit", "miss"
#: The share of decisions with the outcome: a selection rate of outcomes, better where it is low.
SHARE = replace(known_metrics()["selection_rate"], name=PROBE_RATE, better="low")
#: What is said of a metric.
Spoken = TypeVar("Spoken", MetricValue, Correlation, Disparity, ClearGap)


@dataclass(frozen=True)
class Probed:
    """What a probe did: settings and counts that the table of outcomes does not hold.

    Attributes
    ----------
    transforms, severities
        In the order in which reports tell them.
    population, sampled, queries
        Decisions there are, decisions asked about, and examples that the model was given.
    shown
        Changed rows that a report may show.
    """

    probe: str
    outcome: str
    transforms: Sequence[str]
    severities: Sequence[int]
    population: int
    sampled: int
    queries: int
    shown: int


def probe_result(
    table: pd.DataFrame, rows: pd.DataFrame, probed: Probed, slicings: Sequence[tuple[str, ...]], question: Question
) -> ProbeResult:
    """Sum up what a probe did.

    Parameters
    ----------
    table
        Outcomes, one row per variant, as `audit.probes.asking.SCHEMA` has them.
    rows
        The decisions that were asked about: `row_id`, `weight`, `inclusion_probability`, `cluster` and group columns.
    """
    metric = PROBE_RATE + probed.probe
    scored = table[table["status"] == "scored"]
    asked = [(metric, scored)]
    if len(probed.transforms) > 1:
        asked += [(f"{metric}:{name}", scored[scored["transform"] == name]) for name in probed.transforms]
    compared = [
        _compare(_by_decision(part, rows), slicing, question, replace(SHARE, name=name))
        for name, part in asked
        for slicing in ((), *slicings)
        if len(part)
    ]
    told = table[table["status"] == "refused"]
    refused = Counter(zip(told["transform"], told["reason"], strict=True))
    clear = clear_gaps(compared, question.level)
    slices = {tuple(item.slicing.attributes): item.slicing for item in compared if item.metrics[0].metric == metric}
    return ProbeResult(
        probe=probed.probe,
        metric=metric,
        outcome=probed.outcome,
        transforms=list(probed.transforms),
        severities=list(probed.severities),
        population=probed.population,
        sampled=probed.sampled,
        asked=int(scored["row_id"].nunique()),
        variants=len(scored),
        queries=probed.queries,
        failed=int((table["status"] == "failed").sum()),
        refused=[
            RefusedVariants(transform=str(transform), reason=str(reason), n=int(n))
            for (transform, reason), n in refused.items()
        ],
        rates=_rates(scored, rows, probed, slicings, 1 - question.level),
        slicings=list(slices.values()),
        metric_definitions=described(
            [replace(SHARE, name=name) for name in dict.fromkeys(item.metrics[0].metric for item in compared)]
        ),
        metrics=[_spoken(value) for item in compared for value in item.metrics],
        correlations=[_spoken(value) for item in compared for value in item.correlations],
        disparities=[_spoken(value) for item in compared for value in item.disparities],
        clear_gaps=clear.model_copy(update={"items": [_spoken(item) for item in clear.items]}),
        shown=_shown(scored, probed.shown),
    )


def _by_decision(scored: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One row per decision that was asked about, with whether any of its variants has the outcome."""
    hit = scored.groupby("row_id", sort=False)["hit"].any()
    found = rows[rows["row_id"].isin(hit.index)]
    return found.assign(hit=hit.reindex(found["row_id"]).to_numpy(bool)).reset_index(drop=True)


def _compare(decisions: pd.DataFrame, slicing: tuple[str, ...], question: Question, metric: Metric) -> Compared:
    size = len(decisions)
    weight = decisions["weight"].to_numpy(np.float64) / decisions["inclusion_probability"].to_numpy(np.float64)
    columns = {
        "row_id": pa.array(decisions["row_id"].astype(str)),
        "y_pred": pa.array(np.where(decisions["hit"], HIT, MISS).astype(object), pa.string()),
        "status": pa.array(["ok"] * size),
        "weight": pa.array(weight),
        "count": pa.array(np.ones(size, np.int64)),
        "cluster": pa.array(decisions["cluster"].astype(object), pa.string(), from_pandas=True),
        **{name: pa.array(decisions[name].astype(str)) for name in group_columns(slicing)},
    }
    decided = decision_table(columns, decision_schema(list(slicing)))
    asked = question.of_outcomes(metric, [MISS, HIT], HIT)
    (tally,) = tally_decisions([decided], [Slicing(slicing, (), bool(decisions["cluster"].notna().any()))])
    return compare(tally, asked)


def _spoken(value: Spoken) -> Spoken:
    """A metric of outcomes speaks of no class."""
    return value.model_copy(update={"cls": None})


def _rates(
    scored: pd.DataFrame, rows: pd.DataFrame, probed: Probed, slicings: Sequence[tuple[str, ...]], alpha: float
) -> list[ProbeRate]:
    """How often each change alters decisions, of everybody and of each group by one attribute."""
    about = rows[["row_id", "weight", "inclusion_probability", "cluster", *_groups(slicings)]].set_index("row_id")
    single = [slicing for slicing in slicings if len(slicing) == 1]
    out = []
    for transform in probed.transforms:
        for severity in probed.severities:
            part = scored[(scored["transform"] == transform) & (scored["severity"] == severity)]
            part = part.join(about, on="row_id")
            groups: list[tuple[list[str], list[str], pd.DataFrame]] = [([], [], part)]
            for slicing in single:
                by = part.groupby(group_columns(slicing)[0], sort=True, observed=True)
                groups += [(list(slicing), [str(value)], mine) for value, mine in by]
            for attributes, group, mine in groups:
                if not len(mine):
                    continue
                weight = (mine["weight"] / mine["inclusion_probability"]).to_numpy(np.float64)
                cluster = mine["cluster"].reset_index(drop=True)
                found = rate_of(mine["hit"].to_numpy(bool), weight, cluster, alpha)
                moved = (mine["f_after"] - mine["f"]).abs().to_numpy(np.float64)
                out.append(
                    ProbeRate(
                        transform=transform, severity=severity, attributes=attributes, group=group,
                        n=found.n, hits=found.hits, rate=found.value, lower=found.lower, upper=found.upper,
                        effective_n=found.effective_n, clusters=found.clusters,
                        moved=mean_of(moved, weight, cluster, alpha).value,
                    )
                )  # fmt: skip
    return out


def _groups(slicings: Sequence[tuple[str, ...]]) -> list[str]:
    return group_columns(dict.fromkeys(name for slicing in slicings for name in slicing))


def _shown(scored: pd.DataFrame, most: int) -> list[ShownVariant]:
    """Changed rows with the outcome: of each change the mildest that moves the score most, turn by turn."""
    # Before anything is left out: a frame without rows takes the index of what it is assigned.
    hits = scored.assign(moved=(scored["f_after"] - scored["f"]).abs())[scored["hit"].astype(bool)]
    hits = hits.sort_values(["severity", "moved", "row_id"], ascending=[True, False, True], kind="stable")
    hits = hits.drop_duplicates(["transform", "row_id"])
    turn = hits.groupby("transform", sort=False).cumcount()
    chosen = hits.assign(turn=turn).sort_values("turn", kind="stable").head(most)
    return [
        ShownVariant(
            row_id=str(row["row_id"]),
            transform=str(row["transform"]),
            severity=int(row["severity"]),
            edits=[
                TextEdit(start=int(start), end=int(end), new=str(new))
                for start, end, new in zip(row["starts"], row["ends"], row["replacements"], strict=True)
            ],
            change=row["change"] if isinstance(row["change"], str) else None,
            y_pred=str(row["y_pred"]),
            y_pred_after=str(row["y_pred_after"]),
            f=float(row["f"]),
            f_after=float(row["f_after"]),
        )
        for row in chosen.to_dict("records")
    ]

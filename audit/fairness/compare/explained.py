"""Are decisions about some groups explained less often? Outcomes go through the same fairness code as decisions.

Decisions near the baseline's own class, and short or long texts, are harder to explain for everybody, so groups are
compared within predicted class and bands of like numbers of words, by rates standardised over both. Within a band texts
still differ in length, and where one group writes more, what is left of that shows as a gap; so bands are as narrow as
the decisions allow. Decisions count by the inverse of the probability with which they were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.fairness.tally import Slicing, tally_decisions
from audit.result.outcomes import EXPLAINED
from audit.store.columns import control_column, group_column, group_columns
from audit.store.decisions import decision_schema, decision_table

CLASS, BAND = "explained: predicted class", "explained: words"
#: Bands at most and at least, and decisions per band.
MOST_BANDS, LEAST_BANDS, PER_BAND = 16, 3, 15
#: Narrower bands may lose so much of what coarse ones compare: strata in which a group does not occur are left out.
KEPT = 0.8
#: The share of decisions that are explained: a selection rate of outcomes.
EXPLAINED_METRIC = replace(known_metrics()["selection_rate"], name=EXPLAINED_RATE)


def explained_rates(explained: pd.DataFrame, slicings: Sequence[tuple[str, ...]], question: Question) -> list[Compared]:
    """Compare the share of explained decisions between groups.

    Parameters
    ----------
    explained
        `row_id`, `y_pred`, `outcome`, `units`, `inclusion_probability`, `cluster` and the columns of the attributes.
    """
    return [_compare(explained, tuple(slicing), question) for slicing in slicings] if len(explained) else []


def _compare(explained: pd.DataFrame, slicing: tuple[str, ...], question: Question) -> Compared:
    size = len(explained)
    words = explained["units"].to_numpy(np.int64)
    columns = {
        "row_id": pa.array(explained["row_id"].astype(str)),
        "y_pred": pa.array(np.where(explained["outcome"] == EXPLAINED, EXPLAINED, "other").astype(object)),
        "status": pa.array(["ok"] * size),
        "weight": pa.array(1 / explained["inclusion_probability"].to_numpy(np.float64)),
        "count": pa.array(np.ones(size, np.int64)),
        "cluster": pa.array(explained["cluster"].astype(object), pa.string(), from_pandas=True),
        control_column(CLASS): pa.array(explained["y_pred"].astype(str)),
        control_column(BAND): pa.array(_bands(explained, words, slicing, question)),
        **{name: pa.array(explained[name].astype(str)) for name in group_columns(slicing)},
    }
    table = decision_table(columns, decision_schema(list(slicing), [CLASS, BAND]))
    asked = question.of_outcomes(EXPLAINED_METRIC, ["other", EXPLAINED], EXPLAINED)
    clustered = bool(explained["cluster"].notna().any())
    (tally,) = tally_decisions([table], [Slicing(slicing, (CLASS, BAND), clustered)])
    return compare(tally, asked)


def _bands(
    explained: pd.DataFrame, words: npt.NDArray[np.int64], slicing: tuple[str, ...], question: Question
) -> npt.NDArray[np.object_]:
    """Bands of like numbers of words, as narrow as leaves most decisions comparable; outcomes have no say in it."""
    inside = np.ones(len(words), bool)
    for name in slicing:
        inside &= ~explained[group_column(name)].astype(str).isin(list(question.outside.get(name, {}))).to_numpy(bool)
    group = explained.loc[inside, group_columns(slicing)].astype(str).agg(" ".join, axis=1)
    most = int(np.clip(len(words) // PER_BAND, LEAST_BANDS, MOST_BANDS))
    tried = [cut_bands(words, bands) for bands in range(most, LEAST_BANDS - 1, -1)]
    shares = [_comparable(explained.loc[inside, "y_pred"].astype(str), band[inside], group) for band in tried]
    return next(band for band, share in zip(tried, shares, strict=True) if share >= KEPT * shares[-1])


def _comparable(predicted: pd.Series, band: npt.NDArray[np.object_], group: pd.Series) -> float:
    """Share of decisions that stand in strata where every group occurs."""
    if not len(group):
        return 0.0
    seen = group.groupby([predicted.to_numpy(), band]).transform("nunique")
    return float((seen == group.nunique()).mean())


def cut_bands(words: npt.NDArray[np.int64], bands: int) -> npt.NDArray[np.object_]:
    """Name each decision's band: the fewest and the most words in it. Texts of equal length are never parted."""
    edges = np.unique(np.quantile(words, np.arange(1, bands) / bands, method="lower"))
    code = np.searchsorted(edges, words, side="left")
    width = len(str(int(words.max(initial=0))))
    low = pd.Series(words).groupby(code).transform("min").tolist()
    high = pd.Series(words).groupby(code).transform("max").tolist()
    names = [f"{a:0{width}d}–{b:0{width}d}" if a < b else f"{a:0{width}d}" for a, b in zip(low, high, strict=True)]
    return np.array(names, dtype=object)

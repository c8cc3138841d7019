"""Slice discovery: search one half of the decisions for slices that fare differently, and confirm on the other half.

A slice is a value of one column, or values of several. On the first half every slice is compared with all other
decisions, metric by metric, and the clearest ones become candidates, however small: a slice of twenty decisions that
are all wrong is clearer than one of a thousand that are a little worse. Picked from many, they look worse than they
are; so only the second half, which had no part in the picking, says what is so: Holm's correction over the candidates
keeps the chance of reporting anything at all on noise below α. Clusters are never cut in two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.effective import cluster_blocks, weighted
from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, one_sided
from audit.fairness.codes import Coded
from audit.fairness.metrics.definitions import Metric, known_metrics
from audit.fairness.tally import CellCounter, Slicing, with_sums
from audit.result import DiscoveredSlice, Discovery
from audit.store.columns import attribute_of

Floats = npt.NDArray[np.float64]

#: Error rates that slices are searched for; selection where there are no labels.
SEARCHED = ("false_negative_rate", "false_positive_rate", "accuracy")
UNLABELLED = ("selection_rate",)
#: Where a row has several decisions, about any class.
SEVERAL = ("micro_recall", "micro_precision")
#: Candidates taken to the second half.
MOST_CANDIDATES = 50
HALF = "search_half"


@dataclass(frozen=True)
class Search:
    """What to search.

    Attributes
    ----------
    columns
        Attributes, and other columns read as groups.
    depth
        Most columns that one slice names.
    cls
        Class that one-vs-rest metrics are asked about; None with several classes of which none was named.
    nothing
        Where a row has several decisions: the class that says there is nothing, first of `classes`.
    """

    columns: tuple[str, ...]
    depth: int
    classes: Sequence[str]
    cls: str | None
    labelled: bool
    alpha: float
    clustered: bool
    nothing: str | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """What slices are searched for."""
        if self.nothing is not None:
            return SEVERAL if self.labelled else ()
        if self.cls is None:  # of several classes none is the one that counts
            return ("accuracy",) if self.labelled else ()
        return SEARCHED if self.labelled else UNLABELLED


@dataclass
class DiscoveryCounter:
    """Tally every crossing of the searched columns, the two halves apart."""

    search: Search
    seed: int
    _counters: list[CellCounter] = field(default_factory=list)

    def __post_init__(self) -> None:
        chosen = [
            names for size in range(1, self.search.depth + 1) for names in combinations(self.search.columns, size)
        ]
        self._counters = [CellCounter(Slicing(names, (), self.search.clustered, (HALF,))) for names in chosen]

    def add(self, batch: pa.Table, number: int) -> None:
        """Add a batch of decisions."""
        halved = Coded(with_sums(batch.append_column(HALF, pa.array(_halves(batch, number, self.seed)))))
        for counter in self._counters:
            counter.add(halved)

    def done(self) -> Discovery:
        """Search, confirm, and report."""
        return discover([counter.done().cells for counter in self._counters], self.search)


def _halves(batch: pa.Table, number: int, seed: int) -> list[str]:
    half = np.random.default_rng([seed, number]).integers(0, 2, batch.num_rows)
    names = batch["cluster"].to_pylist()
    known = np.array([name is not None for name in names])
    if known.any():
        text = np.array([name for name in names if name is not None], dtype=object)
        half[known] = (pd.util.hash_array(text, categorize=False) + np.uint64(seed)) % 2
    return [("a", "b")[side] for side in half]


@dataclass(frozen=True)
class _AgainstRest:
    """Every slice of one crossing against the rest, by one metric, on one half."""

    names: list[tuple[str, ...]]
    n: Floats
    value: Floats
    rest: Floats
    above: Floats
    below: Floats

    @property
    def lower(self) -> Floats:
        """Bound of the absolute difference."""
        return np.maximum(self.above, self.below)


def discover(crossings: Iterable[pd.DataFrame], search: Search) -> Discovery:
    """Find slices on half a and confirm them on half b.

    Parameters
    ----------
    crossings
        Cells of a tally per set of columns, with the column `search_half`.
    """
    known = known_metrics()
    metrics = [known[name] for name in search.metrics]
    found: list[tuple[float, int, tuple[str, ...], Metric, float]] = []
    crossings = list(crossings)
    slices = comparisons = 0
    for number, cells in enumerate(crossings):
        columns = _columns(cells)
        half = cells[cells[HALF] == "a"]
        slices += len(half[columns].drop_duplicates())
        for metric in metrics:
            compared = _compare(half, columns, metric, search, np.full(1, search.alpha / 2))
            comparisons += len(compared.names)
            difference = compared.value - compared.rest
            bound = _worse(compared, metric)
            found += [
                (float(bound[i]), number, name, metric, float(difference[i]))
                for i, name in enumerate(compared.names)
                if bound[i] > 0
            ]
    found.sort(key=lambda item: (-item[0], item[1], item[2], item[3].name))
    candidates = _distinct(found, [_columns(cells) for cells in crossings])[:MOST_CANDIDATES]
    items = _confirm(candidates, crossings, search)
    return Discovery(
        columns=list(search.columns),
        depth=search.depth,
        slices=slices,
        comparisons=comparisons,
        candidates=len(candidates),
        alpha=search.alpha,
        items=items,
    )


def _worse(compared: _AgainstRest, metric: Metric) -> Floats:
    """Bound of how much worse a slice fares; a selection rate is not worse in one direction alone."""
    if metric.name in UNLABELLED:
        return compared.lower
    return compared.below if metric.better == "high" else compared.above


def _columns(cells: pd.DataFrame) -> list[str]:
    own = {HALF, "cluster", "y_true", "y_pred", "n", "w", "w2"}
    return [name for name in cells.columns if name not in own]


def _distinct(
    found: list[tuple[float, int, tuple[str, ...], Metric, float]], columns: list[list[str]]
) -> list[tuple[float, int, tuple[str, ...], Metric, float]]:
    """Leave out slices that lie within a clearer one: the wider slice already says it."""
    kept: dict[str, list[frozenset[tuple[str, str]]]] = {}
    out = []
    for item in found:
        conditions = frozenset(zip(columns[item[1]], item[2], strict=True))
        wider = kept.setdefault(item[3].name, [])
        if not any(other <= conditions for other in wider):
            wider.append(conditions)
            out.append(item)
    return out


def _confirm(
    candidates: list[tuple[float, int, tuple[str, ...], Metric, float]],
    crossings: list[pd.DataFrame],
    search: Search,
) -> list[DiscoveredSlice]:
    """Step down from α over all candidates: while some are confirmed at α over those left, the others share more."""
    waiting = list(range(len(candidates)))
    confirmed: dict[int, tuple[_AgainstRest, int, float]] = {}
    cache: dict[tuple[int, str, float], _AgainstRest] = {}
    sizes: dict[int, float] = {}
    while waiting:
        # The first half has said in which direction, so one side is tested.
        tail = search.alpha / len(waiting)
        passed = []
        for i in waiting:
            _, number, name, metric, direction = candidates[i]
            key = (number, metric.name, tail)
            if key not in cache:
                cells = crossings[number]
                cache[key] = _compare(cells[cells[HALF] == "b"], _columns(cells), metric, search, np.full(1, tail))
            compared = cache[key]
            at = compared.names.index(name) if name in compared.names else None
            if at is None:
                continue
            sizes[i] = float(compared.n[at])
            if (compared.above if direction > 0 else compared.below)[at] > 0:
                confirmed[i] = (compared, at, tail)
                passed.append(i)
        if not passed:
            break
        waiting = [i for i in waiting if i not in passed]
    out = []
    for i, (compared, at, _) in confirmed.items():
        _, number, name, metric, difference = candidates[i]
        cells = crossings[number]
        on_first = _compare(cells[cells[HALF] == "a"], _columns(cells), metric, search, np.full(1, search.alpha / 2))
        out.append(
            DiscoveredSlice(
                slice=dict(zip(map(attribute_of, _columns(cells)), name, strict=True)),
                metric=metric.name,
                cls=search.cls if metric.scope == "class" else None,
                n=int(compared.n[at]),
                value=float(compared.value[at]),
                rest=float(compared.rest[at]),
                difference=float(compared.value[at] - compared.rest[at]),
                lower=float(compared.lower[at]),
                n_found=int(on_first.n[on_first.names.index(name)]),
                difference_found=difference,
            )
        )
    out.sort(key=lambda item: (-item.lower, len(item.slice), str(item.slice)))
    return out


def _compare(cells: pd.DataFrame, columns: list[str], metric: Metric, search: Search, tail: Floats) -> _AgainstRest:
    """Bound the absolute difference of every slice from all other decisions."""
    truth, predicted = _coded(cells, metric, search)
    usable = cells["y_true"].notna().to_numpy(bool) if metric.needs_labels else np.ones(len(cells), dtype=bool)
    base = metric.needs[0](truth, predicted) & usable & (cells["w"].to_numpy(float) > 0)
    hit = (metric.numerator(truth, predicted) if metric.numerator else base)[base].astype(np.float64)
    cells = cells[base]
    code, size, names = np.zeros(0, np.int64), 0, list[tuple[str, ...]]()
    if len(cells):
        found, index = pd.factorize(pd.MultiIndex.from_frame(cells[columns].astype(str)))
        code, size, names = found.astype(np.int64), len(index), [tuple(map(str, name)) for name in index.tolist()]
    w, w2 = cells["w"].to_numpy(np.float64), cells["w2"].to_numpy(np.float64)

    def total(values: Floats) -> Floats:
        return np.bincount(code, values, size).astype(np.float64)

    weight, hits = total(w), total(w * hit)
    sums = (hits, total(w2 * hit), total(w * (1 - hit)), total(w2 * (1 - hit)))
    alike = weighted(*sums)
    if search.clustered and size:
        effective, clusters = cluster_blocks(cells, code, size)
        effective = np.minimum(effective, alike)
        # Clusters lie in many slices: the rest is worth what all of it is, by the same design effect.
        whole, _ = cluster_blocks(cells, np.zeros_like(code), 1)
        outside = np.full(size, whole[0])
    else:
        effective, clusters = alike, np.zeros(0)
        outside = weighted(*(np.maximum(each.sum() - each, 0.0) for each in sums))
    rest_weight = weight.sum() - weight
    known = (effective >= EVIDENCE_FLOOR) & (outside >= EVIDENCE_FLOOR) & (rest_weight > 0)
    at = np.flatnonzero(known)
    value = hits[at] / weight[at]
    rest = (hits.sum() - hits[at]) / rest_weight[at]
    if search.clustered and len(at):
        mine = Estimates(value, effective[at], np.maximum(clusters[at], 2))
    else:
        mine = Estimates(value, effective[at])
    low, high = one_sided(mine, float(tail[0]))
    rest_low, rest_high = one_sided(Estimates(rest, outside[at]), float(tail[0]))
    up = value - rest - np.hypot(value - low, rest_high - rest)
    down = rest - value - np.hypot(high - value, rest - rest_low)
    return _AgainstRest([names[i] for i in at], total(cells["n"].to_numpy(np.float64))[at], value, rest, up, down)


def _coded(cells: pd.DataFrame, metric: Metric, search: Search) -> tuple[Any, Any]:
    codes = {search.cls: 1} if metric.scope == "class" else {cls: i for i, cls in enumerate(search.classes)}
    other = 0 if metric.scope == "class" else -1

    def of(column: str) -> npt.NDArray[np.int64]:
        return np.array([codes.get(label, other) for label in cells[column]], np.int64)

    return of("y_true"), of("y_pred")

"""Which decisions a rate counts, from the cells of a window: the proportions among the metrics, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audit.fairness.metrics import sets
from audit.fairness.metrics.sets import Where
from audit.monitoring.entries import Entry, Plan, SlicingCounts

Group = tuple[str, ...]


@dataclass(frozen=True)
class Proportion:
    """The share `numerator` of the decisions in `denominator`.

    Attributes
    ----------
    of_class
        Whether it is asked of one class, or over all.
    labels
        Whether it needs labels.
    """

    denominator: Where
    numerator: Where
    of_class: bool = True
    labels: bool = True


#: As `audit.fairness.metrics.definitions` has them, without the libraries that compute the others.
PROPORTIONS = {
    "selection_rate": Proportion(sets.rows, sets.selected, labels=False),
    "true_positive_rate": Proportion(sets.positives, sets.selected),
    "false_positive_rate": Proportion(sets.negatives, sets.selected),
    "false_negative_rate": Proportion(sets.positives, sets.rejected),
    "true_negative_rate": Proportion(sets.negatives, sets.rejected),
    "precision": Proportion(sets.selected, sets.positives),
    "false_discovery_rate": Proportion(sets.selected, sets.negatives),
    "false_omission_rate": Proportion(sets.rejected, sets.positives),
    "accuracy": Proportion(sets.rows, sets.correct, of_class=False),
    "micro_precision": Proportion(sets.found, sets.correct, of_class=False),
    "micro_recall": Proportion(sets.existing, sets.correct, of_class=False),
}


@dataclass(frozen=True)
class Counted:
    """Decisions that count, of how many; weights made them numbers of equal decisions that say as much.

    Attributes
    ----------
    k, n
        At the effective number of decisions, (Σw)²/Σw².
    raw
        Decisions, each counted once.
    """

    k: float = 0.0
    n: float = 0.0
    raw: int = 0


Counts = dict[Group, Counted]
NOTHING = Counted()


@dataclass
class _Sums:
    w: float = 0.0
    w2: float = 0.0
    hits: float = 0.0
    n: int = 0

    def counted(self) -> Counted:
        if not self.w > 0 or not self.w2 > 0:
            return NOTHING
        size = self.w * self.w / self.w2
        return Counted(size * min(self.hits / self.w, 1.0), size, self.n)


def _sum_up(
    counts: SlicingCounts, inside: Callable[[int], bool], hit: Callable[[int], bool], *, together: bool = False
) -> Counts:
    sums: dict[Group, _Sums] = defaultdict(_Sums)
    for i, group in enumerate(counts.groups):
        if inside(i):
            one = sums[() if together else tuple(group)]
            one.w += counts.w[i]
            one.w2 += counts.w2[i]
            one.n += counts.n[i]
            one.hits += counts.w[i] * hit(i)
    return {group: one.counted() for group, one in sums.items()}


def rate_of_groups(
    counts: SlicingCounts, metric: str, cls: str | None, plan: Plan, *, together: bool = False
) -> Counts:
    """Count one metric in every group.

    Parameters
    ----------
    cls
        The class it is asked of; None for metrics over all classes.
    together
        Of all groups at once, as the group ().
    """
    asked = PROPORTIONS[metric]
    code = {name: number for number, name in enumerate(plan.classes)}
    truth, predicted = (
        np.array(
            [
                (int(name == cls) if cls is not None else code.get(name, -1)) if name is not None else -1
                for name in names
            ],
            np.int64,
        )
        for names in (counts.y_true, counts.y_pred)
    )
    kept = np.array([name is not None for name in counts.y_pred], bool)
    if asked.labels:
        kept &= np.array([name is not None for name in counts.y_true], bool)
    if cls is not None and counts.outputs is not None:
        kept &= np.array([output == cls for output in counts.outputs], bool)
    base = kept & asked.denominator(truth, predicted)
    hits = asked.numerator(truth, predicted)
    return _sum_up(counts, lambda i: bool(base[i]), lambda i: bool(hits[i]), together=together)


def shares_of_groups(counts: SlicingCounts) -> Counts:
    """Share of every group among all decisions of a window."""
    sums = _sum_up(counts, lambda i: True, lambda i: False)
    sizes: dict[Group, _Sums] = defaultdict(_Sums)
    for i, group in enumerate(counts.groups):
        one = sizes[tuple(group)]
        one.w += counts.w[i]
        one.w2 += counts.w2[i]
        one.n += counts.n[i]
    w, w2, n = (sum(getattr(one, name) for one in sizes.values()) for name in ("w", "w2", "n"))
    if not w or not w2:
        return {}
    whole = w * w / w2
    return {group: Counted(whole * sizes[group].w / w, whole, int(n)) for group in sums}


def label_rates(counts: SlicingCounts, cls: str) -> Counts:
    """Share of a class among the labels of a window, over all groups."""
    return _sum_up(
        counts,
        lambda i: counts.y_true[i] is not None and (counts.outputs is None or counts.outputs[i] == cls),
        lambda i: counts.y_true[i] == cls,
        together=True,
    )


def slicing_of(entry: Entry, attributes: list[str]) -> SlicingCounts | None:
    """Counts of a slicing; None where the window has none."""
    return next((one for one in entry.slicings if one.attributes == attributes), None)


def labelled_part(counts: SlicingCounts, before: SlicingCounts | None) -> SlicingCounts:
    """Return the labelled decisions of a window that were not there before.

    Raises
    ------
    ValueError
        If there are fewer of some than before: labels were changed or taken back.
    """
    cells = cells_of(counts, labelled=True)
    for key, (n, w, w2) in (cells_of(before, labelled=True) if before else {}).items():
        m, v, v2 = cells.get(key, (0, 0.0, 0.0))
        if m < n:
            raise ValueError(f"{n - m} labels of {' × '.join(key[0])} were changed or taken back")
        cells[key] = (m - n, max(v - w, 0.0), max(v2 - w2, 0.0))
    kept = {key: sums for key, sums in cells.items() if sums[0]}
    return SlicingCounts(
        attributes=counts.attributes,
        outside=counts.outside,
        outputs=None if counts.outputs is None else [key[3] for key in kept],
        groups=[list(key[0]) for key in kept],
        y_true=[key[1] for key in kept],
        y_pred=[key[2] for key in kept],
        n=[sums[0] for sums in kept.values()],
        w=[sums[1] for sums in kept.values()],
        w2=[sums[2] for sums in kept.values()],
    )


Key = tuple[Group, str | None, str | None, str | None]


def cells_of(counts: SlicingCounts, *, labelled: bool = False) -> dict[Key, tuple[int, float, float]]:
    """Cells by group, label, prediction and output."""
    out: dict[Key, tuple[int, float, float]] = {}
    for i, group in enumerate(counts.groups):
        if labelled and counts.y_true[i] is None:
            continue
        output = None if counts.outputs is None else counts.outputs[i]
        out[tuple(group), counts.y_true[i], counts.y_pred[i], output] = counts.n[i], counts.w[i], counts.w2[i]
    return out


def decided(counts: SlicingCounts) -> dict[Key, int]:
    """Decisions by group and prediction, whatever their label."""
    out: dict[Key, int] = defaultdict(int)
    for (group, _, predicted, output), (n, _, _) in cells_of(counts).items():
        out[group, None, predicted, output] += n
    return dict(out)

"""Confusion tables of all groups and classes at once, which metrics are closed forms of.

One pass over the cells of a tally counts, per group and class, what the class's one-vs-rest table is made of; the
tables of a hundred classes in a thousand groups are then a few array operations. Calling a library once per metric,
class and group costs milliseconds each time, which hundreds of groups make minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Where = Callable[[Ints, Ints], Bools]


@dataclass(frozen=True)
class Tables:
    """Stacks of confusion tables; axis −2 is the label, axis −1 the prediction.

    Attributes
    ----------
    n : array of shape (..., classes, classes)
        Decisions.
    seen : array of shape (..., classes, classes)
        Decisions of a weight above zero: where there are none, a rate has nothing to be a rate of.
    w, w2 : array of shape (..., classes, classes)
        Σw and Σw².
    """

    n: Floats
    seen: Floats
    w: Floats
    w2: Floats

    def __getitem__(self, at: int) -> Tables:
        return Tables(self.n[at], self.seen[at], self.w[at], self.w2[at])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.w.shape[-1])

    def mask(self, where: Where) -> Bools:
        """Give the cells of a table that hold certain decisions."""
        codes = np.arange(self.classes)
        truth, predicted = np.meshgrid(codes, codes, indexing="ij")
        return np.asarray(where(truth, predicted), bool)


def total(stack: Floats, mask: Bools) -> Floats:
    """Sum the cells of every table that a mask keeps."""
    return np.asarray((stack * mask).sum((-2, -1)))


@dataclass(frozen=True)
class Coded:
    """Cells with their group, label and prediction as numbers.

    Attributes
    ----------
    group, truth, predicted : array of shape (cells,)
        Codes from 0; −1 for a label or prediction that is none of the classes.
    labelled : array of shape (cells,)
    n, w, w2 : array of shape (cells,)
    groups, classes
        How many there are.
    cluster : array of shape (cells,), optional
        Code of the cell's cluster, −1 where each of its rows is a cluster of its own.
    output : array of shape (cells,), optional
        Code of the label that the cell's decisions are about, where each of several labels is decided about.
    """

    group: Ints
    truth: Ints
    predicted: Ints
    labelled: Bools
    n: Floats
    w: Floats
    w2: Floats
    groups: int
    classes: int
    cluster: Ints | None = None
    output: Ints | None = None

    def asking(self, code: int) -> Coded:
        """Give the cells of one class against the rest: label and prediction are 1 or 0."""
        mine = self if self.output is None else self.where(self.output == code)
        truth, predicted = ((codes == code).astype(np.int64) for codes in (mine.truth, mine.predicted))
        return replace(mine, truth=truth, predicted=predicted, classes=2)

    def where(self, kept: Bools) -> Coded:
        """Keep some of the cells."""
        names = ("group", "truth", "predicted", "labelled", "n", "w", "w2", "cluster", "output")
        arrays = {name: array[kept] for name in names if (array := getattr(self, name)) is not None}
        return replace(self, **arrays)

    def one_vs_rest(self, asked: list[int], *, labelled: bool) -> Tables:
        """Tables of shape (asked, groups, 2, 2); index 1 is the class, index 0 the rest.

        Where each of several labels is decided about, only decisions about the class are in its table: those that are
        true negatives of one label are not also true negatives of the others.

        Parameters
        ----------
        labelled
            Leave out decisions without a label; else they count as labelled with the rest.
        """
        keep = self.labelled if labelled else np.ones(len(self.group), dtype=bool)
        truth = np.where(self.labelled, self.truth, -1)
        same = truth == self.predicted
        seen = self.n * (self.w > 0)

        def per_output(values: Floats, output: Ints) -> Floats:
            t, p = truth == output, self.predicted == output
            cells = (~t & ~p, ~t & p, t & ~p, t & p)
            return np.stack([self._by_class(values, output, keep & (output >= 0) & at) for at in cells], axis=-1)

        def stack(values: Floats) -> Floats:
            if self.output is not None:
                return per_output(values, self.output).reshape(self.groups, self.classes, 2, 2)
            hit = self._by_class(values, truth, keep & same & (truth >= 0))
            missed = self._by_class(values, truth, keep & ~same & (truth >= 0))
            invented = self._by_class(values, self.predicted, keep & ~same & (self.predicted >= 0))
            every = np.bincount(self.group[keep], values[keep], self.groups)[:, None]
            rest = every - hit - missed - invented
            return np.stack([rest, invented, missed, hit], axis=-1).reshape(self.groups, self.classes, 2, 2)

        n, counted = stack(self.n), stack(seen)
        w, w2 = (np.where(counted > 0, np.maximum(stack(values), 0.0), 0.0) for values in (self.w, self.w2))
        if self.classes == 2 and self.output is None:
            # What is neither is the other class's hits: as a sum it is exact, as a rest it carries rounding.
            for table in (w, w2):
                both = table[..., 1, 1].copy()
                exact = self._only_two(keep)
                table[exact, 0, 0, 0], table[exact, 1, 0, 0] = both[exact, 1], both[exact, 0]
        return Tables(*(np.moveaxis(array[:, asked], 1, 0) for array in (n, counted, w, w2)))

    def counts(self) -> tuple[Floats, Floats]:
        """Count decisions by label and by prediction, each of shape (groups, classes)."""
        labelled = self.labelled & (self.truth >= 0)
        return self._by_class(self.n, self.truth, labelled), self._by_class(self.n, self.predicted, self.predicted >= 0)

    def all_classes(self) -> Tables:
        """Tables of shape (groups, classes, classes) of the labelled decisions."""
        keep = self.labelled & (self.truth >= 0) & (self.predicted >= 0)
        at = ((self.group * self.classes + self.truth) * self.classes + self.predicted)[keep]
        shape = (self.groups, self.classes, self.classes)

        def table(values: Floats) -> Floats:
            return np.bincount(at, values[keep], int(np.prod(shape))).astype(np.float64).reshape(shape)

        return Tables(table(self.n), table(self.n * (self.w > 0)), table(self.w), table(self.w2))

    def _by_class(self, values: Floats, codes: Ints, keep: Bools) -> Floats:
        at = (self.group * self.classes + codes)[keep]
        sums = np.bincount(at, values[keep], self.groups * self.classes).astype(np.float64)
        return np.asarray(sums.reshape(self.groups, self.classes))

    def _only_two(self, keep: Bools) -> Bools:
        """Groups in which every decision counted has one of two known labels and predictions."""
        other = keep & ((self.truth < 0) | (self.predicted < 0) | ~self.labelled)
        return np.asarray(np.bincount(self.group[other], minlength=self.groups) == 0)

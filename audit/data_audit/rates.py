"""Rates of what was found in rows, by group, with the tests whether groups differ; and the account of all tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data_audit.rows import Grouped, Rows
from audit.fairness.bounds.outcomes import rate_of_cells
from audit.fairness.compare.association import equal_shares, holm
from audit.result import RatesByAttribute, Representation, RowCheck, RowRate

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass
class Looks:
    """Everything that is tested, so that p-values are corrected for all that was looked at.

    Attributes
    ----------
    alpha
        One minus the two-sided level.
    """

    rows: Rows
    alpha: float
    seed: int
    tested: list[RatesByAttribute | Representation] = field(default_factory=list)

    def rng(self) -> np.random.Generator:
        """Return the numbers that the next test draws."""
        return np.random.default_rng([self.seed, 42, len(self.tested)])

    def correct(self) -> int:
        """Correct all p-values, and return how many there are."""
        corrected = holm({str(at): part.p_value for at, part in enumerate(self.tested)})
        for at, p in corrected.items():
            self.tested[int(at)].corrected_p_value = p
        return len(corrected)

    def check(
        self, code: Any, about: str | None, hit: Bools, among: Bools | None = None, *, leave: Sequence[str] = ()
    ) -> RowCheck:
        """Count in how many rows something was found, overall and by group.

        Parameters
        ----------
        code, about
            What was looked for.
        hit : array of shape (rows,)
            Rows in which it was found.
        among : array of shape (rows,), optional
            Rows that were looked at.
        leave
            Attributes not to compare by.
        """
        looked = np.ones(self.rows.size, bool) if among is None else among
        everybody = Grouped(
            np.arange(self.rows.size), np.zeros(self.rows.size, np.int64), np.ones(self.rows.size), [""],
            np.ones(1, bool),
        )  # fmt: skip
        cells, _ = self.cells(everybody, hit, looked)
        by_attribute = [
            self.by_groups(name, grouped, hit, looked)
            for name, grouped in self.rows.groups.items()
            if name not in leave
        ]
        return RowCheck(code=code, about=about, overall=self._rate(None, cells), by_attribute=by_attribute)

    def by_groups(self, name: str, grouped: Grouped, hit: Bools, looked: Bools) -> RatesByAttribute:
        """Compare the groups of one attribute."""
        cells, groups = self.cells(grouped, hit, looked)
        rates = [
            self._rate(group, cells[groups == code], compared=bool(grouped.inside[code]))
            for code, group in enumerate(grouped.names)
        ]
        inside = grouped.inside[groups]
        rng = self.rng()
        p_value = equal_shares(cells[inside].reset_index(drop=True), groups[inside], len(grouped.names), rng)
        found = RatesByAttribute(attribute=name, groups=rates, p_value=p_value)
        self.tested.append(found)
        return found

    def cells(self, grouped: Grouped, hit: Bools, looked: Bools) -> tuple[pd.DataFrame, Ints]:
        """Sum rows that are alike: of one group, cluster and outcome."""
        rows = self.rows
        kept = looked[grouped.row] & (rows.count[grouped.row] > 0)
        row, group, share = grouped.row[kept], grouped.group[kept], grouped.share[kept]
        weight, count = rows.weight[row] * share, rows.count[row].astype(np.float64)
        cluster = np.full(len(row), -1) if rows.cluster is None else rows.cluster[row]
        frame = pd.DataFrame(
            {
                "group": group, "hit": hit[row], "cluster": cluster,
                "n": count, "w": weight * count, "w2": weight**2 * count,
            }
        )  # fmt: skip
        cells = frame.groupby(["group", "hit", "cluster"], as_index=False, sort=True).sum()
        names = cells["cluster"].astype(object)
        cells["cluster"] = names.where(names >= 0, None)
        return cells, cells["group"].to_numpy(np.int64)

    def _rate(self, group: str | None, cells: pd.DataFrame, *, compared: bool = True) -> RowRate:
        found = rate_of_cells(cells, self.alpha)
        return RowRate(
            group=group, n=found.n, hits=found.hits, value=found.value, lower=found.lower, upper=found.upper,
            effective_n=found.effective_n, compared=compared,
        )  # fmt: skip

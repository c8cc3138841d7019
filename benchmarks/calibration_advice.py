"""How often collecting what an open rule asks for settles it, if the new rows follow the rates seen so far.

It should be in four of five cases. `BENCH_RUNS` sets the number of data sets per design (default 1000).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, difference_bounds, one_sided, ratio_bounds
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.compare.change import Changes, group_changes, pair_changes
from audit.policy.needed import ChangePower, GapPower, LevelPower, ScopedGroup, more_rows
from benchmarks.calibration import ALPHA, RUNS, Share

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """Hits among decisions of every group, and the share of its rows that the metric is about."""

    hits: list[int]
    n: list[int]
    share: float = 1.0

    def estimates(self) -> Estimates:
        """What bounds are made of."""
        n = np.array(self.n, float)
        return Estimates(np.array(self.hits) / n, n)

    def collect(self, rng: np.random.Generator, rows: list[int]) -> Rates:
        """Add rows, of which only a share has what the metric asks about."""
        more = rng.binomial(rows, self.share)
        return Rates(
            [h + int(rng.binomial(k, h / n)) for h, n, k in zip(self.hits, self.n, more, strict=True)],
            [n + int(k) for n, k in zip(self.n, more, strict=True)],
            self.share,
        )

    def advice(self, power: Callable[[float], bool]) -> list[int] | None:
        """Rows to collect of every group."""
        groups = [ScopedGroup([str(i)], n / self.share, float(n)) for i, n in enumerate(self.n)]
        found = more_rows(groups, power)
        if found is None:
            return None
        asked = {item.group[0]: item.n or 0 for item in found}
        return [asked.get(str(i), 0) for i in range(len(self.n))]


def gap(seen: Rates, limit: float, runs: int) -> Share:
    """A rule on the difference of rates."""
    rows = seen.advice(GapPower(seen.estimates(), limit, None, None, ALPHA, ALPHA))

    def settled(data: Rates) -> bool:
        found = difference_bounds(data.estimates(), ALPHA)
        return found.lower > limit or found.upper <= limit

    return _settles(seen, rows, settled, runs)


def ratio(seen: Rates, least: float, runs: int) -> Share:
    """A rule on the ratio of rates."""
    rows = seen.advice(GapPower(seen.estimates(), None, least, None, ALPHA, ALPHA))

    def settled(data: Rates) -> bool:
        found = ratio_bounds(data.estimates(), ALPHA)
        return found.upper < least or found.lower >= least

    return _settles(seen, rows, settled, runs)


def level(seen: Rates, most: float, runs: int) -> Share:
    """A rule on rates themselves."""
    rows = seen.advice(LevelPower(seen.estimates(), most, ALPHA, ALPHA))

    def settled(data: Rates) -> bool:
        found = data.estimates()
        low, high = one_sided(found, ALPHA / len(found.value))[0], one_sided(found, ALPHA)[1]
        return bool((low > most).any() or (high <= most).all())

    return _settles(seen, rows, settled, runs)


def _settles(seen: Rates, rows: list[int] | None, settled: Callable[[Rates], bool], runs: int) -> Share:
    rng, share = np.random.default_rng(17), Share()
    for _ in range(runs if rows is not None else 0):
        share.add(settled(seen.collect(rng, rows or [])))
    return share


def change(lost: list[int], gained: list[int], n: list[int], margin: float, of_gap: bool, runs: int) -> Share:
    """A rule on changes of groups, or of gaps, on the same rows."""

    def changes(counts: npt.NDArray[np.int64]) -> Changes:
        size, (was_lost, was_gained, right, _) = counts.sum(1).astype(float), counts.T
        before, after = (right + was_lost) / size, (right + was_gained) / size
        both = right / size - before * after
        correlation = both / np.sqrt(before * (1 - before) * after * (1 - after))
        values = np.tile([-1.0, 0.0, 1.0], (len(size), 1))
        shares = np.stack([was_lost, size - was_lost - was_gained, was_gained], axis=1) / size[:, None]
        ones = np.ones(len(size))
        sketches = Sketches(values, shares, -ones, ones, size)
        return Changes(Estimates(after, size), Estimates(before, size), correlation, sketches, ones > 0)

    # Lost, gained, right in both versions, wrong in both; six of ten are right in the earlier one.
    counts = np.array(
        [[a, b, round(0.6 * k) - a, k - round(0.6 * k) - b] for a, b, k in zip(lost, gained, n, strict=True)]
    )
    signs = None if of_gap else (-1.0,)
    groups = [ScopedGroup([str(i)], float(k), float(k)) for i, k in enumerate(n)]
    found = more_rows(groups, ChangePower(changes(counts), margin, signs, ALPHA, ALPHA))
    rng, share = np.random.default_rng(19), Share()
    asked = {item.group[0]: item.n or 0 for item in found or []}
    for _ in range(runs if found is not None else 0):
        more = [rng.multinomial(asked.get(str(i), 0), row / row.sum()) for i, row in enumerate(counts)]
        data = changes(counts + np.array(more))
        bound = pair_changes(data, margin, ALPHA, ALPHA) if of_gap else group_changes(data, (-1.0,), ALPHA, ALPHA)
        share.add(bound.lower > margin or bound.upper <= margin)
    return share


#: Name -> how often what is asked for settles an open rule.
DESIGNS: dict[str, Callable[[int], Share]] = {
    "difference, .60 and .40 of 40, limit .1": lambda runs: gap(Rates([24, 16], [40, 40]), 0.1, runs),
    "difference, .50 and .48 of 200, limit .1": lambda runs: gap(Rates([100, 96], [200, 200]), 0.1, runs),
    "difference, six groups of 150, limit .1": lambda runs: gap(Rates([45, 44, 46, 45, 47, 42], [150] * 6), 0.1, runs),
    "true positive rate, .8 and .6 of 60 positives among 600": lambda runs: gap(
        Rates([48, 36], [60, 60], 0.1), 0.1, runs
    ),
    "difference, .30 of 2,000 and .22 of 60, limit .02": lambda runs: gap(Rates([600, 13], [2000, 60]), 0.02, runs),
    "ratio, .5 and .47 of 200, at least .8": lambda runs: ratio(Rates([100, 94], [200, 200]), 0.8, runs),
    "at most .1, .05 and .06 of 100": lambda runs: level(Rates([5, 6], [100, 100]), 0.1, runs),
    "at most .1, .15 of 60": lambda runs: level(Rates([9], [60]), 0.1, runs),
    "change, 2 of 100 lost, 1 gained, margin .03": lambda runs: change([2], [1], [100], 0.03, False, runs),
    "change, 8 of 100 lost, margin .03": lambda runs: change([8], [1], [100], 0.03, False, runs),
    "change of the gap, 14 of 200 lost and 2 of 150, margin .02": lambda runs: change(
        [14, 2], [2, 2], [200, 150], 0.02, True, runs
    ),
    "change of the gap, margin .05": lambda runs: change([2, 3], [2, 1], [200, 150], 0.05, True, runs),
}


def main() -> None:
    print(f"{RUNS} data sets per design; nothing below {EVIDENCE_FLOOR:.0f} decisions\n")
    print("| an open rule | settled after collecting what it asks for |\n|---|---|")
    for name, measure in DESIGNS.items():
        print(f"| {name} | {measure(RUNS)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""How much to allow for what few clusters do not show: verdicts on many designs of clusters, by the bounds of audits.

Effective sizes of all data sets of a design are computed at once, from counts per cluster. One group stands apart by
the gap: none with a limit of zero, where a fail is false; the limit of .1 up or down, where a fail and a pass are; and
beyond it, where a fail is right. Clusters differ by a beta distribution, or (*hidden*) some have no hits at all and the
others are alike, so that few clusters show nothing. Each verdict may be false in 5 % of data sets.

`BENCH_RUNS` sets the number of data sets per cell (default 1000).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds import effective
from audit.fairness.bounds.effective import Residuals
from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, difference_bounds
from benchmarks.calibration import ALPHA, RUNS

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
LIMIT = 0.1
SLACK = 1e-9


@dataclass(frozen=True)
class Clusters:
    """Clusters of each group, decisions of a cluster, rate, intraclass correlation, and the gap beyond the limit."""

    counts: tuple[int, ...]
    size: int
    rate: float
    correlation: float
    beyond: float
    hidden: bool = False
    unequal: bool = False

    def __str__(self) -> str:
        """Name in a table."""
        kind = ", hidden" if self.hidden else ", unequal" if self.unequal else ""
        counts = " + ".join(map(str, self.counts))
        return f"{counts} clusters of {self.size}, rate {self.rate:g}, ICC {self.correlation:g}{kind}"

    def draw(self, rng: np.random.Generator, gap: float, runs: int) -> list[tuple[Counts, Counts]]:
        """Hits in every cluster of every data set, and decisions in every cluster, of each group."""
        sizes, out = np.random.default_rng(1), []
        for number, count in enumerate(self.counts):
            rate = self.rate + gap * (number == len(self.counts) - 1)
            n = np.full(count, self.size)
            if self.unequal:
                n = np.maximum(1, np.round(self.size * sizes.lognormal(-0.32, 0.8, count))).astype(int)
            if self.hidden:
                top = rate + self.correlation * (1 - rate)
                chance = np.where(rng.random((runs, count)) < rate / top, top, 0.0)
            else:
                sample = 1 / self.correlation - 1
                chance = rng.beta(rate * sample, (1 - rate) * sample, (runs, count))
            out.append((rng.binomial(n, chance), n))
        return out


def estimated(hits: Counts, n: Counts) -> tuple[Floats, Floats]:
    """Rate and effective size of one group in every data set."""
    runs, count = hits.shape
    rate = hits.sum(1) / n.sum()
    rarer = np.where((rate <= 0.5)[:, None], hits, n - hits) > 0
    nothing = np.zeros(runs)
    found = Residuals(
        ((hits - rate[:, None] * n) / n.sum()).ravel(),
        np.tile(n / n.sum(), runs),
        np.repeat(np.arange(runs), count),
        np.arange(runs * count),
        rarer.ravel(),
        nothing, nothing, nothing, nothing,
    )  # fmt: skip
    return rate, found.size(rate, np.full(runs, float(n.sum())))[0]


@dataclass
class Rates:
    """Shares of data sets with a false or right verdict."""

    wrong: float = 0.0
    worst: str = ""
    fails: float = 0.0
    passes: float = 0.0

    def err(self, share: float, what: str) -> None:
        """Keep the largest share of false verdicts, and where it is."""
        if share > self.wrong:
            self.wrong, self.worst = share, what


def judged(groups: list[tuple[Counts, Counts]], limit: float) -> tuple[float, float]:
    """Shares of data sets that fail and pass."""
    rate, size = (np.array(part) for part in zip(*(estimated(*group) for group in groups), strict=True))
    clusters = np.array([float(len(n)) for _, n in groups])
    fails = passes = 0
    for p, n in zip(rate.T, size.T, strict=True):
        known = n >= EVIDENCE_FLOOR
        if known.sum() > 1:
            found = difference_bounds(Estimates(p[known], n[known], clusters[known]), ALPHA)
            fails += found.lower > limit + SLACK
            passes += bool(known.all()) and found.upper <= limit + SLACK and found.lower <= limit + SLACK
    return fails / rate.shape[1], passes / rate.shape[1]


def measure(design: Clusters, runs: int, seed: int = 11) -> Rates:
    """Judge data sets of every gap."""
    done = Rates()
    for what, gap in (("no gap", 0.0), ("up", LIMIT), ("down", -LIMIT), ("beyond", design.beyond)):
        if not 0.005 < design.rate + gap < 1:
            continue
        groups = design.draw(np.random.default_rng(seed), gap, runs)
        fails, passes = judged(groups, LIMIT)
        if what == "beyond":
            done.fails = fails
            continue
        done.err(judged(groups, 0.0)[0] if what == "no gap" else fails, f"{what}, fails")
        if what == "no gap":
            done.passes = passes
        else:
            done.err(passes, f"{what}, passes")
    return done


DESIGNS = (
    Clusters((200, 15), 10, 0.05, 0.5, 0.6), Clusters((200, 15), 40, 0.05, 0.5, 0.6),
    Clusters((200, 15), 100, 0.05, 0.3, 0.4), Clusters((200, 30), 40, 0.05, 0.5, 0.5),
    Clusters((200, 30), 100, 0.03, 0.3, 0.4), Clusters((300, 8), 20, 0.05, 0.3, 0.5),
    Clusters((400, 12), 30, 0.04, 0.4, 0.6), Clusters((200, 20), 60, 0.05, 0.4, 0.6),
    Clusters((200, 6), 40, 0.1, 0.3, 0.7), Clusters((100, 25), 20, 0.04, 0.2, 0.4),
    Clusters((60, 10), 20, 0.1, 0.1, 0.4), Clusters((60, 10), 20, 0.3, 0.3, 0.5),
    Clusters((100, 20), 20, 0.1, 0.3, 0.4, unequal=True), Clusters((100, 12), 60, 0.05, 0.2, 0.4, unequal=True),
    Clusters((100, 8), 60, 0.4, 0.3, 0.5, unequal=True), Clusters((100, 5), 40, 0.3, 0.1, 0.5, unequal=True),
    Clusters((10, 10), 40, 0.1, 0.1, 0.3), Clusters((10, 10), 40, 0.1, 0.2, 0.4), Clusters((10, 10), 40, 0.1, 0.3, 0.5),
    Clusters((10, 10), 40, 0.1, 0.2, 0.5, unequal=True), Clusters((10, 10), 40, 0.03, 0.2, 0.4),
    Clusters((10, 10), 40, 0.3, 0.2, 0.4), Clusters((10, 10), 40, 0.5, 0.1, 0.4),
    Clusters((10, 10), 100, 0.1, 0.1, 0.3),
    Clusters((15,) * 3, 24, 0.4, 0.5, 0.55), Clusters((15,) * 3, 24, 0.1, 0.3, 0.4),
    Clusters((15,) * 3, 24, 0.1, 0.1, 0.3, unequal=True), Clusters((15, 15), 24, 0.05, 0.3, 0.5),
    Clusters((20, 20), 20, 0.05, 0.3, 0.4), Clusters((20, 20), 20, 0.05, 0.1, 0.3, unequal=True),
    Clusters((12,) * 6, 30, 0.2, 0.2, 0.5), Clusters((50, 50), 5, 0.05, 0.5, 0.4),
    Clusters((40,) * 3, 10, 0.2, 0.2, 0.3), Clusters((60,) * 3, 10, 0.3, 0.2, 0.3),
    Clusters((400,) * 2, 5, 0.3, 0.2, 0.2),
    Clusters((100, 3), 40, 0.4, 0.3, 0.5), Clusters((100, 4), 40, 0.4, 0.1, 0.5), Clusters((100, 5), 40, 0.5, 0.3, 0.4),
    Clusters((4, 4), 60, 0.5, 0.1, 0.4), Clusters((100, 2), 100, 0.3, 0.2, 0.6), Clusters((6,) * 5, 20, 0.5, 0.2, 0.4),
    Clusters((200, 15), 40, 0.1, 0.3, 0.5, hidden=True), Clusters((200, 15), 40, 0.05, 0.5, 0.6, hidden=True),
    Clusters((200, 30), 40, 0.05, 0.5, 0.5, hidden=True), Clusters((10, 10), 40, 0.1, 0.2, 0.4, hidden=True),
    *(Clusters((100, few), 100, 0.3, 0.05, 0.5, hidden=True) for few in (4, 5, 6, 8, 10, 15, 20)),
)  # fmt: skip


def main() -> None:
    chosen = effective.CLUSTER_PRIOR
    print(f"{len(DESIGNS)} designs, {RUNS} data sets per cell, limit {LIMIT}; chosen: {chosen:g}\n")
    print("| design | allowed for | most false verdicts | where | fails beyond | passes |\n|---|---|---|---|---|---|")
    for design in DESIGNS:
        for prior in dict.fromkeys((0.0, 0.5, chosen)):
            effective.CLUSTER_PRIOR = prior
            done = measure(design, RUNS)
            row = f"{done.wrong:.3f} | {done.worst} | {done.fails:.3f} | {done.passes:.3f}"
            print(f"| {design} | {prior:g} | {row} |", flush=True)
    effective.CLUSTER_PRIOR = chosen


if __name__ == "__main__":
    sys.exit(main())

"""Bets of `audit monitor` beside a confidence sequence for sums of bounded steps, on the limit of one gap.

The sequence is the normal mixture of Howard, Ramdas, McAuliffe and Sekhon (2021, *Annals of Statistics* 49) for steps
from 0 to 1, which are sub-Gaussian with variance 1/4: with n decisions the mean of a group is known to
√((n/4 + ρ)·log((n/4 + ρ)/(ρα²)))/n at all times together. Each of both groups has half of α; ρ makes it narrowest
after a month. It alarms when the lower bound of the gap passes the limit. Both have the level that one of eight limits
has.

`BENCH_RUNS` sets the number of series per design (default 200); of the calm one there are ten times as many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from audit.monitoring.grid import of_gaps
from audit.monitoring.look import level_of
from audit.monitoring.process import Capitals
from audit.monitoring.watch import OF_RULES
from benchmarks.change_points import RUNS, Series
from benchmarks.monitoring import LIMIT

Floats = npt.NDArray[np.float64]

ALPHA = level_of(["2026-01-01"], 0.05) * OF_RULES / 8
#: Nights after which the sequence is to be narrowest.
MONTH = 30

DESIGNS = (
    Series("at the limit of 10 points all the time", growth=0.1, when=0, nights=365),
    Series("15 points from the first night", growth=0.15, when=0, nights=365),
    Series("15 points, 60 and 40 decisions a night", nightly=(60, 40), growth=0.15, when=0, nights=365),
    Series("13 points from the first night", growth=0.13, when=0, nights=365),
    Series("a rate of 2 %, 15 points", base=0.02, growth=0.15, when=0, nights=365),
    Series("0 to 15 points on night 120", growth=0.15, nights=365),
)


def sequence(hits: Floats, sizes: Floats, design: Series) -> Floats:
    """Lower bound of the gap, night by night: runs × nights."""
    k, n = hits.cumsum(1), np.maximum(sizes.cumsum(1), 1.0)
    alpha = ALPHA / 2
    variance = n / 4
    rho = np.array(design.nightly) * MONTH / 4 / (2 * math.log(1 / alpha) + math.log(1 + 2 * math.log(1 / alpha)))
    half = np.sqrt((variance + rho) * np.log((variance + rho) / (rho * alpha**2))) / n
    mean = k / n
    return np.asarray((mean[..., 0] - half[..., 0]) - (mean[..., 1] + half[..., 1]))


def bets(hits: Floats, sizes: Floats) -> npt.NDArray[np.bool_]:
    """Whether the capital against "within the limit" ever reached 1/α, night by night: runs × nights."""
    runs, nights = hits.shape[:2]
    capitals, out = Capitals(runs, of_gaps(np.array([LIMIT]))), np.zeros((runs, nights), bool)
    for night in range(nights):
        (k1, k2), (n1, n2) = hits[:, night].T, sizes[:, night].T
        capitals.add(k1, n1, k2, n2)
        out[:, night] = capitals.peak[:, 0] >= np.log(1 / ALPHA)
    return out


def first(alarms: npt.NDArray[np.bool_]) -> Floats:
    """Night of the first alarm in each series, infinite where there is none."""
    return np.where(alarms.any(1), alarms.argmax(1), np.inf)


def table(runs: int = RUNS) -> Iterator[str]:
    """Yield the rows of the table."""
    yield "| the gap, its limit 10 points | alarms: bets | sequence | nights until the alarm: bets | sequence |"
    yield "|---|---|---|---|---|"
    for design in DESIGNS:
        many = runs * (10 if design.growth == LIMIT else 1)
        hits, sizes = design.draw(np.random.default_rng([3, design.nightly[0], round(100 * design.growth)]), many)
        ours, theirs = first(bets(hits, sizes)), first(sequence(hits, sizes, design) > LIMIT)
        found = [np.isfinite(nights) & (nights >= design.when) for nights in (ours, theirs)]
        took = [_told(nights - design.when + 1) for nights in (ours, theirs)]
        yield f"| {design.name} | {found[0].sum()} of {many:,} | {found[1].sum()} of {many:,} | {took[0]} | {took[1]} |"


def _told(nights: Floats) -> str:
    """Median and nine in ten."""
    found = [float(np.quantile(nights, share, method="higher")) for share in (0.5, 0.9)]
    return ", ".join("–" if np.isinf(one) else f"{one:.0f}" for one in found)


def main() -> None:
    """Print the table."""
    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    main()

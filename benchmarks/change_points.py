"""When an alarm says that a gap changed, do the windows that it names hold the change?

Series of nightly gaps between two groups, with one change that is known. The capital against "it stayed within the
tolerance" is that of `audit monitor`, at the level that one of four watched gaps has. On the night of the first alarm,
and thirty nights later, the change point is estimated as the alarm tells it; counted is how often its windows hold the
first night of the new gap (of a gap that grows slowly: whether they lie within the time that it took). Inconvenient are
small groups, rare outcomes, nights that vary, a change in the first days, one that takes a month, one that is undone.

`BENCH_RUNS` sets the number of series per design (default 200).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.monitoring.change_point import change_point
from audit.monitoring.grid import grid_of_gaps, log_of_change, of_gaps
from audit.monitoring.look import level_of
from audit.monitoring.process import Capitals
from audit.monitoring.watch import OF_CHANGES
from benchmarks.monitoring import TOLERANCE

Floats = npt.NDArray[np.float64]

RUNS = int(os.environ.get("BENCH_RUNS", "200"))
#: Nights after the alarm at which the change is estimated again.
LATER = 30


@dataclass(frozen=True)
class Series:
    """Decisions of two groups, night after night.

    Attributes
    ----------
    nightly
        Decisions of the first and second group a night, on average.
    base
        Rate of both before.
    growth
        What the rate of the first group grows by.
    when
        First night of the new gap.
    over
        Nights that it takes: the gap grows in equal steps.
    undone
        Nights after which it is as before; 0: never.
    unsteady
        Standard deviation of each rate from night to night.
    nights
        Looks, at most.
    """

    name: str
    nightly: tuple[int, int] = (500, 500)
    base: float = 0.3
    growth: float = 0.1
    when: int = 120
    over: int = 1
    undone: int = 0
    unsteady: float = 0.0
    nights: int = 260

    def draw(self, rng: np.random.Generator, runs: int) -> tuple[Floats, Floats]:
        """Draw hits and sizes: runs × nights × two groups."""
        night = np.arange(self.nights)
        grown = np.clip((night - self.when + 1) / self.over, 0, 1) * self.growth
        if self.undone:
            grown = np.where(night >= self.when + self.undone, 0.0, grown)
        rates = self.base + np.stack([grown, np.zeros_like(grown)], 1)
        rates = rates + self.unsteady * rng.standard_normal((runs, self.nights, 2))
        sizes = rng.poisson(self.nightly, (runs, self.nights, 2))
        return rng.binomial(sizes, rates.clip(0.001, 0.999)).astype(float), sizes.astype(float)


DESIGNS = (
    Series("0 to 10 points"),
    Series("0 to 5 points", growth=0.05, nights=365),
    Series("0 to 20 points", growth=0.2),
    Series("0 to 10 points, 60 and 40 decisions a night", nightly=(60, 40), nights=365),
    Series("0 to 20 points, 180 and 20 a night", nightly=(20, 180), growth=0.2),
    Series("a rate of 2 %, 0 to 5 points", base=0.02, growth=0.05),
    Series("nights that vary by 3 points", unsteady=0.03),
    Series("in the second week", when=10),
    Series("weeks of 7,000 decisions", nightly=(3500, 3500), when=40, nights=104),
    Series("grows over 30 nights", over=30),
    Series("undone after 40 nights", undone=40),
)


@dataclass(frozen=True)
class Found:
    """Of a design: series with an alarm, and how often the windows named hold the change.

    Attributes
    ----------
    alarms, looked_later
        Alarms after the change, and those of them that are looked at again `LATER` nights after.
    held, later
        How often the windows hold the change, on either night.
    width, later_width
        Windows that are named, the median.
    """

    alarms: int
    held: int
    looked_later: int
    later: int
    width: float
    later_width: float


def simulate(design: Series, runs: int = RUNS, seed: int = 0) -> Found:
    """Play series of a design until their first alarm and a month beyond it."""
    rng = np.random.default_rng([seed, design.when, design.nightly[0]])
    hits, sizes = design.draw(rng, runs)
    grid = grid_of_gaps()
    capitals = Capitals(2 * runs, of_gaps(grid))
    # Of four gaps that are watched for change, one alone: closed testing is at least as quick.
    needed = np.log(4 / OF_CHANGES / level_of(["2026-01-01"], 0.05))
    alarm = np.full(runs, -1)
    told: dict[str, list[tuple[bool, int]]] = {"alarm": [], "later": []}
    for night in range(design.nights):
        (k1, k2), (n1, n2) = hits[:, night].T, sizes[:, night].T
        capitals.add(np.append(k1, k2), np.append(n1, n2), np.append(k2, k1), np.append(n2, n1))
        logs = log_of_change(capitals.log[:runs], capitals.log[runs:, ::-1], grid, TOLERANCE)
        alarm = np.where((alarm < 0) & (logs >= needed), night, alarm)
        for kind, after in (("alarm", 0), ("later", LATER)):
            for run in np.flatnonzero((alarm >= design.when) & (alarm + after == night)):
                spread = float(capitals.dispersion[run])
                told[kind].append(_held(hits[run, : night + 1], sizes[run, : night + 1], spread, design))
    raised, month = told["alarm"], told["later"]
    return Found(
        len(raised),
        sum(held for held, _ in raised),
        len(month),
        sum(held for held, _ in month),
        float(np.median([width for _, width in raised])) if raised else np.nan,
        float(np.median([width for _, width in month])) if month else np.nan,
    )


def _held(hits: Floats, sizes: Floats, spread: float, design: Series) -> tuple[bool, int]:
    """Whether the windows named hold the change, and how many they are."""
    known = (sizes > 0).all(1)
    hits, sizes, nights = hits[known], sizes[known], np.flatnonzero(known)
    smooth = (hits + 0.5) / (sizes + 1)
    rates = hits / sizes
    found = change_point(
        [str(night) for night in nights],
        rates[:, 0] - rates[:, 1],
        (smooth * (1 - smooth) / sizes).sum(1),
        1.0 if np.isnan(spread) else spread,
    )
    if found is None:
        return False, 0
    first, last = int(found.earliest), int(found.latest)
    begun, done = design.when, design.when + design.over - 1
    holds = first <= begun <= last if design.over == 1 else begun <= first and last <= done
    return holds, last - first + 1


def table(runs: int = RUNS) -> Iterator[str]:
    """Yield the rows of the table."""
    yield "| the gap | alarms | held, that night | windows | held, thirty nights later | windows |"
    yield "|---|---|---|---|---|---|"
    for design in DESIGNS:
        found = simulate(design, runs)
        of = (found.held, found.alarms), (found.later, found.looked_later)
        share = [f"{n / many:.3f}" if many else "–" for n, many in of]
        yield (
            f"| {design.name} | {found.alarms} of {runs} | {share[0]} | {found.width:.0f} | {share[1]} | "
            f"{found.later_width:.0f} |"
        )


def main() -> None:
    """Print the table."""
    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""Years of nightly looks, simulated: how often any alarm is false, and how long a true one takes.

Two attributes are watched at once, of two and of three groups, the smallest of which gets a few decisions a night: the
limit of the selection rate's gaps (0.1, both ways round), whether any of them changed, decisions and shares of groups;
and, with labels, the same of the true positive rate. Bets, weights and levels are those of `audit monitor`; only the
reading of files is left out. All years of a design are played at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from audit.monitoring.family import Family
from audit.monitoring.grid import grid_of_gaps, grid_of_rates, log_of_change, of_gaps, of_rates
from audit.monitoring.look import level_of
from audit.monitoring.process import Capitals
from audit.monitoring.watch import OF_CHANGES, OF_DRIFTS, OF_RULES

Ints = np.ndarray
NIGHTS = 365
LIMIT, TOLERANCE, DRIFT = 0.1, 0.02, 0.05


@dataclass(frozen=True)
class Design:
    """A stream.

    Attributes
    ----------
    nightly
        Decisions of a night, on average.
    small
        Share of the smallest group of the second attribute.
    start, growth
        Gap between the two groups of the first attribute, and what it grows by.
    when
        Night of the growth.
    unsteady
        Standard deviation of every group's rate from night to night.
    shares
        Standard deviation of the logarithm of the first attribute's odds from night to night.
    late
        Nights after which labels come; None: there are none.
    """

    name: str
    nightly: int = 1000
    small: float = 0.1
    base: float = 0.3
    start: float = 0.0
    growth: float = 0.0
    when: int = 180
    unsteady: float = 0.0
    shares: float = 0.0
    late: int | None = None
    unit: str = "auto"


class Watched:
    """Gaps and rates of all years, with the alarms that each year raises."""

    def __init__(self, years: int, slicings: dict[str, int], alpha: float, *, unit: str, shares: bool) -> None:
        self.years, self.slicings, self.shares = years, slicings, shares
        self.pairs = [(name, a, b) for name, n in slicings.items() for a, b in combinations(range(n), 2)]
        self.rates = [("all", 0), *((name, g) for name, n in slicings.items() for g in range(n) if shares)]
        self.gaps, self.grid = grid_of_gaps(), grid_of_rates()
        self.of_pairs = Capitals(2 * years * len(self.pairs), of_gaps(np.append(self.gaps, LIMIT)), unit)
        self.of_rates = Capitals(2 * years * len(self.rates), of_rates(self.grid), unit)
        self.families = [Family(alpha) for _ in range(years)]
        pairs, rates = len(self.pairs), len(self.rates)
        weights = [OF_RULES / (2 * pairs)] * (2 * pairs) + [OF_CHANGES / pairs] * pairs + [OF_DRIFTS / rates] * rates
        for family in self.families:
            family.admit(weights)
        self.first = np.full((years, len(weights)), -1)

    def add(self, night: int, hits: dict[str, Ints], sizes: dict[str, Ints], everybody: dict[str, Ints]) -> None:
        """Look at a night of every year: years × groups, by attribute."""
        one = [(hits[name][:, a], sizes[name][:, a], hits[name][:, b], sizes[name][:, b]) for name, a, b in self.pairs]
        k1, n1, k2, n2 = (np.concatenate(parts).astype(float) for parts in zip(*one, strict=True))
        self.of_pairs.add(*(np.concatenate(both) for both in ((k1, k2), (n1, n2), (k2, k1), (n2, n1))))
        name = next(iter(self.slicings))
        found = [(everybody[name].sum(1), everybody["of"])]
        for name, group in self.rates[1:]:
            found.append((sizes[name][:, group], sizes[name].sum(1)))
        k, n = (np.concatenate(parts).astype(float) for parts in zip(*found, strict=True))
        nothing = np.zeros(2 * len(k))
        self.of_rates.add(np.concatenate([k, n - k]), np.concatenate([n, n]), nothing, nothing)
        self._alarms(night)

    def _alarms(self, night: int) -> None:
        logs, size = self.of_pairs.log, self.years * len(self.pairs)
        many = len(self.gaps)
        change = log_of_change(logs[:size, :many], logs[size:, many - 1 :: -1], self.gaps, TOLERANCE)
        drifts = self.of_rates.log
        half = self.years * len(self.rates)
        drift = log_of_change(drifts[:half], drifts[half:, ::-1], self.grid, DRIFT)
        rows = np.concatenate(
            [part.reshape(-1, self.years) for part in (logs[:size, many], logs[size:, many], change, drift)]
        )
        for year, family in enumerate(self.families):
            self.first[year, family.look(rows[:, year])] = night

    def when(self, kind: str, before: int | None = None) -> np.ndarray:
        """First night with an alarm of a kind in each year; −1: none."""
        pairs = len(self.pairs)
        columns = {
            "any": slice(None),
            "limit": slice(0, 2 * pairs),
            "change": slice(2 * pairs, 3 * pairs),
            "drift": slice(3 * pairs, None),
        }[kind]
        nights = np.where(self.first[:, columns] < 0, NIGHTS, self.first[:, columns]).min(1)
        return np.where(nights == NIGHTS, -1, nights)


@dataclass
class Played:
    """What became of a design."""

    decisions: Watched
    labels: Watched | None
    naive_nightly: float
    naive_growing: float
    seconds: float

    def alarms(self, kind: str = "any", *, latest: bool = False) -> np.ndarray:
        """First night with an alarm in each year, of decisions or labels; `NIGHTS`: none.

        Parameters
        ----------
        latest
            Of labels alone, where there are any.
        """
        watches = [self.decisions] if self.labels is None else [self.decisions, self.labels]
        found = [watch.when(kind) for watch in watches[-1:] if latest] or [watch.when(kind) for watch in watches]
        return np.where(np.stack(found) < 0, NIGHTS, np.stack(found)).min(0)


def play(design: Design, years: int, nights: int = NIGHTS, seed: int = 0) -> Played:
    """Play all years of a design."""
    rng, began = np.random.default_rng(seed), time.perf_counter()
    slicings = {"first": 2, "second": 3}
    alpha = level_of(["2026-01-01"], 0.05) / (1 if design.late is None else 2)
    decisions = Watched(years, slicings, alpha, unit=design.unit, shares=True)
    labels = None if design.late is None else Watched(years, slicings, alpha, unit=design.unit, shares=False)
    waiting: list[tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]] = []
    sums, nightly, growing = np.zeros((2, 2, years)), np.zeros(years, bool), np.zeros(years, bool)
    for night in range(nights):
        hits, sizes, everybody = _night(design, rng, years, night)
        decisions.add(night, hits, sizes, everybody)
        if labels is not None:
            waiting.append(_labels(design, rng, hits, sizes))
            if len(waiting) > (design.late or 0):
                labels.add(night, *waiting.pop(0))
        now = np.stack([hits["first"].T, sizes["first"].T])
        sums += now
        nightly |= _differ(now)
        growing |= _differ(sums)
    return Played(decisions, labels, float(nightly.mean()), float(growing.mean()), time.perf_counter() - began)


def _night(
    design: Design, rng: np.random.Generator, years: int, night: int
) -> tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]:
    total = rng.poisson(design.nightly, years)
    odds = np.exp(design.shares * rng.standard_normal(years))
    gap = design.start + design.growth * (night >= design.when)
    second = np.array([0.6, 0.4 - design.small, design.small])
    shares = np.stack([odds / (1 + odds), 1 / (1 + odds)], 1)[:, :, None] * second
    cells = np.stack([rng.multinomial(n, p.ravel()) for n, p in zip(total, shares, strict=True)]).reshape(years, 2, 3)
    unsteady = design.unsteady * (rng.standard_normal((years, 2, 1)) + rng.standard_normal((years, 1, 3)))
    rates = design.base + np.array([gap / 2, -gap / 2])[None, :, None] + unsteady
    hits = rng.binomial(cells, rates.clip(0.001, 0.999))
    by = {"first": hits.sum(2), "second": hits.sum(1)}
    return by, {"first": cells.sum(2), "second": cells.sum(1)}, {"first": by["first"], "of": cells.sum((1, 2))}


def _labels(
    design: Design, rng: np.random.Generator, hits: dict[str, Ints], sizes: dict[str, Ints]
) -> tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]:
    """Positives of every group and those of them that were selected; a third of decisions is positive."""
    positives = {name: rng.binomial(n, 1 / 3) for name, n in sizes.items()}
    rate = {name: hits[name] / np.maximum(sizes[name], 1) for name in hits}
    found = {name: rng.binomial(positives[name], rate[name]) for name in hits}
    first = positives["first"]
    return found, positives, {"first": first, "of": sizes["first"].sum(1)}


def _differ(counts: np.ndarray) -> np.ndarray:
    """Where a test of two rates at a fixed 5 % finds a difference: (hits, sizes) × groups × years."""
    (k1, k2), (n1, n2) = counts
    pooled = (k1 + k2) / np.maximum(n1 + n2, 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(n1, 1) + 1 / np.maximum(n2, 1)))
    return np.asarray(np.abs(k1 / np.maximum(n1, 1) - k2 / np.maximum(n2, 1)) > 1.96 * np.maximum(error, 1e-12))


CALM = (
    Design("no gap"),
    Design("no gap, labels 14 nights late", late=14),
    Design("gap at its limit", start=0.1),
    Design("small groups: 20 decisions a night", nightly=200, small=0.1),
    Design("rare: a rate of 2 %", base=0.02),
    Design("unsteady nights, 2 points", unsteady=0.02),
    Design("gap at its limit, unsteady nights", start=0.1, unsteady=0.02),
    Design("shares that vary from night to night", shares=0.3),
)
MOVED = (
    Design("0 to 5 points", growth=0.05),
    Design("0 to 10 points", growth=0.10),
    Design("0 to 15 points, over the limit", growth=0.15),
    Design("5 to 15 points, over the limit", start=0.05, growth=0.10),
    Design("0 to 10 points, labels 14 nights late", growth=0.10, late=14),
    Design("0 to 10 points, 200 decisions a night", growth=0.10, nightly=200),
    Design("0 to 10 points, 5,000 a night", growth=0.10, nightly=5000),
    Design("0 to 5 points, 5,000 a night", growth=0.05, nightly=5000),
    Design("0 to 10 points, unsteady nights", growth=0.10, unsteady=0.02),
)


def delays(nights: np.ndarray, when: int) -> tuple[float, float, float]:
    """Share of years with an alarm before the change; nights to the alarm, median and nine in ten."""
    early = float(((nights >= 0) & (nights < when)).mean())
    took = np.where((nights < when) | (nights == NIGHTS), np.inf, nights - when + 1.0)
    return early, float(np.quantile(took, 0.5, method="higher")), float(np.quantile(took, 0.9, method="higher"))


def _told(nights: float) -> str:
    return "–" if np.isinf(nights) else f"{nights:.0f}"


def main(years: int = 200, say: Callable[[str], None] = print) -> None:
    """Print both tables."""
    say(f"{years} years of {NIGHTS} nights in which nothing changes: years with an alarm\n")
    say("| stream | any alarm | fixed 5 %, each night | fixed 5 %, all nights so far | s |\n|---|---|---|---|---|")
    for design in CALM:
        played = play(design, years)
        alarms = int((played.alarms() < NIGHTS).sum())
        tested = design.start == 0
        naive = [f"{share:.0%}" if tested else "–" for share in (played.naive_nightly, played.naive_growing)]
        say(f"| {design.name} | {alarms} of {years} | {naive[0]} | {naive[1]} | {played.seconds:.0f} |")
    some = max(years // 4, 2)
    say(
        f"\n{some} years in which a gap grows on night {MOVED[0].when}: nights until an alarm, median and nine in ten\n"
    )
    say("| gap | false before | changed | over its limit | s |\n|---|---|---|---|---|")
    for design in MOVED:
        played = play(design, some)
        early = delays(played.alarms(), design.when)[0]
        told = []
        for kind in ("change", "limit"):
            _, half, most = delays(played.alarms(kind, latest=True), design.when)
            told.append(f"{_told(half)}, {_told(most)}")
        over = told[1] if design.start + design.growth > LIMIT else "–"
        say(f"| {design.name} | {early:.0%} | {told[0]} | {over} | {played.seconds:.0f} |")


def quick() -> Played:
    """A few short years: for a look at the code."""
    return play(replace(CALM[0], nightly=300), 4, 60)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)

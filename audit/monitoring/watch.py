"""Questions that share one order of arrival and one level: their capitals, and the alarms they raise.

Decisions arrive with their window, labels later. Bets on labels may rest on nothing but labels that arrived before, so
each of the two has a watch of its own, with its own share of the level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from audit.monitoring.entries import Plan, WatchedRule
from audit.monitoring.family import Family
from audit.monitoring.grid import bounds, grid_of_gaps, grid_of_rates, log_of_change, of_gaps, of_rates
from audit.monitoring.process import Capitals, Hypotheses
from audit.monitoring.projection import Floats
from audit.monitoring.rates import NOTHING, Counted, Group
from audit.result.monitoring import Kind, Severity

#: Shares of the weight: limits and margins that rules set, gaps that may change, drifts.
OF_RULES, OF_CHANGES, OF_DRIFTS = 2.0, 1.0, 1.0

SeriesKind = Literal["gap", "group", "decisions", "groups", "labels", "lengths", "vocabulary"]


@dataclass(frozen=True)
class Stream:
    """A gap between two groups, or one rate: what capitals are about.

    Attributes
    ----------
    groups
        Two of a gap; of a rate one, or none where it is of everybody.
    """

    kind: SeriesKind
    attributes: tuple[str, ...]
    metric: str | None
    cls: str | None
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Item:
    """One question of a stream, which may raise an alarm.

    Attributes
    ----------
    column
        Column of the hypothesis; None where it asks whether the stream changed.
    turned
        Of a gap, whether it is asked of the second group against the first.
    """

    stream: Stream
    kind: Kind
    severity: Severity
    share: float
    tolerance: float = 0.0
    rule: WatchedRule | None = None
    column: int | None = None
    turned: bool = False


@dataclass
class _Generation:
    """Streams that are watched from the same window on."""

    streams: list[Stream]
    capitals: Capitals
    columns: int


@dataclass
class Point:
    """A stream in one look: counts of a window, and the bounds then."""

    start: str
    counts: tuple[Counted, Counted]
    lower: float
    upper: float


@dataclass
class Watch:
    """Streams with one order of arrival.

    Parameters
    ----------
    alpha
        Probability of any false alarm.
    """

    plan: Plan
    alpha: float
    items: list[Item] = field(default_factory=list)
    points: dict[Stream, list[Point]] = field(default_factory=dict)
    _generations: list[_Generation] = field(default_factory=list)
    _place: dict[Stream, tuple[_Generation, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.family = Family(self.alpha)
        limits = sorted({rule.value for rule in self.plan.rules if rule.kind == "limit"})
        ratios = sorted({rule.value for rule in self.plan.rules if rule.kind == "ratio"})
        self.gaps, self.rates = grid_of_gaps(), grid_of_rates()
        many = len(self.gaps)
        self.column_of_limit = {limit: many + i for i, limit in enumerate(limits)}
        self.column_of_ratio = {ratio: many + len(limits) + i for i, ratio in enumerate(ratios)}
        shown = np.array(ratios)
        none, one = np.zeros(len(ratios)), np.ones(len(ratios))
        grid = of_gaps(np.concatenate([self.gaps, limits]))
        #: Each ratio twice: the second group is below it, and the first is above it.
        self._of_gaps = Hypotheses(
            np.concatenate([grid.u, shown, one]),
            np.concatenate([grid.v, one, shown]),
            np.concatenate([grid.delta, none, none]),
        )
        self._ratios = len(ratios)
        self._of_rates = of_rates(self.rates)

    def admit(self, items: Sequence[Item], also: Sequence[Stream] = ()) -> None:
        """Watch what these items are about from now on, and some streams that nothing is asked about."""
        new = dict.fromkeys([*(item.stream for item in items), *also])
        streams = [stream for stream in new if stream not in self._place]
        unit = "windows" if self.plan.why_windows else self.plan.unit
        for hypotheses, wanted in ((self._of_gaps, True), (self._of_rates, False)):
            chosen = [stream for stream in streams if (stream.kind == "gap") == wanted]
            if not chosen:
                continue
            generation = _Generation(chosen, Capitals(2 * len(chosen), hypotheses, unit), len(hypotheses.delta))
            self._generations.append(generation)
            self._place |= {stream: (generation, i) for i, stream in enumerate(chosen)}
            self.points |= {stream: [] for stream in chosen}
        self.items += items
        self.family.admit([item.share for item in items])

    def knows(self, stream: Stream) -> bool:
        """Whether it is watched."""
        return stream in self._place

    def add(self, start: str, counts: Mapping[Stream, tuple[Counted, Counted]]) -> list[int]:
        """Bet on what arrived, and return the numbers of items that raise an alarm now."""
        for generation in self._generations:
            arrived = [counts.get(stream, (NOTHING, NOTHING)) for stream in generation.streams]
            first = np.array([[one.k, one.n] for one, _ in arrived]).T
            second = np.array([[two.k, two.n] for _, two in arrived]).T
            single = generation.capitals.h.single
            # A rate has a second stream too: of what does not count, so that it may be low as well as high.
            turned = np.stack([first[1] - first[0], first[1]]) if single else second
            behind = np.zeros_like(first) if single else first
            ahead = np.zeros_like(second) if single else second
            generation.capitals.add(
                np.concatenate([first[0], turned[0]]), np.concatenate([first[1], turned[1]]),
                np.concatenate([ahead[0], behind[0]]), np.concatenate([ahead[1], behind[1]]),
            )  # fmt: skip
        alarms = self.family.look(self.logs()) if self.items else []
        self._note(start, counts)
        return alarms

    def _both(self, generation: _Generation, *, peak: bool = False) -> tuple[Floats, Floats, Floats]:
        """Grid of a generation, and the capitals against "at most" and "at least" each of its values.

        Parameters
        ----------
        peak
            The largest that they ever were, for bounds; a mean over several is an e-process only of what they are.
        """
        size, single = len(generation.streams), generation.capitals.h.single
        grid = self.rates if single else self.gaps
        logs = (generation.capitals.peak if peak else generation.capitals.log)[:, : len(grid)]
        return grid, logs[:size], logs[size:, ::-1]

    def logs(self) -> Floats:
        """Logarithm of the capital of every item."""
        out = np.zeros(len(self.items))
        changes: dict[tuple[int, float], Floats] = {}
        for number, item in enumerate(self.items):
            generation, at = self._place[item.stream]
            if item.column is not None:
                row = at + (len(generation.streams) if item.turned else 0)
                out[number] = generation.capitals.log[row, item.column]
                continue
            key = (id(generation), item.tolerance)
            if key not in changes:
                grid, rising, falling = self._both(generation)
                changes[key] = log_of_change(rising, falling, grid, item.tolerance)
            out[number] = changes[key][at]
        return out

    def _note(self, start: str, counts: Mapping[Stream, tuple[Counted, Counted]]) -> None:
        needed = self._needed_for_bounds()
        for generation in self._generations:
            grid, rising, falling = self._both(generation, peak=True)
            lower, upper = bounds(rising, falling, grid, needed)
            for at, stream in enumerate(generation.streams):
                if stream in counts:
                    self.points[stream].append(Point(start, counts[stream], float(lower[at]), float(upper[at])))

    def _needed_for_bounds(self) -> float:
        """Capital (its logarithm) at which a value is refused: that of the question asked with the least weight."""
        if not self.items:
            return float(np.log(2 / self.alpha))
        return float(np.log(2 * self.family.needed().max()))

    def bounds_of(self, stream: Stream) -> tuple[float, float]:
        """Bounds of a stream now."""
        generation, at = self._place[stream]
        grid, rising, falling = self._both(generation, peak=True)
        lower, upper = bounds(rising[at], falling[at], grid, self._needed_for_bounds())
        return float(lower), float(upper)

    def within_ratio(self, stream: Stream, ratio: float) -> bool:
        """Whether both groups' rates have been shown to be above this ratio of each other."""
        generation, at = self._place[stream]
        column = self.column_of_ratio[ratio] + self._ratios
        logs = generation.capitals.peak[[at, at + len(generation.streams)], column]
        return bool((logs >= self._needed_for_bounds()).all())

    def unit_of(self, stream: Stream) -> tuple[str, float | None]:
        """What counts as one observation of a stream next, and its dispersion."""
        generation, at = self._place[stream]
        spread = float(generation.capitals.dispersion[at])
        return ("rows" if generation.capitals.by_rows[at] else "windows"), (None if np.isnan(spread) else spread)

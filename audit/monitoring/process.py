"""Capitals that bet against many hypotheses at once, window after window.

Several *experts* bet: one on what all windows so far say, others on the latest ones, one not at all. The capital moves
between them as each does well, and a little at random (fixed share, Herbster and Warmuth 1998), so that a year of calm
costs little when something happens at last. Which expert holds how much, how far each dares to go and whether rows or
whole windows count is decided from earlier windows alone; so every step is an e-variable, and the product stays one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.monitoring.projection import Floats, log_of_rows, log_of_window, project

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

#: Half-lives of what experts remember, in windows; the first remembers everything.
MEMORIES = (np.inf, 30.0, 8.0, 2.5)
#: Capital (its logarithm) at which nothing more is bet: no level of any use is beyond.
ENOUGH = 30.0
#: A window that counts as one observation has at least so many decisions of each group; smaller ones are joined.
LEAST_OF_A_WINDOW = 20
#: Gaps of neighbouring windows that must have been compared before rows may count one by one.
LEAST_COMPARED = 7
#: A squared step between neighbouring windows counts as at most this, so that one jump makes no stream unsteady; and
#: the mean of what a step by chance then counts as, of χ² with one degree of freedom.
LARGEST_STEP, USUAL_STEP = 6.0, 0.974
#: Quantile of the normal distribution beyond which windows differ more than rows do by chance.
UNLIKELY = 1.64


@dataclass(frozen=True)
class Hypotheses:
    """What a stream is held against: u·θ₁ − v·θ₂ ≤ δ, one column for each.

    Attributes
    ----------
    u, v, delta
        One number per column; `v` is 0 everywhere where the stream is of one rate alone.
    """

    u: Floats
    v: Floats
    delta: Floats

    @property
    def single(self) -> bool:
        """Whether they are of one rate."""
        return not self.v.any()


class Capitals:
    """Capital of every stream against every hypothesis.

    Parameters
    ----------
    streams
        How many there are: each has its own counts.
    hypotheses
        Columns, the same for all streams.
    unit
        What counts as one observation: `rows`, `windows`, or `auto`: rows from when windows have been seen to differ no
        more than by chance.
    """

    def __init__(self, streams: int, hypotheses: Hypotheses, unit: str = "auto") -> None:
        self.h, self.unit = hypotheses, unit
        columns, experts = len(hypotheses.delta), len(MEMORIES)
        self.log = np.zeros((streams, columns))
        """Logarithm of the capital."""
        self.peak = np.zeros((streams, columns))
        """The largest that it ever was: what was refused once stays refused."""
        self._held = np.full((streams, columns, experts + 1), 1.0 / (experts + 1))
        self._steps = np.zeros((streams, columns))
        # What experts remember: decisions, and whole windows with their rates.
        self._k, self._n = np.zeros((2, 2, streams, experts))
        self._windows = np.zeros((streams, experts))
        self._means = np.zeros((2, streams, experts))
        self._squares = np.zeros((3, streams, experts))
        self._waiting = np.zeros((4, streams))
        self._last = np.full((2, streams), np.nan)
        self._spread, self._capped, self._compared = np.zeros((3, streams))
        # A rate of 0 or 1 is never bet on; and hypotheses that no rates break, or all do, are not tested.
        with np.errstate(divide="ignore"):
            self._testable = (hypotheses.delta < hypotheses.u) & (hypotheses.delta > -hypotheses.v)

    @property
    def dispersion(self) -> Floats:
        """Variance between windows over that of rows by chance; NaN before any were compared."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self._spread / self._compared)

    @property
    def by_rows(self) -> Mask:
        """Streams of which rows count one by one in the next window."""
        if self.unit != "auto":
            return np.full(len(self.log), self.unit == "rows")
        with np.errstate(invalid="ignore", divide="ignore"):
            usual = self._capped / USUAL_STEP / self._compared <= 1 + UNLIKELY * np.sqrt(3 / self._compared)
        return np.asarray(usual & (self._compared >= LEAST_COMPARED))

    def add(self, k1: Floats, n1: Floats, k2: Floats, n2: Floats) -> None:
        """Bet on one window of every stream, and then remember it.

        Parameters
        ----------
        k1, n1, k2, n2
            Decisions that count and decisions, of both groups (of one rate: the second are 0); one number per stream.
            A window without any changes nothing.
        """
        new = np.stack([k1, n1, k2, n2])
        rows = self.by_rows
        self._waiting += new
        k1, n1, k2, n2 = self._waiting
        both = (n1 > 0) if self.h.single else (n1 > 0) & (n2 > 0)
        enough = (n1 >= LEAST_OF_A_WINDOW) & (self.h.single | (n2 >= LEAST_OF_A_WINDOW))
        ready = both & (rows | enough)
        self._bet_rows(ready & rows)
        self._bet_windows(ready & ~rows)
        self._remember(ready)
        self._waiting[:, ready] = 0.0

    def _open(self, streams: Mask) -> tuple[Codes, Codes]:
        """Streams and columns that are still bet on."""
        s, c = np.nonzero(streams[:, None] & self._testable[None, :] & (self.log < ENOUGH))
        return s, c

    def _bet_rows(self, streams: Mask) -> None:
        s, c = self._open(streams & (self._n[0] > 0).any(-1))
        # A rate at 0 or 1 would be bet on with everything: half a decision more on either side (Jeffreys).
        q = (self._k + 0.5) / (self._n + 1.0)
        ahead = self._beyond(q, s, c)
        at, e = np.nonzero(ahead > 0)
        if not len(at):
            return
        si, u, v, delta = s[at], self.h.u[c[at]], self.h.v[c[at]], self.h.delta[c[at]]
        q1, q2 = q[0][si, e], q[1][si, e]
        size1, size2 = self._n[0][si, e] + 1.0, self._n[1][si, e] + 1.0
        known = u * u * q1 * (1 - q1) / size1 + v * v * q2 * (1 - q2) / size2
        signal = ahead[at, e] ** 2 / known
        share = signal / (1 + signal)
        k1, n1, k2, n2 = self._waiting[:, si]
        if self.h.single:
            logs = log_of_rows(k1, n1, q1, delta / u, share)
        else:
            theta1, theta2 = project(q1, n1, q2, n2, u, v, delta)
            logs = log_of_rows(k1, n1, q1, theta1, share) + log_of_rows(k2, n2, q2, theta2, share)
        self._settle(s, c, at, e, logs)

    def _bet_windows(self, streams: Mask) -> None:
        s, c = self._open(streams & (self._windows[:, 0] >= 1))
        ahead = self._beyond(self._means, s, c)
        at, e = np.nonzero(ahead > 0)
        if not len(at):
            return
        si, u, v, delta = s[at], self.h.u[c[at]], self.h.v[c[at]], self.h.delta[c[at]]
        k1, n1, k2, n2 = self._waiting[:, si]
        # Two windows of the variance that rows alone have: few windows know little of how they vary.
        p = [self._means[j][si, e] for j in (0, 1)]
        least = [np.maximum(p[j] * (1 - p[j]), 1e-3) / np.maximum(n, 1) for j, n in ((0, n1), (1, n2))]
        prior = u * u * least[0] + v * v * least[1]
        seen = [self._squares[j][si, e] for j in range(3)]
        between = u * u * seen[0] - 2 * u * v * seen[2] + v * v * seen[1]
        windows = self._windows[si, e]
        variance = (np.maximum(between, 0) + 2 * prior) / (windows + 1)
        signal = ahead[at, e] ** 2 * windows / variance
        share = signal / (1 + signal)
        size = share * ahead[at, e] / (ahead[at, e] ** 2 + variance)
        second = v * k2 / np.maximum(n2, 1e-300)
        self._settle(s, c, at, e, log_of_window(u * k1 / n1 - second - delta, size))

    def _beyond(self, rates: Floats, s: Codes, c: Codes) -> Floats:
        """How far rates lie beyond hypotheses: pairs of a stream and a column × experts."""
        u, v, delta = (part[c][:, None] for part in (self.h.u, self.h.v, self.h.delta))
        return np.asarray(u * rates[0][s] - v * rates[1][s] - delta)

    def _settle(self, s: Codes, c: Codes, at: Codes, e: Codes, logs: Floats) -> None:
        """Pay out: the capital grows by what its holders made, and moves a little between them.

        Parameters
        ----------
        s, c
            Streams and columns that are bet on.
        at, e, logs
            Which of them, by which expert, and the logarithm of what a unit became. Where nobody bets, nothing moves.
        """
        gains = np.ones((len(s), len(MEMORIES)))
        gains[at, e] = np.exp(np.minimum(logs, 300.0))
        some = np.zeros(len(s), bool)
        some[at] = True
        s, c, gains = s[some], c[some], gains[some]
        made = self._held[s, c]
        made[:, 1:] *= gains
        total = made.sum(-1)
        self.log[s, c] += np.log(total)
        self.peak[s, c] = np.maximum(self.peak[s, c], self.log[s, c])
        moving = (0.5 / (self._steps[s, c] + 2.0))[:, None]
        self._held[s, c] = made / total[:, None] * (1 - moving) + moving / made.shape[-1]
        self._steps[s, c] += 1

    def _remember(self, ready: Mask) -> None:
        fading = np.array([0.5 ** (1 / life) for life in MEMORIES])
        k1, n1, k2, n2 = self._waiting[:, ready]
        self._k[:, ready] = self._k[:, ready] * fading + np.stack([k1, k2])[..., None]
        self._n[:, ready] = self._n[:, ready] * fading + np.stack([n1, n2])[..., None]
        rates = np.stack([k1 / n1, k2 / np.maximum(n2, 1e-300)])
        before, windows = self._means[:, ready], self._windows[ready] * fading
        step = rates[..., None] - before
        after = before + step / (windows + 1)
        rest = rates[..., None] - after
        products = np.stack([step[0] * rest[0], step[1] * rest[1], step[0] * rest[1]])
        self._squares[:, ready] = self._squares[:, ready] * fading + products
        self._means[:, ready], self._windows[ready] = after, windows + 1
        self._compare(rates, np.stack([k1, k2]), np.stack([n1, n2]), ready)

    def _compare(self, rates: Floats, k: Floats, n: Floats, ready: Mask) -> None:
        """Hold the gap against that of the window before: a slow change moves it little, unsteady windows much."""
        smooth = (k + 0.5) / (n + 1.0)
        variances = smooth * (1 - smooth) / np.maximum(n, 1)
        gap = rates[0] if self.h.single else rates[0] - rates[1]
        variance = variances[0] if self.h.single else variances.sum(0)
        last, last_variance = self._last[:, ready]
        known = ~np.isnan(last)
        moved = np.where(known, (gap - last) ** 2 / (variance + last_variance), 0.0)
        self._spread[ready] += moved
        self._capped[ready] += np.minimum(moved, LARGEST_STEP)
        self._compared[ready] += known
        self._last[:, ready] = gap, variance

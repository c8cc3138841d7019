"""Shapley values of units, for models without gradients: each with its own error.

What a unit adds depends on which others are there. Its Shapley value is the mean of what it adds to those before it,
over all orders in which units can come in (Shapley 1953; Štrumbelj and Kononenko 2014); units that are not in yet are
replaced by the baseline. Over all units the values add up to F(x) − F(x′), as integrated gradients do, and so for every
single order: what sampling leaves open is how that is shared among them.

With few units, F of every set of them is computed, and the values are exact. Else orders are drawn, each with its
reverse (antithetic: a unit that came early comes late), until the error is within the tolerance or the budget is spent.
F is known in log-odds wherever it was asked for, so that decisions whose probabilities show no contrast are explained
in log-odds without asking again.

The estimated error is of all units together, in L1. With standard errors s of the means of k pairs, errors are about
normal, so Σ|error| is on average √(2/π)·Σs, and varies; `SURE` standard deviations are added as if units were
independent (they are not quite: their errors add up to zero).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from math import ceil, comb

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit
from scipy.stats import norm
from scipy.stats import t as student

from audit.explain.integrate.attribution import ERROR_FLOOR, Attribution
from audit.explain.integrate.estimates import refine_each, refine_together
from audit.explain.integrate.refining import LEAST_LOG_ODDS
from audit.explain.integrate.score import score
from audit.models.adapter import Adapter, Encoded
from audit.models.engine import BatchRunner

METHOD = "shapley_sampling"
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
#: With so many units at most, every set of them is asked about: 1,024 sets of ten.
EXACT_UNITS = 10
#: The same where only means over many decisions are wanted.
EXACT_TOGETHER = 6
#: Pairs of orders that every decision is asked about: a spread of fewer tells little.
FIRST_PAIRS = 8
#: Standard deviations of Σ|error| that are added to its mean.
SURE = 3.0
#: Where Student's distribution is held against the normal one: spreads of few pairs are themselves uncertain.
LOWER_TAIL = 0.025


class ShapleySampler:
    """Explain decisions of one model by asking it about its input with units replaced.

    Parameters
    ----------
    baseline
        Kind of baseline, resolved by the adapter.
    budget
        Padded elements per batch.
    tolerance, most_calls
        When a decision is done, and after how many variants of its input it is given up.
    scale
        `probability` of the target class, or its `log_odds`.
    least_contrast
        With a smaller difference of probabilities, log-odds are explained if they differ by `LEAST_LOG_ODDS`; 0 never.
    seed
        Of the orders, together with the input: the same in any company.
    """

    def __init__(
        self,
        adapter: Adapter,
        *,
        baseline: str,
        budget: int,
        tolerance: float = 0.05,
        most_calls: int = 4096,
        scale: str = "probability",
        least_contrast: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._adapter, self._baseline = adapter, baseline
        self._tolerance, self._most, self._scale, self._seed = tolerance, most_calls, scale, seed
        self._least_contrast = least_contrast
        self._runner = BatchRunner(budget)

    def attribute(
        self,
        encoded: Sequence[Encoded],
        targets: Sequence[int],
        advance: Callable[[int], object] = lambda done: None,
        *,
        together: bool = False,
    ) -> tuple[list[Attribution], dict[str, int]]:
        """Explain each decision's target class; also return what it took.

        Parameters
        ----------
        together
            Only means over decisions are wanted (`refine_together`).
        """
        batches = self._runner.batches
        differ = self._runner.run(encoded, lambda item: item.cost, self._differ)
        exact = EXACT_TOGETHER if together else EXACT_UNITS
        games = [
            Game(item, target, active, self._scale, self._least_contrast, exact, self._seed)
            for item, target, active in zip(encoded, targets, differ, strict=True)
        ]
        refine = refine_together if together else refine_each
        done = refine(
            games,
            lambda asked: self._runner.run(
                asked, lambda pair: games[pair[0]].item.cost, lambda part: self._work(games, part)
            ),
            tolerance=self._tolerance, budget=self._most, advance=advance,
        )  # fmt: skip
        return done, {"calls": sum(item.calls for item in done), "call_batches": self._runner.batches - batches}

    def _differ(self, items: list[Encoded]) -> list[Bools]:
        """Say which units the baseline changes at all: the others carry nothing."""
        batch = self._adapter.collate(items)
        with torch.no_grad():
            way = self._adapter.embed(batch) - self._adapter.baseline(items, batch, self._baseline)
            moved = self._adapter.by_element(way.abs(), batch).cpu().numpy() > 0
        out = []
        for row, item in enumerate(items):
            active = np.zeros(len(item.places), bool)
            active[item.units[moved[row, : item.length] & ~item.frame]] = True
            out.append(active)
        return out

    def _work(self, games: Sequence[Game], asked: list[tuple[int, bytes]]) -> list[float]:
        items = [games[i].item for i, _ in asked]
        batch = self._adapter.collate(items)
        target = torch.tensor([games[i].target for i, _ in asked], device=self._adapter.device)
        with torch.inference_mode():
            erased = [games[i].erased(units) for i, units in asked]
            logits = self._adapter.logits(batch, self._adapter.erase(items, batch, self._baseline, erased))
            z: list[float] = score(logits, target, "log_odds").double().tolist()
        return z


class Game:
    """One decision: its units are the players, and F of a set is what the model says with the others replaced.

    Sets are bytes, one for each unit that the baseline changes.
    """

    def __init__(
        self, item: Encoded, target: int, active: Bools, scale: str, least_contrast: float, exact: int, seed: int
    ) -> None:
        self.item, self.target = item, target
        self.z: dict[bytes, float] = {}
        self._players = np.flatnonzero(active)
        self._scale, self._least_contrast = scale, least_contrast
        n = len(self._players)
        self._none, self._all = bytes(n), b"\1" * n
        self._exact = n <= exact
        content = repr([array.tolist() for array in item.inputs.values()])
        self._rng = np.random.default_rng([seed, zlib.crc32(content.encode(errors="replace"))])
        self._orders: list[npt.NDArray[np.int64]] = []
        self._waiting: list[bytes] = list(dict.fromkeys([self._none, self._all]))
        self._added: list[Floats] = []

    @property
    def n(self) -> int:
        """Number of players."""
        return len(self._players)

    def erased(self, units: bytes) -> list[int]:
        """Units that are not in a set."""
        return [int(unit) for unit, there in zip(self._players, units, strict=True) if not there]

    def missing(self) -> list[bytes]:
        """Sets that were not asked about yet."""
        return [units for units in dict.fromkeys(self._waiting) if units not in self.z]

    def learn(self, units: bytes, z: float) -> None:
        """Take what the model says of a set."""
        self.z[units] = z

    def f(self, units: bytes) -> float:
        """F of a set."""
        return float(expit(self.z[units])) if self._scale == "probability" else self.z[units]

    def take_in(self, budget: int) -> bool:
        """Take in what was asked; say whether more is to be asked before the error is known."""
        first = not self._added and not self._orders and len(self.z) <= 2 and bool(self._waiting)
        self._waiting = []
        if first:
            self._choose_scale()
            if self.n < 2 or not np.isfinite([self.z[self._none], self.z[self._all]]).all():
                return False
            return self._enumerate() if self._exact else self._draw(FIRST_PAIRS, budget)
        if not self._exact:
            self._take_in()
        return False

    def refine(self, tolerance: float, budget: int) -> bool:
        """Take in what was asked, and ask for more where the error is; say whether it asked."""
        if self.take_in(budget):
            return True
        if self._exact or not self._added:
            return False
        found = self.attribution()
        if not np.isfinite(found.mass) or found.converged(tolerance):
            return False
        pairs = len(self._added)
        allowed = max(tolerance * found.mass, ERROR_FLOOR)
        return self._more(min(max(ceil(pairs * (found.estimated_error / allowed) ** 2) - pairs, 1), pairs), budget)

    def errors(self) -> Floats:
        """What may be wrong with all units together, in L1, if further orders can make it less."""
        return np.array([self.attribution().estimated_error] if self._added else [])

    def work_on(self, pieces: npt.NDArray[np.int64], budget: int) -> bool:
        """Ask about as many orders again; say whether there is anything to ask."""
        return self._more(len(self._added), budget)

    def _more(self, pairs: int, budget: int) -> bool:
        """Ask about further orders, or about every set where that is not more."""
        if 2**self.n <= min(budget, len(self.z) + 2 * pairs * (self.n - 1)):
            return self._enumerate()
        return self._draw(pairs, budget)

    def attribution(self) -> Attribution:
        """Sum up what is known."""
        values, error = np.zeros(len(self.item.places), np.float64), 0.0
        if self.n == 1:
            values[self._players] = self.f(self._all) - self.f(self._none)
        elif self._exact and len(self.z) == 2**self.n:
            values[self._players] = self._enumerated()
        elif self._added:
            added = np.array(self._added)
            values[self._players] = added.mean(0)
            error = _error(added)
        ends = self.f(self._all), self.f(self._none)
        return Attribution(values.astype(np.float32), *ends, error, 0, self._scale, calls=len(self.z))

    def _choose_scale(self) -> None:
        """Explain log-odds where probabilities are saturated at both ends; nothing is asked again."""
        rise = abs(self.z[self._all] - self.z[self._none])
        small = abs(self.f(self._all) - self.f(self._none)) < self._least_contrast
        if self._scale == "probability" and small and rise >= LEAST_LOG_ODDS:
            self._scale = "log_odds"

    def _enumerate(self) -> bool:
        """Ask about every set."""
        self._exact, self._added, self._orders = True, [], []
        self._waiting = [units.tobytes() for units in _every(self.n)]
        return True

    def _draw(self, pairs: int, most: int) -> bool:
        """Ask about further orders and their reverses, as many as the budget has room for."""
        room = (most - len(self.z)) // (2 * (self.n - 1))
        if room < 1:
            return False
        for _ in range(min(pairs, room)):
            order = self._rng.permutation(self.n)
            self._orders += [order, order[::-1]]
            for one in self._orders[-2:]:
                self._waiting += _prefixes(one)
        return True

    def _take_in(self) -> None:
        """Note what every unit added, on average over an order and its reverse."""
        adds = []
        for order in self._orders:
            f = np.array([self.f(units) for units in _prefixes(order)])
            added = np.empty(self.n)
            added[order] = np.diff(f)
            adds.append(added)
        self._added += [(one + other) / 2 for one, other in zip(adds[::2], adds[1::2], strict=True)]
        self._orders = []

    def _enumerated(self) -> Floats:
        """Shapley values by their definition."""
        n = self.n
        sets = _every(n)
        f = np.array([self.f(units.tobytes()) for units in sets])
        sizes, number = sets.sum(1), np.arange(len(sets))
        weight = np.array([1 / (n * comb(n - 1, size)) for size in range(n)])
        out = np.zeros(n)
        for player in range(n):
            without = number[~sets[:, player]]
            out[player] = (weight[sizes[without]] * (f[without + (1 << player)] - f[without])).sum()
        return out


def _every(n: int) -> Bools:
    """All sets of n units, shape (2ⁿ, n): number k holds unit i where k has the bit i."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)


def _prefixes(order: npt.NDArray[np.int64]) -> Iterator[bytes]:
    """Sets that an order goes through, from none to all."""
    there = np.zeros(len(order), bool)
    yield there.tobytes()
    for unit in order:
        there[unit] = True
        yield there.tobytes()


def _error(added: Floats) -> float:
    """Estimated error of means over pairs of orders, of all units together in L1; shape (pairs, units)."""
    pairs = len(added)
    wider = float(student.isf(LOWER_TAIL, pairs - 1)) / float(norm.isf(LOWER_TAIL))
    errors = wider * added.std(0, ddof=1) / np.sqrt(pairs)
    return float(np.sqrt(2 / np.pi) * errors.sum() + SURE * np.sqrt((1 - 2 / np.pi) * (errors**2).sum()))

"""Is an explanation true of the model? Change the input as it says, and see whether the model answers as it says.

Units are whole words (sub-words together). Answers are read in log-odds, where what words add up to shows most plainly,
and everything is asked in the direction of the contrast: where the input speaks against the predicted class, so do the
words that carry it.

- *Named* are the fewest units that carry `NAMED` of what speaks in the direction of the contrast. Erasing them must
  take most of the contrast away; keeping them alone must keep the predicted class, where nothing at all does not.
- *Agreement*: random halves of the units are erased. What φ says each half carries must correlate with how far the
  model's answer falls. An exact explanation of a model that adds up its words reaches 1 at every length, also where
  one word decides. The bar is what half noise reaches by luck in three of a hundred explanations of so many units
  (`needed_agreement`), which is high where units are few. Halves are asked until more would hardly decide otherwise
  (`curtailing`).
- *Signs*: units are erased one by one. Those with φ > 0 must lower the answer, those with φ < 0 raise it; by |φ|, at
  most `MOST_WRONG` of all may do the opposite.
- *Chance*, over many decisions together: p of the agreement against φ of the same units in random order, from the
  halves that every decision is asked. One decision's p proves little in a short text; the mean of many does.

*Comprehensiveness* and *sufficiency* (AOPC, DeYoung et al. 2020) are told beside it: how far F falls when the top 1, 5,
10, 20 and 50 % of units are erased, and when these alone are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.special import expit
from scipy.stats import t as student

from audit.explain.verify.curtailing import settled
from audit.explain.verify.erasing import Erased, ErasedCase, Eraser, Floats

#: Shares of units erased (DeYoung et al. 2020).
SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
#: Share of what speaks in the direction of the contrast that the named units carry.
NAMED = 0.9
#: Least share of the contrast, in log-odds, that erasing the named units takes away.
LEAST_REMOVED = 0.5
#: Least agreement, however many units there are, and how often half noise may reach what is asked.
LEAST_AGREEMENT, BY_LUCK = 0.85, 0.03
#: Most share of Σ|φ| on units whose erasure does the opposite of what their sign says.
MOST_WRONG = 0.1
#: Signs are asked of the strongest units, until they carry so much of Σ|φ|; of at most so many.
SIGNED, MOST_SIGNED = 0.95, 40
#: An answer that moves by less of the contrast says nothing of a sign.
NO_MOVE = 0.01
#: Halves that everybody is asked; the rest, so many at a time, only where these leave hope and doubt.
FIRST_HALVES, NEXT_HALVES, HOPE = 16, 8, 0.2
#: With fewer units, an explanation that is half noise cannot be told from a true one.
LEAST_UNITS = 3
PERMUTATIONS = 99
#: So near to its bar, rounding to eight bits may carry a figure across: shares of the contrast, correlations, shares
#: of Σ|φ|, log-odds.
NEAR_REMOVED, NEAR_FOLLOWED, NEAR_WRONG, NEAR_KEPT = 0.05, 0.02, 0.05, 0.25


@dataclass
class Faithfulness:
    """What the model said of one explanation.

    Attributes
    ----------
    named
        How many units the explanation names.
    removed
        Share of the contrast, in log-odds, that goes when they are erased.
    sufficient
        They alone keep the predicted class; None where the baseline predicts it as well.
    kept
        Log-odds of the predicted class with them alone.
    followed
        Correlation of what φ says random halves carry with how far the answer falls, over those that were asked.
    chance_p
        Share of random orders of φ that agree as well, over the first halves.
    chance_passed
        Share of random orders of φ whose agreement reaches what is needed.
    wrong_signs
        Share of Σ|φ| on units that do the opposite; None where it was not asked.
    comprehensiveness, sufficiency
        Averages over shares (AOPC); None where they were not asked.
    forwards
        Forward passes it took.
    """

    units: int
    named: int = 0
    removed: float | None = None
    sufficient: bool | None = None
    kept: float = 0.0
    followed: float | None = None
    chance_p: float | None = None
    chance_passed: float | None = None
    wrong_signs: float | None = None
    comprehensiveness: float | None = None
    sufficiency: float | None = None
    forwards: int = 0

    @property
    def removes(self) -> bool:
        """Whether erasing what it names takes most of the contrast away."""
        return self.removed is not None and self.removed >= LEAST_REMOVED

    @property
    def follows(self) -> bool:
        """Whether the model's answers follow φ."""
        return self.followed is not None and self.followed >= needed_agreement(self.units)

    @property
    def close(self) -> bool:
        """Whether coarser arithmetic might have led to another outcome."""
        return (
            (self.removed is not None and abs(self.removed - LEAST_REMOVED) < NEAR_REMOVED)
            or (self.followed is not None and abs(self.followed - needed_agreement(self.units)) < NEAR_FOLLOWED)
            or (self.wrong_signs is not None and abs(self.wrong_signs - MOST_WRONG) < NEAR_WRONG)
            or (self.sufficient is not None and abs(self.kept) < NEAR_KEPT)
        )


@lru_cache(maxsize=1024)
def needed_agreement(units: int) -> float:
    """Agreement that an explanation of so many units, one half of it noise, reaches in three of a hundred cases.

    Noise of n centred units has a cosine c with the truth that is distributed as t/√(t² + n − 2), Student's with n − 2
    degrees of freedom; truth and noise in equal parts then have a cosine of √((1 + c)/2) with the truth.
    """
    if units < LEAST_UNITS:
        return 1.0
    t = float(student.isf(BY_LUCK, units - 2))
    return max(LEAST_AGREEMENT, math.sqrt((1 + t / math.sqrt(t * t + units - 2)) / 2))


def sizes(units: int) -> list[int]:
    """How many units each share erases: at least one."""
    return [max(1, math.ceil(share * units - 1e-9)) for share in SHARES]


def examine(
    eraser: Eraser,
    cases: Sequence[ErasedCase],
    scales: Sequence[str],
    *,
    interventions: int,
    seeds: Sequence[int],
) -> list[Faithfulness]:
    """Test explanations.

    Parameters
    ----------
    eraser
        Answers in log-odds.
    cases
        Decisions with their φ.
    scales
        What F is, of each decision, for comprehensiveness and sufficiency.
    interventions
        Most random halves per decision, or all there are if they are fewer.
    seeds
        Seed of each decision's own randomness, so that a decision's result does not depend on its company.
    """
    tests = [
        _Test(case, scale, interventions, np.random.default_rng(seed))
        for case, scale, seed in zip(cases, scales, seeds, strict=True)
    ]

    def ask(what: Callable[[_Test], list[Erased]]) -> bool:
        wanted = [(i, units) for i, test in enumerate(tests) for units in what(test)]
        eraser.evaluate(cases, wanted)
        return bool(wanted)

    ask(_Test.to_begin)
    ask(_Test.to_go_on)
    while ask(_Test.to_settle):
        pass
    ask(_Test.to_end)
    return [test.finish() for test in tests]


class _Test:
    """One explanation under test, in rounds: what fails early, or is settled, asks the model no more."""

    def __init__(self, case: ErasedCase, scale: str, interventions: int, rng: np.random.Generator) -> None:
        self.case, self.scale, self.rng = case, scale, rng
        self.found = Faithfulness(case.units)
        self.halves = _halves(case.units, interventions, rng)
        self.used = self.halves[:FIRST_HALVES]

    def answer(self, erased: Erased) -> float:
        return self.case.known[erased][0]

    @property
    def way(self) -> float:
        """Contrast in log-odds, as erasing everything shows it."""
        return self.answer(frozenset()) - self.answer(self.case.everything)

    def to_begin(self) -> list[Erased]:
        """Nothing, everything, and the halves that everybody is asked."""
        return [frozenset(), self.case.everything, *self.used] if self.case.units else []

    def to_go_on(self) -> list[Erased]:
        """What the explanation names."""
        case, found = self.case, self.found
        if not case.units:
            return []
        found.followed, found.chance_p, _ = self._agreement()
        self.named = _named(case.phi, np.sign(self.way))
        found.named = len(self.named)
        self.open = found.followed >= needed_agreement(case.units) - HOPE
        return [self.named, case.everything - self.named]

    def to_settle(self) -> list[Erased]:
        """More halves, as long as all of them might still decide otherwise."""
        case, known = self.case, len(self.used)
        if not case.units or not self.open or known == len(self.halves):
            return []
        said = np.array([case.phi[list(half)].sum() for half in self.halves])
        if self._removed() < LEAST_REMOVED or settled(said, self._falls(), needed_agreement(case.units)):
            self.open = False
            return []
        self.used = self.halves[: known + NEXT_HALVES]
        return self.used[known:]

    def _falls(self) -> Floats:
        """How far the answer falls for each half that was asked."""
        return np.array([self.answer(frozenset()) - self.answer(half) for half in self.used])

    def _removed(self) -> float:
        """Share of the contrast that goes with the named units."""
        return (self.answer(frozenset()) - self.answer(self.named)) / self.way if self.way else 0.0

    def to_end(self) -> list[Erased]:
        """Units one by one, and the shares of ERASER, where all else is passed."""
        case, found = self.case, self.found
        if not case.units:
            return []
        # p stays that of the first halves, which every decision was asked alike.
        found.followed, _, found.chance_passed = self._agreement()
        found.removed = self._removed()
        if case.known[case.everything][1] != case.target:
            found.kept, predicted = case.known[case.everything - self.named]
            found.sufficient = predicted == case.target
        self.signed, self.cuts = list[int](), list[Erased]()
        if found.removes and found.follows:
            order = case.order()
            self.signed = _strongest(case.phi)
            self.cuts = [frozenset(order[:cut]) for cut in sizes(case.units)]
        kept = [case.everything - cut for cut in self.cuts]
        return [*(frozenset([unit]) for unit in self.signed), *self.cuts, *kept]

    def finish(self) -> Faithfulness:
        """Sum up."""
        case, found = self.case, self.found
        found.forwards = len(case.known)
        if not case.units or not self.signed:
            return found
        falls = np.array([self.answer(frozenset()) - self.answer(frozenset([unit])) for unit in self.signed])
        phi = case.phi[self.signed]
        opposite = np.sign(phi) * falls < -NO_MOVE * abs(self.way)
        found.wrong_signs = float(np.abs(phi[opposite]).sum() / np.abs(case.phi).sum())
        found.comprehensiveness = self._mean_fall(self.cuts)
        found.sufficiency = self._mean_fall([case.everything - cut for cut in self.cuts])
        return found

    def _mean_fall(self, erased: Sequence[Erased]) -> float:
        z = np.array([self.answer(frozenset()), *(self.answer(units) for units in erased)])
        f = expit(z) if self.scale == "probability" else z
        return float(f[0] - f[1:].mean())

    def _agreement(self) -> tuple[float, float, float]:
        """Agreement of φ; how often random orders of it agree as well, and reach what is needed."""
        case = self.case
        held = np.array([np.isin(np.arange(case.units), list(half)) for half in self.used], np.float64)
        held -= held.mean(0)
        falls = self._falls()
        orders = [case.phi, *(self.rng.permutation(case.phi) for _ in range(PERMUTATIONS))]
        said = held @ np.array(orders).T
        falls = falls - falls.mean()
        spread = np.linalg.norm(said, axis=0) * np.linalg.norm(falls)
        level = np.abs(case.phi).sum() * 1e-6
        agreement = np.divide(falls @ said, spread, out=np.zeros(len(orders)), where=spread > 0)
        # Where all halves carry the same, by what φ says and by what the model answers, they agree.
        silent = np.abs(falls).max(initial=0) <= NO_MOVE * abs(self.way)
        flat = np.abs(said).max(0, initial=0) <= level
        agreement[flat | silent] = 0.0
        agreement[flat & silent] = 1.0
        others = agreement[1:]
        p = float((1 + (others >= agreement[0] - 1e-9).sum()) / (PERMUTATIONS + 1))
        return float(agreement[0]), p, float((others >= needed_agreement(case.units)).mean())


def _halves(units: int, most: int, rng: np.random.Generator) -> list[Erased]:
    """Different halves of the units, in random order: all there are, or so many."""
    size = units // 2
    if not size:
        return [frozenset()] if units else []
    if math.comb(units, size) <= most:
        every = [frozenset(chosen) for chosen in combinations(range(units), size)]
        return [every[int(i)] for i in rng.permutation(len(every))]
    found: dict[Erased, None] = {}
    while len(found) < most:
        found[frozenset(rng.permutation(units)[:size].tolist())] = None
    return list(found)


def _named(phi: Floats, direction: float) -> Erased:
    """The fewest units that carry most of what speaks in the direction of the contrast."""
    mine = direction * phi
    order = np.argsort(-mine, kind="stable")
    order = order[mine[order] > 0]
    carried = np.cumsum(mine[order])
    enough = int(np.searchsorted(carried, NAMED * carried[-1] - 1e-12)) + 1 if len(order) else 0
    return frozenset(order[:enough].tolist())


def _strongest(phi: Floats) -> list[int]:
    """The units that carry nearly all of Σ|φ|."""
    order = np.argsort(-np.abs(phi), kind="stable")
    carried = np.cumsum(np.abs(phi[order]))
    enough = int(np.searchsorted(carried, SIGNED * carried[-1] - 1e-12)) + 1
    return [int(unit) for unit in order[: min(enough, MOST_SIGNED)]]

"""Does an explanation point at what the model used? Erase the units it names, and see what happens to F.

Units are whole words (sub-words together). Erasing puts the baseline's embedding in a unit's place; ids, mask and
positions stay, as on the path of the integral. Units are ordered by φ, the most positive first.

- *Comprehensiveness*: how far F falls when the top share of units is erased, averaged over shares of 1, 5, 10, 20 and
  50 % (ERASER, DeYoung et al. 2020). *Sufficiency*: how far it falls when only these are kept.
- *Random-ordering test*: is that better than orderings of the same units that know nothing? Exact over all orderings
  where units are few, since only the sets that the shares cut out matter; else p = (1 + not beaten)/(R + 1), and the
  test stops as soon as it cannot succeed any more.
- *Corroboration*: agreement of φ with leave-one-out occlusion, as their cosine, against permutations of the latter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
import numpy.typing as npt
import torch

from audit.explain.integrate.path import score
from audit.explain.integrate.units import unit_codes, unit_sums
from audit.models.adapter import Adapter, Encoded
from audit.models.engine import BatchRunner

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Shares of units erased (DeYoung et al. 2020).
SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
#: Up to so many units, every ordering is tried.
MOST_EXACT = 6
#: Units that are left out one by one; of more, the strongest half and a random half.
MOST_LEFT_OUT = 40
PERMUTATIONS = 399
ALPHA = 0.05


def sizes(units: int) -> list[int]:
    """How many units each share erases: at least one."""
    return [max(1, math.ceil(share * units - 1e-9)) for share in SHARES]


def smallest_p(units: int, orderings: int) -> float:
    """Smallest p that the random-ordering test can give with so many units."""
    if units > MOST_EXACT:
        return 1 / (orderings + 1)
    return 1 / len(_chains(units))


def _chains(units: int) -> list[tuple[frozenset[int], ...]]:
    """All different sequences of nested sets that the shares cut out of an ordering."""
    cuts = sizes(units)
    if not units:
        return [()]
    return sorted({tuple(frozenset(order[:cut]) for cut in cuts) for order in permutations(range(units))}, key=str)


@dataclass
class Faithfulness:
    """What erasing said about one explanation.

    Attributes
    ----------
    comprehensiveness, sufficiency
        Averages over shares (AOPC); None where there is no unit.
    p
        Of the random-ordering test; None where it could not succeed.
    sufficient
        The top 20 % alone keep the predicted class; None where the baseline predicts it as well.
    corroboration, corroboration_p
        Cosine with leave-one-out, and its permutation p.
    forwards
        Forward passes it took.
    """

    units: int
    comprehensiveness: float | None = None
    sufficiency: float | None = None
    p: float | None = None
    sufficient: bool | None = None
    corroboration: float | None = None
    corroboration_p: float | None = None
    forwards: int = 0


@dataclass
class ErasedCase:
    """One decision under test, with F wherever it was asked for with units erased."""

    item: Encoded
    target: int
    values: npt.NDArray[np.float32]
    f_input: float
    codes: Ints = field(init=False)
    phi: Floats = field(init=False)
    known: dict[frozenset[int], tuple[float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.codes = unit_codes(self.item)
        self.phi = unit_sums(self.values, self.codes)

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.phi)

    @property
    def everything(self) -> frozenset[int]:
        """All units."""
        return frozenset(range(self.units))

    def order(self) -> list[int]:
        """Units, the most positive φ first."""
        return [int(i) for i in np.argsort(-self.phi, kind="stable")]

    def sets(self, order: Sequence[int]) -> list[frozenset[int]]:
        """Sets that the shares erase."""
        return [frozenset(order[:cut]) for cut in sizes(self.units)]

    def kept(self, order: Sequence[int]) -> list[frozenset[int]]:
        """Sets that erase everything but the top share."""
        return [self.everything - erased for erased in self.sets(order)]

    def fall(self, erased: Sequence[frozenset[int]]) -> float:
        """Average fall of F over sets."""
        return float(np.mean([self.f_input - self.known[units][0] for units in erased]))


class Eraser:
    """Run the model on inputs with units erased, batched over decisions."""

    def __init__(self, adapter: Adapter, *, baseline: str, budget: int, scale: str) -> None:
        self._adapter, self._baseline, self._scale = adapter, baseline, scale
        self._runner = BatchRunner(budget)

    def evaluate(self, cases: Sequence[ErasedCase], wanted: Sequence[tuple[int, frozenset[int]]]) -> None:
        """Fill in F and the predicted class for every (case, erased units) that is not known yet."""
        asked = [(i, units) for i, units in dict.fromkeys(wanted) if units not in cases[i].known]
        found = self._runner.run(
            asked, lambda pair: cases[pair[0]].item.length, lambda part: self._work([(cases[i], u) for i, u in part])
        )
        for (i, units), outcome in zip(asked, found, strict=True):
            cases[i].known[units] = outcome

    def _work(self, asked: list[tuple[ErasedCase, frozenset[int]]]) -> list[tuple[float, int]]:
        items = [case.item for case, _ in asked]
        batch = self._adapter.collate(items)
        erased = torch.zeros(batch.ids.shape, dtype=torch.bool)
        for row, (case, units) in enumerate(asked):
            at = np.isin(case.codes, list(units))
            erased[row, : len(at)] = torch.from_numpy(at)
        erased = erased.to(batch.ids.device).unsqueeze(-1)
        target = torch.tensor([case.target for case, _ in asked], device=batch.ids.device)
        with torch.inference_mode():
            x, blank = self._adapter.embed(batch), self._adapter.baseline(items, batch, self._baseline)
            logits = self._adapter.logits(batch, torch.where(erased, blank, x))
            f, predicted = score(logits, target, self._scale), logits.argmax(-1)
        return list(zip(f.double().tolist(), predicted.tolist(), strict=True))


def examine(
    eraser: Eraser,
    items: Sequence[Encoded],
    targets: Sequence[int],
    values: Sequence[npt.NDArray[np.float32]],
    f_input: Sequence[float],
    *,
    orderings: int,
    seeds: Sequence[int],
    advance: Callable[[int], object] = lambda done: None,
) -> list[Faithfulness]:
    """Test explanations.

    Parameters
    ----------
    values
        φ of each token, per decision.
    orderings
        Random orderings of the chance test, 19 or more.
    seeds
        Seed of each decision's own randomness, so that a decision's result does not depend on its company.
    """
    cases = [ErasedCase(*given) for given in zip(items, targets, values, f_input, strict=True)]
    rngs = [np.random.default_rng(seed) for seed in seeds]
    wanted: list[tuple[int, frozenset[int]]] = []
    left_out: list[Ints] = []
    for i, case in enumerate(cases):
        order = case.order()
        left_out.append(_to_leave_out(case, rngs[i]))
        if case.units:
            wanted += [(i, units) for units in (*case.sets(order), *case.kept(order), case.everything)]
            wanted += [(i, frozenset([int(unit)])) for unit in left_out[i]]
    eraser.evaluate(cases, wanted)
    p = _chance(eraser, cases, rngs, orderings)
    out = []
    for i, case in enumerate(cases):
        found = Faithfulness(case.units, forwards=len(case.known))
        if case.units:
            order = case.order()
            found.comprehensiveness = case.fall(case.sets(order))
            found.sufficiency = case.fall(case.kept(order))
            found.p = p[i]
            # Where nothing at all is enough for the predicted class, so is any part.
            if case.known[case.everything][1] != case.target:
                keep = max(1, math.ceil(0.2 * case.units - 1e-9))
                alone = frozenset(order[keep:])
                eraser.evaluate(cases, [(i, alone)])
                found.sufficient = case.known[alone][1] == case.target if alone else True
            found.corroboration, found.corroboration_p = _corroborate(case, left_out[i], rngs[i])
            found.forwards = len(case.known)
        out.append(found)
        advance(1)
    return out


def _to_leave_out(case: ErasedCase, rng: np.random.Generator) -> Ints:
    if case.units <= MOST_LEFT_OUT:
        return np.arange(case.units)
    strongest = np.argsort(-np.abs(case.phi), kind="stable")
    rest = rng.permutation(strongest[MOST_LEFT_OUT // 2 :])[: MOST_LEFT_OUT // 2]
    return np.concatenate([strongest[: MOST_LEFT_OUT // 2], rest])


def _chance(
    eraser: Eraser, cases: Sequence[ErasedCase], rngs: Sequence[np.random.Generator], orderings: int
) -> list[float | None]:
    """p of the random-ordering test of every case; None where units are too few for it to succeed."""
    out: list[float | None] = [None] * len(cases)
    own: dict[int, float] = {}
    exact: list[int] = []
    drawn: list[int] = []
    for i, case in enumerate(cases):
        if not case.units or smallest_p(case.units, orderings) > ALPHA:
            continue
        own[i] = case.fall(case.sets(case.order()))
        (exact if case.units <= MOST_EXACT else drawn).append(i)
    eraser.evaluate(cases, [(i, units) for i in exact for chain in _chains(cases[i].units) for units in chain])
    for i in exact:
        falls = np.array([cases[i].fall(chain) for chain in _chains(cases[i].units)])
        out[i] = float((falls >= own[i] - 1e-9).mean())
    allowed = math.floor(ALPHA * (orderings + 1)) - 1
    not_beaten, tried = dict.fromkeys(drawn, 0), dict.fromkeys(drawn, 0)
    # A few orderings of everybody at a time: most explanations that fail, fail early.
    for rounds in (2, 5, orderings):
        chains = {
            i: [_shuffled(cases[i], rngs[i]) for _ in range(min(rounds, orderings - tried[i]))]
            for i in drawn
            if not_beaten[i] <= allowed
        }
        eraser.evaluate(cases, [(i, units) for i, found in chains.items() for chain in found for units in chain])
        for i, found in chains.items():
            not_beaten[i] += sum(cases[i].fall(chain) >= own[i] - 1e-9 for chain in found)
            tried[i] += len(found)
    for i in drawn:
        out[i] = (1 + not_beaten[i]) / (tried[i] + 1)
    return out


def _shuffled(case: ErasedCase, rng: np.random.Generator) -> list[frozenset[int]]:
    return case.sets([int(unit) for unit in rng.permutation(case.units)])


def _corroborate(case: ErasedCase, left_out: Ints, rng: np.random.Generator) -> tuple[float | None, float | None]:
    phi = case.phi[left_out]
    falls = np.array([case.f_input - case.known[frozenset([int(unit)])][0] for unit in left_out])
    norm = float(np.linalg.norm(phi) * np.linalg.norm(falls))
    if len(left_out) < 2 or norm <= 0:
        return None, None
    agreement = float(phi @ falls) / norm
    if len(left_out) <= MOST_EXACT:
        shuffled = np.array([falls[list(order)] for order in permutations(range(len(falls)))])
        return agreement, float((shuffled @ phi / norm >= agreement - 1e-9).mean())
    shuffled = np.array([rng.permutation(falls) for _ in range(PERMUTATIONS)])
    beaten = int((shuffled @ phi / norm >= agreement - 1e-9).sum())
    return agreement, (1 + beaten) / (PERMUTATIONS + 1)

"""What the values of a rule may come to, once more rows are collected that follow the rates seen so far.

What is known already does not move; the decisions still to be collected are drawn from those seen, as hits and misses
or as the atoms of a sketch, so that what is drawn is as skewed as it will be. The draws are a scrambled Sobol sequence
(Owen 1998): with a few hundred of them a chance is known as well as with thousands of random ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, norm, qmc

from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.compare.change import Changes

T = TypeVar("T", bound=np.generic)
Floats = npt.NDArray[np.float64]

#: Draws, a power of two, of few groups; and of how many groups all draws together may bound values, changes and pairs.
DRAWS = 512
MOST_VALUES = 16_384
MOST_CHANGES = 4096
MOST_PAIRS = 2_000_000
#: More dimensions than this are drawn at random: there are no Sobol sequences for them.
MOST_DIMENSIONS = 10_000


def draws_for(groups: int, most: int = MOST_VALUES) -> int:
    """How often to draw all groups: the largest power of two within the limits, at least 32."""
    draws = max(32, min(DRAWS, most // groups, MOST_PAIRS // groups**2))
    return 1 << (draws.bit_length() - 1)


def of_values(now: Estimates, grown: Estimates, draws: int) -> Estimates:
    """Draw values at a size.

    Returns
    -------
    Estimates
        Of all draws, one after the other: of shape (draws · groups,).
    """
    groups = len(now.value)
    error = None if grown.error is None else _tiled(grown.error, draws)
    alike = replace(grown, effective=_tiled(grown.effective, draws), error=error, sketches=None, correlation=None)
    if now.sketches is not None and grown.sketches is not None:
        sketches = _sketches(now.sketches, grown.sketches, draws)
        value = _tiled(now.value - now.sketches.mean, draws) + sketches.mean
        return replace(alike, value=value, sketches=sketches)
    u = _uniform(draws, groups)
    if grown.error is not None:
        still = np.sqrt(1 - np.minimum(now.effective / grown.effective, 1.0))
        value = grown.value + norm.ppf(u) * grown.error * still
    else:
        # A rate of 0 or 1 is not known for certain.
        least = 0.5 / (now.effective + 1)
        more = np.maximum(np.round(grown.effective - now.effective), 0.0)
        hits = _binomial(u, np.broadcast_to(more, u.shape), np.clip(now.value, least, 1 - least))
        value = (now.value * now.effective + hits) / (now.effective + more)
    return replace(alike, value=np.clip(value, *_ends(grown)).ravel())


def of_changes(now: Changes, grown: Changes, draws: int) -> Changes:
    """Draw both versions at a size, of shape (draws · groups,); see `of_values`."""
    baseline, candidate = (
        of_values(replace(a, sketches=None), replace(b, sketches=None), draws)
        for a, b in ((now.baseline, grown.baseline), (now.candidate, grown.candidate))
    )
    # Two sequences that start alike would go together; on other rows they do not.
    order = np.random.default_rng(0).permutation(draws)
    shuffled = candidate.value.reshape(draws, -1)[order].ravel()
    correlation = _tiled(now.correlation, draws)
    if now.sketches is None or grown.sketches is None or now.paired is None:
        return Changes(replace(candidate, value=shuffled), baseline, correlation)
    paired, sketches = _tiled(now.paired, draws), _sketches(now.sketches, grown.sketches, draws)
    # On the same rows the baseline moves with the change as far as they are correlated, and the candidate follows.
    start = _tiled(now.baseline.value, draws)
    change, spread = sketches.mean, _tiled(np.sqrt(grown.sketches.variance()), draws)
    of_baseline, of_candidate = (
        _tiled(np.sqrt(np.maximum(e.variance(), 0.0)), draws) for e in (grown.baseline, grown.candidate)
    )
    moved = change - _tiled(now.sketches.mean, draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.nan_to_num((correlation * of_candidate - of_baseline) / spread, posinf=0.0, neginf=0.0).clip(-1, 1)
        along = np.nan_to_num(r * of_baseline / spread * moved, posinf=0.0, neginf=0.0)
    other = (baseline.value - start).reshape(draws, -1)[order].ravel()
    value = np.where(paired, np.clip(start + along + np.sqrt(1 - r**2) * other, *_ends(baseline)), baseline.value)
    first = _tiled(now.candidate.value - now.baseline.value, draws) + moved
    after = np.where(paired, np.clip(value + first, *_ends(candidate)), shuffled)
    return Changes(replace(candidate, value=after), replace(baseline, value=value), correlation, sketches, paired)


def _ends(estimates: Estimates) -> tuple[float, float]:
    return (0.0, 1.0) if estimates.error is None else (-np.inf, np.inf)


def _sketches(now: Sketches, grown: Sketches, draws: int) -> Sketches:
    """Draw the atoms of the decisions still to be collected, one atom after the other."""
    groups, atoms = now.shares.shape
    more = np.maximum(np.round(grown.size - now.size), 0.0)
    left, rest = np.broadcast_to(more, (draws, groups)), np.ones(groups)
    u = _uniform(draws, groups * max(atoms - 1, 1)).reshape(draws, groups, -1)
    counts = []
    for atom in range(atoms - 1):
        share = now.shares[:, atom]
        chance = np.clip(np.divide(share, rest, out=np.zeros(groups), where=rest > 1e-12), 0.0, 1.0)
        counts.append(_binomial(u[:, :, atom], left, chance))
        left, rest = left - counts[-1], rest - share
    drawn = np.stack([*counts, left], axis=-1)
    shares = (now.shares * now.size[:, None] + drawn) / (now.size + more)[:, None]
    values, (least, most, size) = (
        np.tile(now.values, (draws, 1)),
        (_tiled(column, draws) for column in (grown.least, grown.most, grown.size)),
    )
    return Sketches(values, shares.reshape(-1, atoms), least, most, size)


def _binomial(u: Floats, n: Floats, chance: Floats) -> Floats:
    """Quantiles of binomial distributions; zero where there is nothing to draw."""
    return np.asarray(np.where(n > 0, np.nan_to_num(binom.ppf(u, np.maximum(n, 1.0), chance)), 0.0))


def _tiled(values: npt.NDArray[T], draws: int) -> npt.NDArray[T]:
    return np.tile(values, draws)


def _uniform(draws: int, dimensions: int) -> Floats:
    """Numbers between 0 and 1, evenly spread over all dimensions."""
    if dimensions > MOST_DIMENSIONS:
        return np.random.default_rng(0).random((draws, dimensions))
    u = qmc.Sobol(dimensions, seed=0).random(draws)
    return np.asarray(np.clip(u, 1e-9, 1 - 1e-9))

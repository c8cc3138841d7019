"""The columns that selection procedures are reviewed by (UGESP, 29 CFR 1607): each group against the most selected one.

Counts of decisions enter, not weights: the tests are of people. z is the pooled two-proportion statistic in standard
deviations; the exact tests are Fisher's and its mid-p form (Lancaster 1961), two-sided. The shortfall is how many more
selections would equal the reference's rate. The flip-flop asks whether moving one selection from the reference to the
group, or back, changes the four-fifths verdict: if so, the verdict rests on one person.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import norm

from audit.fairness.bounds.inference import EVIDENCE_FLOOR, Estimates, contrast, ratio
from audit.result import AdverseImpact, Group, Slicing

FOUR_FIFTHS = 0.8
POWER = 0.8
#: Beyond so many decisions the exact tests are left out; z says the same.
MOST_EXACT = 10_000_000


def adverse_impact(slicing: Slicing, cls: str, alpha: float) -> list[AdverseImpact]:
    """Compare every group in gaps with the one selected most, with Holm's correction over the groups."""
    groups = [group for group in slicing.groups if group.in_gaps and group.n > 0]
    if len(groups) < 2:
        return []
    total = sum(group.n for group in groups)
    # The reference must be a group of which something is known, or else one lucky decision sets the standard.
    eligible = [group for group in groups if group.n >= max(EVIDENCE_FLOOR, 0.02 * total)] or groups
    reference = max(eligible, key=lambda group: (_selected(group, cls) / group.n, group.n))
    rates = np.array([_selected(group, cls) / group.n for group in groups])
    # Bounds of all groups at once: one by one they cost a thousand times as much.
    everybody, at = Estimates(rates, np.array([float(group.n) for group in groups])), groups.index(reference)
    bounds = np.array(
        [*(b[:, at] for b in contrast(everybody, alpha / 2)), *(b[:, at] for b in ratio(everybody, alpha / 2))]
    )
    rows = [
        _row(slicing, group, reference, cls, alpha, bounds[:, i])
        for i, group in enumerate(groups)
        if group is not reference
    ]
    p = [row.fisher_p if row.fisher_p is not None else row.z_p for row in rows]
    known = [i for i, value in enumerate(p) if value is not None]
    corrected = dict(zip(known, holm(np.array([p[i] for i in known], float)), strict=True))
    return [
        row.model_copy(update={"holm_p": float(corrected[i]) if i in corrected else None}) for i, row in enumerate(rows)
    ]


def holm(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Adjust p values for looking at all of them (Holm 1979).

    As `multipletests` of statsmodels, which runs the garbage collector at every call, half a second in a large audit.
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _selected(group: Group, cls: str) -> int:
    return group.by_prediction.get(cls, 0)


def _row(
    slicing: Slicing, group: Group, reference: Group, cls: str, alpha: float, bounds: npt.NDArray[np.float64]
) -> AdverseImpact:
    k, n, k0, n0 = _selected(group, cls), group.n, _selected(reference, cls), reference.n
    rate, rate0 = k / n, k0 / n0
    pooled = (k + k0) / (n + n0)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
    z = (rate - rate0) / spread if spread > 0 else None
    fisher, mid = exact_tests(k, n, k0, n0)
    low, high, ratio_low, ratio_high = map(float, bounds)
    impact = rate / rate0 if rate0 > 0 else None
    return AdverseImpact(
        attributes=slicing.attributes,
        cls=cls,
        group=group.values,
        reference=reference.values,
        n=n,
        selected=k,
        rate=rate,
        reference_n=n0,
        reference_selected=k0,
        reference_rate=rate0,
        difference=rate - rate0,
        difference_lower=low,
        difference_upper=high,
        impact_ratio=impact,
        ratio_lower=ratio_low if impact is not None else None,
        ratio_upper=ratio_high if impact is not None and np.isfinite(ratio_high) else None,
        z=z,
        z_p=float(2 * norm.sf(abs(z))) if z is not None else None,
        fisher_p=fisher,
        mid_p=mid,
        holm_p=None,
        shortfall=max(0, math.ceil(n * rate0 - k - 1e-9)),
        flip_flop=flip_flop(k, n, k0, n0),
        minimum_detectable=minimum_detectable(rate0, n, n0, alpha),
    )


def exact_tests(k: int, n: int, k0: int, n0: int) -> tuple[float | None, float | None]:
    """Two-sided p of Fisher's exact test, and its mid-p: tables less likely than the one seen, or equally so by half.

    Equally likely tables count whole for Fisher's p and half for the mid-p.
    """
    if n + n0 > MOST_EXACT:
        return None, None
    support = np.arange(max(0, k + k0 - n0), min(n, k + k0) + 1)
    chance = _hypergeometric(support, n + n0, k + k0, n)
    seen = float(chance[k - support[0]])
    less, equal = chance < seen * (1 - 1e-7), np.abs(chance - seen) <= seen * 1e-7
    below, tied = float(chance[less].sum()), float(chance[equal].sum())
    return min(below + tied, 1.0), min(below + tied / 2, 1.0)


def _hypergeometric(k: npt.NDArray[np.int64], total: int, marked: int, drawn: int) -> npt.NDArray[np.float64]:
    """Chance of k marked ones among those drawn; log-gammas over the whole support are a thousandth of SciPy's cost."""

    def log_choose(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))

    whole = log_choose(total, np.array([drawn]))
    return np.exp(log_choose(marked, k) + log_choose(total - marked, drawn - k) - whole)


def flip_flop(k: int, n: int, k0: int, n0: int) -> bool:
    """Whether one selection more in one group and one fewer in the other changes the four-fifths verdict."""

    def within(a: int, b: int) -> bool | None:
        return None if b <= 0 else a / n >= FOUR_FIFTHS * (b / n0) - 1e-12

    now = within(k, k0)
    moved = [within(k + 1, k0 - 1) if k < n else now, within(k - 1, k0 + 1) if k > 0 and k0 < n0 else now]
    return now is not None and any(then is not None and then != now for then in moved)


def minimum_detectable(rate0: float, n: int, n0: int, alpha: float) -> float | None:
    """Difference below the reference's rate that a two-sided test at `alpha` finds with probability 0.8.

    Solves d = z_α·√(2p̄(1 − p̄)·h) + z_β·√(p₁(1 − p₁)/n + p₀(1 − p₀)/n₀) with p₁ = p₀ − d; None where even none selected
    would not be found.
    """
    z_alpha, z_beta = float(norm.isf(alpha / 2)), float(norm.ppf(POWER))

    def found(d: float) -> bool:
        p1 = rate0 - d
        pooled = (n * p1 + n0 * rate0) / (n + n0)
        null = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
        return d >= z_alpha * null + z_beta * math.sqrt(p1 * (1 - p1) / n + rate0 * (1 - rate0) / n0)

    if rate0 <= 0 or not found(rate0):
        return None
    small, large = 0.0, rate0
    for _ in range(50):
        middle = (small + large) / 2
        small, large = (small, middle) if found(middle) else (middle, large)
    return large

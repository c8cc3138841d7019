"""The columns that selection procedures are reviewed by (UGESP, 29 CFR 1607): each group against the most selected one.

Rates are those of every other table, with weights and shares of membership. z is the pooled two-proportion statistic in
standard deviations, at effective sizes. Where every decision counts once and none belong together, the exact tests are
Fisher's and its mid-p form (Lancaster 1961), two-sided; otherwise there is no exact test, and z alone is corrected. The
reference is the group that happens to be selected most, so p-values are corrected over all pairs of groups that might
have been compared, not only over those that were. The shortfall is how many more selections, by weight, would equal the
reference's rate. The flip-flop asks whether moving one selection from the reference to the group, or back, changes the
four-fifths verdict: if so, the verdict rests on one person.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import norm
from scipy.stats import t as student

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import contrast, ratio
from audit.fairness.compare.values import Values
from audit.result import AdverseImpact, SlicingFacts

FOUR_FIFTHS = 0.8
POWER = 0.8
#: Beyond so many decisions the exact tests are left out; z says the same.
MOST_EXACT = 10_000_000


def adverse_impact(slicing: SlicingFacts, selected: Values, alpha: float) -> list[AdverseImpact]:
    """Compare every group in gaps with the one selected most, corrected over all pairs that this choice looked at.

    Parameters
    ----------
    selected
        Selection rates of the groups.
    """
    in_gaps = np.array([group.in_gaps for group in slicing.groups], bool)
    codes = np.flatnonzero(in_gaps & ~np.isnan(selected.value))
    if len(codes) < 2:
        return []
    everybody, size = selected.among(codes), selected.effective[codes]
    # The reference must be a group of which something is known, or else one lucky decision sets the standard.
    eligible = np.flatnonzero(size >= max(EVIDENCE_FLOOR, 0.02 * float(size.sum())))
    eligible = eligible if len(eligible) else np.arange(len(codes))
    at = max(eligible.tolist(), key=lambda i: (everybody.value[i], size[i]))
    # Bounds of all groups at once: one by one they cost a thousand times as much.
    bounds = np.array(
        [*(b[:, at] for b in contrast(everybody, alpha / 2)), *(b[:, at] for b in ratio(everybody, alpha / 2))]
    )
    rows = [
        _row(slicing, selected, int(code), int(codes[at]), alpha, bounds[:, i])
        for i, code in enumerate(codes)
        if i != at
    ]
    p = [row.fisher_p if row.fisher_p is not None else row.z_p for row in rows]
    known = [i for i, value in enumerate(p) if value is not None]
    # Pairs of which one might have been the reference.
    pairs = math.comb(len(eligible), 2) + len(eligible) * (len(codes) - len(eligible))
    corrected = dict(zip(known, holm(np.array([p[i] for i in known], float), pairs), strict=True))
    return [
        row.model_copy(update={"holm_p": float(corrected[i]) if i in corrected else None}) for i, row in enumerate(rows)
    ]


def holm(p: npt.NDArray[np.float64], looks: int) -> npt.NDArray[np.float64]:
    """Adjust p values for looking at all of them, and at others that are not told (Holm 1979).

    As `multipletests` of statsmodels, which runs the garbage collector at every call, half a second in a large audit.
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (looks - np.arange(len(p))))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _row(
    slicing: SlicingFacts, selected: Values, at: int, reference: int, alpha: float, bounds: npt.NDArray[np.float64]
) -> AdverseImpact:
    cls = selected.cls or ""
    group, best = slicing.groups[at], slicing.groups[reference]
    (rate, rate0), (n, n0) = (array[[at, reference]].tolist() for array in (selected.value, selected.effective))
    doubts = [code for i in (at, reference) if (code := (selected.doubt or [])[i]) is not None]
    # Decisions that selection is about: all of the group, or those about one of several labels.
    count, count0 = (int(number) for number in selected.n[[at, reference]])
    # Whole decisions that count once each: exact tests of counts hold.
    whole = not doubts and selected.clusters is None and n == count and n0 == count0
    k, k0 = (found.by_prediction.get(cls) or 0 for found in (group, best))
    pooled = (rate * n + rate0 * n0) / (n + n0) if n + n0 > 0 else 0.0
    spread = math.sqrt(max(pooled * (1 - pooled) * (1 / n + 1 / n0), 0.0)) if min(n, n0) > 0 else 0.0
    z = (rate - rate0) / spread if spread > 0 and not doubts else None
    freedom = None if selected.clusters is None else max(float(selected.clusters[[at, reference]].min()) - 1, 1.0)
    fisher, mid = exact_tests(k, count, k0, count0) if whole else (None, None)
    bounded = [None if doubts or not np.isfinite(bound) else float(bound) for bound in bounds]
    impact = rate / rate0 if rate0 > 0 else None
    weight = float(count if selected.weight is None else selected.weight[at])
    return AdverseImpact(
        attributes=slicing.attributes,
        cls=cls,
        group=group.values,
        reference=best.values,
        n=count,
        selected=k,
        rate=rate,
        effective_n=n,
        reference_n=count0,
        reference_selected=k0,
        reference_rate=rate0,
        reference_effective_n=n0,
        difference=rate - rate0,
        difference_lower=bounded[0],
        difference_upper=bounded[1],
        impact_ratio=impact,
        ratio_lower=bounded[2] if impact is not None else None,
        ratio_upper=bounded[3] if impact is not None else None,
        z=z,
        z_p=None if z is None else float(2 * (norm.sf(abs(z)) if freedom is None else student.sf(abs(z), freedom))),
        fisher_p=fisher,
        mid_p=mid,
        holm_p=None,
        shortfall=max(0, math.ceil(weight * (rate0 - rate) - 1e-9)),
        flip_flop=flip_flop(k, count, k0, count0) if whole else None,
        minimum_detectable=None if doubts else minimum_detectable(rate0, n, n0, alpha),
        doubt=doubts[0] if doubts else None,
    )


def exact_tests(k: int, n: int, k0: int, n0: int) -> tuple[float | None, float | None]:
    """Two-sided p of Fisher's exact test, and its mid-p: tables less likely than the one seen, or equally so by half.

    Equally likely tables count whole for Fisher's p and half for the mid-p.
    """
    if n + n0 > MOST_EXACT:
        return None, None
    support = _likely(n + n0, k + k0, n)
    if not support[0] <= k <= support[-1]:
        return 0.0, 0.0
    chance = _hypergeometric(support, n + n0, k + k0, n)
    seen = float(chance[k - support[0]])
    less, equal = chance < seen * (1 - 1e-7), np.abs(chance - seen) <= seen * 1e-7
    below, tied = float(chance[less].sum()), float(chance[equal].sum())
    return min(below + tied, 1.0), min(below + tied / 2, 1.0)


def _likely(total: int, marked: int, drawn: int) -> npt.NDArray[np.int64]:
    """Numbers of marked ones that may be drawn, but for those that no floating-point number is small enough for.

    By Hoeffding, a number is further than w from its mean with chance 2·exp(−2w²/m) at most, m the smallest of those
    drawn, those left, the marked and the others: of millions, some ten thousands remain.
    """
    m = min(drawn, total - drawn, marked, total - marked)
    w = math.sqrt(m * -math.log(np.finfo(np.float64).tiny / 2) / 2)
    mean = drawn * marked / total
    low, high = max(0, drawn + marked - total, math.floor(mean - w)), min(drawn, marked, math.ceil(mean + w))
    return np.arange(low, high + 1)


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


def minimum_detectable(rate0: float, n: float, n0: float, alpha: float) -> float | None:
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

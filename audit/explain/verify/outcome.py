"""The outcome of one explanation: explained, weak, or unexplained, with the first reason that applies.

Unexplained means *not verified by this method*, not that there is no reason.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from audit.explain.integrate.path import Attribution
from audit.explain.verify.faithfulness import ALPHA, Faithfulness, smallest_p
from audit.models.adapter import Encoded
from audit.result.outcomes import EXPLAINED, UNEXPLAINED, WEAK


@dataclass(frozen=True)
class Thresholds:
    """What an explanation is held to.

    Attributes
    ----------
    contrast
        Least |F(x) − F(x′)|.
    tolerance
        Most error, as a share.
    orderings
        Random orderings of the chance test.
    content
        Most share of Σ|φ| on special tokens and punctuation.
    """

    contrast: float = 0.05
    tolerance: float = 0.05
    orderings: int = 19
    content: float = 0.5


def content_share(text: str, item: Encoded, values: np.ndarray) -> float:
    """Share of Σ|φ| on tokens that are neither special nor made of punctuation alone."""
    weight = np.abs(values.astype(np.float64))
    total = float(weight.sum())
    if total <= 0:
        return 0.0
    pieces = zip(item.spans.tolist(), item.special.tolist(), strict=True)
    wordy = np.array([not special and has_content(text[start:end]) for (start, end), special in pieces])
    return float(weight[wordy].sum()) / total


def has_content(piece: str) -> bool:
    """Whether a piece of text is more than punctuation and spaces; symbols such as emoji are content."""
    return any(unicodedata.category(character)[0] in "LNMS" for character in piece)


def verdict(
    attribution: Attribution, faithfulness: Faithfulness | None, content: float, limits: Thresholds
) -> tuple[str, str | None]:
    """Outcome and reason of one explanation."""
    reason = _unexplained(attribution, faithfulness, limits)
    if reason is not None:
        return UNEXPLAINED, reason
    reason = _weak(faithfulness, content, limits)
    return (EXPLAINED, None) if reason is None else (WEAK, reason)


def _unexplained(attribution: Attribution, faithfulness: Faithfulness | None, limits: Thresholds) -> str | None:
    if not np.isfinite(attribution.convergence_delta):
        return "failed"
    if faithfulness is not None and not faithfulness.units:
        return "no_input"
    if abs(attribution.contrast) < limits.contrast:
        return "no_contrast"
    if not attribution.converged(limits.tolerance):
        return "not_converged"
    if faithfulness is None:
        return None
    if smallest_p(faithfulness.units, limits.orderings) > ALPHA:
        return "too_short_to_test"
    if faithfulness.p is None or faithfulness.p > ALPHA + 1e-12:
        return "no_better_than_chance"
    return None


def _weak(faithfulness: Faithfulness | None, content: float, limits: Thresholds) -> str | None:
    if faithfulness is not None:
        if faithfulness.sufficient is False:
            return "not_sufficient"
        if faithfulness.corroboration_p is None or faithfulness.corroboration_p > ALPHA:
            return "not_corroborated"
    return "contentless" if content < 1 - limits.content else None

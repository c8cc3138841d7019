"""The outcome of one explanation: explained, weak, or unexplained, with the first reason that applies.

Unexplained means *not verified by this method*, not that there is no reason.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from audit.data.examples import Example
from audit.data.places import Grid, called
from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.refining import LEAST_LOG_ODDS
from audit.explain.verify.faithfulness import LEAST_UNITS, MOST_WRONG, Faithfulness
from audit.models.adapter import Encoded
from audit.result.outcomes import EXPLAINED, UNEXPLAINED, WEAK


@dataclass(frozen=True)
class Thresholds:
    """What an explanation is held to.

    Attributes
    ----------
    contrast
        Least |F(x) − F(x′)| on the scale that was asked for.
    scale
        That scale. Where probabilities were asked for and log-odds explained, the contrast is `LEAST_LOG_ODDS`.
    tolerance
        Most error, as a share.
    content
        Most share of Σ|φ| on the frame and punctuation.
    """

    contrast: float = 0.05
    tolerance: float = 0.05
    content: float = 0.5
    scale: str = "probability"

    def contrasts(self, found: Attribution) -> bool:
        """Whether there is something to explain."""
        return abs(found.contrast) >= (self.contrast if found.scale == self.scale else LEAST_LOG_ODDS)


def content_share(example: Example, item: Encoded, found: Attribution, grid: Grid | None = None) -> float:
    """Share of Σ|φ| on units that are more than punctuation; the frame is none."""
    weight = np.abs(found.values.astype(np.float64))
    total = float(weight.sum()) + abs(found.frame)
    if total <= 0:
        return 0.0
    places = [(start, end) for start, end in item.places.tolist()]
    wordy = np.array([has_content(name) for name in called(example, places, grid)], bool)
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
    if not limits.contrasts(attribution):
        return "no_contrast"
    if not attribution.converged(limits.tolerance):
        return "not_converged"
    if faithfulness is None:
        return None
    if faithfulness.units < LEAST_UNITS:
        return "too_short_to_test"
    if not faithfulness.removes:
        return "not_removed"
    if not faithfulness.follows:
        return "not_followed"
    if faithfulness.wrong_signs is None or faithfulness.wrong_signs > MOST_WRONG:
        return "wrong_signs"
    return None


def _weak(faithfulness: Faithfulness | None, content: float, limits: Thresholds) -> str | None:
    if faithfulness is not None and faithfulness.sufficient is False:
        return "not_sufficient"
    return "contentless" if content < 1 - limits.content else None

"""When a test may stop early: all that could still be asked would hardly decide otherwise.

Stochastic curtailment (Lan, Simon and Halperin 1982). A test asks up to n questions and passes if the correlation of
what was said with what was answered reaches a bar. What is said of the questions to come is known, and answers are
foreseen from those given: a line, with errors of their spread, and with what is uncertain of both (the posterior
predictive of a linear regression). Stopping once the test would pass with probability γ raises how often it passes
wrongly from α to α/γ at most, whatever is true; once it would fail with γ, likewise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: γ: a false pass in 3 of 100 becomes one in 3.015 of 100 at most.
SURE = 0.995
#: Foreseen continuations of a test: their own random numbers, the same for every test.
FORESEEN, SEED = 1000, 20261130
#: Fewer answers say too little about their spread.
LEAST_ANSWERS = 8


def settled(said: Floats, answered: Floats, bar: float) -> bool:
    """Whether the verdict on a correlation is as good as known.

    Parameters
    ----------
    said : array of shape (questions,)
        Of all questions, those that were asked first.
    answered : array of shape (asked,)
    bar
        Least correlation.

    Returns
    -------
    bool
        True only if the answers known so far are on the side of the bar that is foreseen.
    """
    known = len(answered)
    if known < LEAST_ANSWERS or known == len(said):
        return known == len(said)
    now = correlation(said[:known], answered[None])[0]
    passes = float((correlation(said, _continued(said, answered)) >= bar).mean())
    return passes >= SURE if now >= bar else passes <= 1 - SURE


def correlation(said: Floats, answered: Floats) -> Floats:
    """Pearson's correlation of `said` with each row of `answered`; 0 where either does not vary."""
    x, y = said - said.mean(), answered - answered.mean(axis=1, keepdims=True)
    spread = np.linalg.norm(x) * np.linalg.norm(y, axis=1)
    return np.asarray(np.divide(y @ x, spread, out=np.zeros(len(y)), where=spread > 0), np.float64)


def _continued(said: Floats, answered: Floats) -> Floats:
    """Foresee how answers go on, shape (FORESEEN, questions)."""
    known, rng = len(answered), np.random.default_rng(SEED)
    x, y = said[:known] - said[:known].mean(), answered - answered.mean()
    spread = float(x @ x)
    slope = float(x @ y) / spread if spread > 0 else 0.0
    off = y - slope * x
    noise = np.sqrt(float(off @ off) / rng.chisquare(known - 2, FORESEEN))
    slopes = slope + noise / np.sqrt(spread) * rng.standard_normal(FORESEEN) if spread > 0 else np.zeros(FORESEEN)
    levels = answered.mean() + noise / np.sqrt(known) * rng.standard_normal(FORESEEN)
    to_come = said[known:] - said[:known].mean()
    errors = noise[:, None] * rng.standard_normal((FORESEEN, len(to_come)))
    later = levels[:, None] + slopes[:, None] * to_come + errors
    return np.concatenate([np.broadcast_to(answered, (FORESEEN, known)), later], axis=1)

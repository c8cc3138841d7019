"""Are flags worth something? What reviewers say of flagged decisions, beside decisions like them without a flag.

Each flagged decision counts as many as it stands for. Controls are weighted so that they lie over the strata (predicted
class × groups) as the flagged decisions do: the difference is then not that flags are given to other people. Flagged
decisions in strata where no control was judged have nothing to be compared with; they are counted, and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from audit.fairness.bounds.inference import NOTHING, Estimates, contrast
from audit.fairness.bounds.outcomes import Rate, rate_of
from audit.result.review import FlagPrecision, ReviewRate
from audit.review.panel import BIASED, LABEL, NO, REASON, YES, Bools, Floats, Panel, Votes

#: Smallest probability that is told.
LEAST_P = 1e-12


@dataclass(frozen=True)
class Outcome:
    """What reviewers may find wrong with a decision.

    Attributes
    ----------
    votes
        Who said so.
    usable
        Decisions that can be asked about.
    """

    code: str
    votes: Votes
    usable: Bools


def outcomes_of(panel: Panel) -> list[Outcome]:
    """Collect what was asked; of a decision that is not the one that reviewers saw, only the right class is known."""
    same = panel.reviewed["same"].to_numpy(bool)
    right = panel.says(LABEL, panel.reviewed["y_pred"].to_numpy(object))
    found = [
        Outcome("wrong", Votes(right.of - right.yes, right.of), np.ones(len(same), bool)),
        Outcome("biased", panel.says(BIASED, YES), same),
        Outcome("unacceptable", panel.says(REASON, NO), same),
    ]
    return [outcome for outcome in found if outcome.votes.of[outcome.usable].any()]


def flag_precision(panel: Panel, level: float) -> list[FlagPrecision]:
    """Hold every code of flags against the controls, with Holm's correction over all comparisons."""
    kinds = [list(dict.fromkeys(code.split(":")[0] for code in codes)) for codes in panel.reviewed["codes"]]
    codes = list(dict.fromkeys(code for found in kinds for code in found))
    controls = np.array([not found for found in kinds], bool)
    out = []
    for code in sorted(codes):
        has = np.array([code in found for found in kinds], bool)
        out += [_compared(panel, code, outcome, has, controls, 1 - level) for outcome in outcomes_of(panel)]
    known = [at for at, item in enumerate(out) if item.p is not None]
    if known:
        adjusted = multipletests([out[at].p for at in known], method="holm")[1]
        for at, p in zip(known, adjusted, strict=True):
            out[at] = out[at].model_copy(update={"holm_p": float(p)})
    return out


def _compared(panel: Panel, code: str, outcome: Outcome, has: Bools, controls: Bools, alpha: float) -> FlagPrecision:
    judged = outcome.votes.decided & outcome.usable
    strata = panel.reviewed["stratum"].to_numpy(object)
    flagged, controls = has & judged, controls & judged
    comparable = flagged & np.isin(strata, np.unique(strata[controls].astype(str)))
    weight = panel.weight
    standing = _matched(strata, weight, comparable, controls)
    hits = outcome.votes.majority
    first = _rate(panel, hits, weight, comparable, alpha)
    second = _rate(panel, hits, standing, controls & (standing > 0), alpha)
    told = {
        "code": code,
        "outcome": outcome.code,
        "flagged": _told(_rate(panel, hits, weight, flagged, alpha)),
        "controls": _told(second),
        "undecided": int((has & outcome.usable & outcome.votes.tied).sum()),
        "unmatched": int((flagged & ~comparable).sum()),
    }
    if first.value is None or second.value is None:
        return FlagPrecision(**told, difference=None, lower=None, upper=None, p=None, holm_p=None)
    pair = Estimates(
        np.array([first.value, second.value]), np.array([first.effective_n or NOTHING, second.effective_n or NOTHING])
    )
    lower, upper = contrast(pair, alpha / 2)
    return FlagPrecision(
        **told,
        difference=first.value - second.value,
        lower=float(lower[0, 1]),
        upper=float(upper[0, 1]),
        p=_p_value(pair),
        holm_p=None,
    )


def _matched(strata: np.ndarray, weight: Floats, flagged: Bools, controls: Bools) -> Floats:
    """Weights of controls, by which they lie over the strata as flagged decisions do."""
    frame = pd.DataFrame({"stratum": strata.astype(str), "w": weight})
    wanted = frame[flagged].groupby("stratum")["w"].sum()
    there = frame[controls].groupby("stratum")["w"].sum()
    scale = frame["stratum"].map(wanted / there).to_numpy(np.float64)
    return np.where(controls, weight * np.nan_to_num(scale), 0.0)


def _rate(panel: Panel, hits: Bools, weight: Floats, here: Bools, alpha: float) -> Rate:
    cluster = panel.reviewed["cluster"][here]
    return rate_of(hits[here], weight[here], cluster if cluster.notna().any() else None, alpha)


def _told(rate: Rate) -> ReviewRate:
    return ReviewRate(n=rate.n, hits=rate.hits, rate=rate.value, lower=rate.lower, upper=rate.upper)


def _p_value(pair: Estimates) -> float:
    """Two-sided: the smallest level at which the interval of the difference leaves out zero."""
    low, high = np.log(LEAST_P), np.log(0.5)
    for _ in range(50):
        middle = (low + high) / 2
        lower, upper = (ends[0, 1] for ends in contrast(pair, float(np.exp(middle))))
        low, high = (low, middle) if lower > 0 or upper < 0 else (middle, high)
    return float(min(2 * np.exp(high), 1.0))

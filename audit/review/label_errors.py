"""How often recorded labels are wrong, by group: the share where most reviewers name another class.

Each reviewed decision counts as many as it stands for, so that it does not matter that flagged ones were drawn more
often. Reviewers err, too: behind the share r where a majority that errs at the rate ε differs lies a share of wrong
labels between (r − ε)/(1 − ε) and r/(1 − ε), each end at its own limit (see `noise`).
"""

from __future__ import annotations

import numpy as np

from audit.fairness.bounds.outcomes import rate_of
from audit.result.review import LabelErrorRate, ReviewRate
from audit.review.panel import LABEL, Bools, Panel, Votes
from audit.review.reviewer_error import WORTHLESS, majority_error, reviewer_error


def label_errors(
    panel: Panel, groups: list[tuple[list[str], list[str], Bools]], level: float, assumed: float | None = None
) -> list[LabelErrorRate]:
    """Estimate the share of wrong labels in each group.

    Parameters
    ----------
    groups
        Attributes, values, and which of the reviewed decisions are of the group.
    assumed
        How often a reviewer errs, where that is not measured.
    """
    labelled = panel.reviewed["y_true"].notna().to_numpy(bool)
    same = panel.says(LABEL, panel.reviewed["y_true"].to_numpy(object))
    votes = Votes(same.of - same.yes, same.of)
    return [_rate(panel, votes, names, group, here & labelled, 1 - level, assumed) for names, group, here in groups]


def _rate(
    panel: Panel,
    votes: Votes,
    attributes: list[str],
    group: list[str],
    here: Bools,
    alpha: float,
    assumed: float | None,
) -> LabelErrorRate:
    used, weight = here & votes.decided, panel.weight
    cluster = panel.reviewed["cluster"][used]
    clusters = cluster if cluster.notna().any() else None
    found = rate_of(votes.majority[used], weight[used], clusters, alpha)
    error = reviewer_error(votes, here, alpha / 2, assumed)
    worst = majority_error(error.upper, votes.of[used], weight[used])
    lower, upper = found.lower, found.upper
    if lower is not None and upper is not None:
        lower, upper = (0.0, 1.0) if worst >= WORTHLESS else ((lower - worst) / (1 - worst), upper / (1 - worst))
        lower, upper = float(np.clip(lower, 0.0, 1.0)), float(np.clip(upper, 0.0, 1.0))
    return LabelErrorRate(
        attributes=attributes,
        group=group,
        differs=ReviewRate(n=found.n, hits=found.hits, rate=found.value, lower=found.lower, upper=found.upper),
        undecided=int((here & votes.tied).sum()),
        reviewer_error=error.value,
        reviewer_error_upper=error.upper,
        lower=lower,
        upper=upper,
    )

"""Can the group be told from attributions alone? The equal-treatment test of Mougan et al. (2023), on what is held out.

A logistic regression learns from one half of the clusters to tell two groups by the attributions of concepts; the other
half, of which it saw nothing, says how well it does. Scores of one model on decisions it never saw are independent from
cluster to cluster, which those of cross-fitting are not: there every fold's model was fitted on the labels of the
others, so that DeLong's interval is too narrow by far.

Decisions count by the inverse of the probability with which they were drawn, in the fit and in the AUC: without that,
a sample that holds more of one group's rare outcomes would tell groups apart that are treated alike. The AUC is the
weighted share of pairs in the right order; its error is by linearisation over clusters, of the placements of DeLong et
al. (1988); its interval is Student's on the logit scale, with Satterthwaite's degrees of freedom from both groups.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audit.explain.gaps.decomposition import LEAST, Attributed
from audit.fairness.bounds.auc import weighted_auc
from audit.result import EqualTreatment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Concepts that are looked at, the most frequent first.
MOST_FEATURES = 100
#: Clusters of each group that the held-out half must hold.
LEAST_HELD_OUT = LEAST // 2


def equal_treatment(
    data: Attributed, high: npt.NDArray[np.bool_], low: npt.NDArray[np.bool_], *, alpha: float, seed: int
) -> EqualTreatment | None:
    """Test whether attributions alone tell the group.

    One half means that the two groups are treated alike, as far as the regression can see.

    Returns
    -------
    EqualTreatment or None
        None where a group has too few decisions, or too few clusters in either half, and where attributions are all
        alike: then there is nothing to tell groups by.
    """
    from sklearn.linear_model import LogisticRegression

    at = np.flatnonzero(high | low)
    label = high[at].astype(np.int64)
    if min(label.sum(), len(label) - label.sum()) < 2 * LEAST:
        return None
    weight, cluster = data.weight[at], np.unique(data.cluster[at], return_inverse=True)[1]
    train = _half(label, cluster, np.random.default_rng([seed, 9]))
    if any(len(np.unique(cluster[half & (label == k)])) < LEAST_HELD_OUT for half in (train, ~train) for k in (0, 1)):
        return None
    phi = data.matrix()[at]
    frequent = np.argsort(-np.asarray((phi[train] != 0).sum(0)).ravel(), kind="stable")[:MOST_FEATURES]
    features = np.asarray(phi[:, frequent].todense())
    spread = features[train].std(0)
    # What rounding leaves of a feature that does not vary is no spread.
    varies = spread > 1e-9 * np.abs(features[train]).max(0, initial=0.0)
    if not varies.any():
        return None
    features = features[:, varies] / spread[varies]
    # Both groups weigh the same, so that a small one is learned as well; on average a decision weighs one.
    fit = weight[train] / np.bincount(label[train], weight[train])[label[train]] * train.sum() / 2
    model = LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=50)
    model.fit(features[train], label[train], sample_weight=fit)
    score = model.decision_function(features[~train])
    if np.ptp(score) <= 0:
        return None
    found = weighted_auc(score, label[~train], weight[~train], cluster[~train], alpha)
    return EqualTreatment(auc=found[0], lower=found[1], upper=found[2], n=len(at), held_out=int((~train).sum()))


def _half(label: Ints, cluster: Ints, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Choose the clusters to learn from: every other one, in random order, among those with like shares of groups."""
    share = np.bincount(cluster, label) / np.bincount(cluster)
    order = np.lexsort((rng.random(len(share)), share))
    chosen = np.zeros(len(share), bool)
    chosen[order[rng.integers(2) :: 2]] = True
    return np.asarray(chosen[cluster], bool)

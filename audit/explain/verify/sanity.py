"""Does the method notice what the model learned? Asked once per audit.

Attributions of copies of the model whose weights were shuffled within each tensor must not resemble the model's own
beyond what permuted units do (Adebayo et al. 2018).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from audit.explain.explanations import Explainer
from audit.result import SanityCheck

NULL = 200
COPIES = 4
#: How often a sound method may be said to resemble by chance. It is asked once per audit and would put all explanations
#: in doubt; a method that does follow the words resembles by far more.
FALSE_ALARM = 0.01
LEAST_UNITS = 5


def check_sanity(explainer: Explainer, rows: pd.DataFrame, size: int, seed: int) -> SanityCheck | None:
    """Compare attributions with those of shuffled copies; None where no decision has units enough.

    Parameters
    ----------
    rows
        `input`, `y_pred`, `units`, `baseline` and `attributions` of decisions whose explanation converged.
    size
        How many of them to use.
    """
    adapter = explainer.adapter
    rows = rows[(rows["units"] >= LEAST_UNITS) & (rows["baseline"] == explainer.baseline)].head(size)
    if rows.empty:
        return None
    items = adapter.encode(list(rows["input"]))
    targets = [adapter.classes.index(cls) for cls in rows["y_pred"]]
    mine = [rankdata(values) for values in rows["attributions"]]
    rng = np.random.default_rng([seed, 9])
    similarity, null = [], []
    for copy in range(COPIES):
        shuffled = Explainer(adapter.randomised(seed + copy), explainer.settings, explainer.baseline, explainer.seed)
        # A shuffled model explains the same class; only ranks are compared, so that a few gradients will do.
        other, _ = shuffled.integrator(explainer.baseline, rough=True).attribute(items, targets)
        theirs = [rankdata(found.values) for found in other]
        similarity.append(np.mean([_correlation(a, b) for a, b in zip(mine, theirs, strict=True)]))
        null.append([_permuted(mine, theirs, rng) for _ in range(NULL)])
    bound = float(np.quantile(np.mean(null, axis=0), 1 - FALSE_ALARM))
    mean = float(np.mean(similarity))
    # Words recur from text to text, so that one shuffled copy may agree or disagree everywhere by luck: copies, not
    # texts, are what is independent.
    error = float(np.std(similarity, ddof=1)) / np.sqrt(COPIES)
    bound = max(bound, float(student.isf(FALSE_ALARM, COPIES - 1)) * error)
    return SanityCheck(decisions=len(items), similarity=mean, similarity_bound=bound, resembles=mean > bound)


def _permuted(mine: list[np.ndarray], theirs: list[np.ndarray], rng: np.random.Generator) -> float:
    return float(np.mean([_correlation(a, rng.permutation(b)) for a, b in zip(mine, theirs, strict=True)]))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])

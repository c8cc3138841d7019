"""Does the method notice what the model learned? Two checks, once per audit.

*Randomised weights* (Adebayo et al. 2018): attributions of a copy of the model whose weights were shuffled within each
tensor must not resemble the model's own beyond what permuted units do. *Random explanations*: random orderings fed
through the chance test in place of explanations must pass it no more often than its α says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from audit.explain.explanations import Explainer
from audit.explain.integrate.units import unit_codes, unit_sums
from audit.explain.verify.faithfulness import ALPHA, examine
from audit.result import SanityCheck

NULL = 200
COPIES = 4
#: How often a sound method may be said to resemble by chance. It is asked once per audit and would put all explanations
#: in doubt; a method that does follow the words resembles by far more.
FALSE_ALARM = 0.01


def check_sanity(explainer: Explainer, rows: pd.DataFrame, size: int, seed: int) -> SanityCheck | None:
    """Run both checks on some decisions; None where none has units enough.

    Parameters
    ----------
    rows
        `row_id`, `input` and `y_pred` of decisions whose explanation converged.
    size
        How many of them to use.
    """
    adapter = explainer.adapter
    encoded = adapter.encode(list(rows["input"]))
    usable = [i for i, item in enumerate(encoded) if unit_codes(item).max(initial=-1) >= 4][:size]
    if not usable:
        return None
    items = [encoded[i] for i in usable]
    targets = [adapter.classes.index(rows["y_pred"].iloc[i]) for i in usable]
    own, _ = explainer.integrator(explainer.baseline).attribute(items, targets)
    codes = [unit_codes(item) for item in items]
    mine = [rankdata(unit_sums(found.values, code)) for found, code in zip(own, codes, strict=True)]
    rng = np.random.default_rng([seed, 9])
    similarity, null = [], []
    for copy in range(COPIES):
        shuffled = Explainer(adapter.randomised(seed + copy), explainer.settings, explainer.baseline, explainer.seed)
        # A shuffled model explains the same class; whether that converges does not matter here.
        other, _ = shuffled.integrator(explainer.baseline).attribute(items, targets)
        theirs = [rankdata(unit_sums(found.values, code)) for found, code in zip(other, codes, strict=True)]
        similarity.append(np.mean([_correlation(a, b) for a, b in zip(mine, theirs, strict=True)]))
        null.append([_permuted(mine, theirs, rng) for _ in range(NULL)])
    bound = float(np.quantile(np.mean(null, axis=0), 1 - FALSE_ALARM))
    mean = float(np.mean(similarity))
    # Words recur from text to text, so that one shuffled copy may agree or disagree everywhere by luck: copies, not
    # texts, are what is independent.
    error = float(np.std(similarity, ddof=1)) / np.sqrt(COPIES)
    bound = max(bound, float(student.isf(FALSE_ALARM, COPIES - 1)) * error)
    chance = [rng.normal(size=item.length).astype(np.float32) for item in items]
    f_input = [found.f_input for found in own]
    seeds = [int(rng.integers(1 << 31)) for _ in items]
    tested = examine(
        explainer.eraser(explainer.baseline),
        items,
        targets,
        chance,
        f_input,
        orderings=explainer.settings.orderings,
        seeds=seeds,
    )
    known = [item.p for item in tested if item.p is not None]
    return SanityCheck(
        decisions=len(items),
        similarity=mean,
        similarity_bound=bound,
        resembles=mean > bound,
        random_tested=len(known),
        random_passed=sum(p <= ALPHA for p in known),
    )


def _permuted(mine: list[np.ndarray], theirs: list[np.ndarray], rng: np.random.Generator) -> float:
    return float(np.mean([_correlation(a, rng.permutation(b)) for a, b in zip(mine, theirs, strict=True)]))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])

"""What an attacker looks at: one number per row, higher where the row looks more like one that was trained on.

| attack | signal | after |
|---|---|---|
| `loss` | how low the loss is | Yeom et al. 2018 |
| `class` | how low it is for rows of its class | Song and Mittal 2021 |
| `difficulty` | how much lower it is than under a reference model, not trained on the row | Watson et al. 2022 |

None of them is LiRA (Carlini et al. 2022), which needs many shadow models to know how the loss of each single row
spreads: what is found here is the least that an attacker can do, not the most.

A signal is made without looking at who is a member. What calibrates a class is learned from rows that were not trained
on, in folds: a row is never held against its own fold, whichever side it is on, so that where a model remembers
nothing, the two sides stay exchangeable and every bound keeps its level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LOSS, CLASS, DIFFICULTY = "loss", "class", "difficulty"
FOLDS = 5
#: With fewer rows of a class to calibrate by, it is calibrated like all rows together.
LEAST_OF_A_CLASS = 20
#: A loss below this is a float that ran out of digits.
LEAST_LOSS = 1e-300


def confidence(loss: Floats) -> Floats:
    """Log-odds of what is true, log(p/(1 − p)) with p = e^−loss: it falls as the loss rises, and has no ends.

    Of several decisions about a row, of their mean loss.
    """
    kept = np.clip(loss, LEAST_LOSS, None)
    # −loss − log(1 − e^−loss): neither loses the digits of a small loss nor overflows at a large one.
    return np.asarray(-kept - np.log(-np.expm1(-kept)))


def signals_of(
    loss: Floats,
    member: Bools,
    labels: npt.NDArray[np.object_] | None,
    reference: Floats | None,
    seed: int,
) -> dict[str, Floats]:
    """Make the signal of every attack that these rows allow.

    Parameters
    ----------
    loss, member : array of shape (rows,)
    labels : array of shape (rows,), optional
        True class of each row; None where a row has several decisions.
    reference : array of shape (rows,), optional
        Loss under a model that was not trained on any of them.
    seed
        Of the folds.

    Returns
    -------
    dict
        Attack -> array of shape (rows,).
    """
    found = {LOSS: -loss}
    if labels is not None and len(set(labels.tolist())) > 1:
        found[CLASS] = _by_class(confidence(loss), member, labels, seed)
    if reference is not None:
        found[DIFFICULTY] = reference - loss
    return found


def _by_class(value: Floats, member: Bools, labels: npt.NDArray[np.object_], seed: int) -> Floats:
    """Centre and scale by the quartiles of the class, among held-out rows of the other folds."""
    fold = np.random.default_rng(seed).permutation(len(value)) % FOLDS
    out = np.zeros(len(value))
    for number in range(FOLDS):
        mine, learned = fold == number, ~member & (fold != number)
        everybody = _quartiles(value[learned])
        for label in set(labels[mine].tolist()):
            same = labels == label
            of_class = value[learned & same]
            low, middle, high = _quartiles(of_class) if len(of_class) >= LEAST_OF_A_CLASS else everybody
            rows = mine & same
            out[rows] = (value[rows] - middle) / (high - low if high > low else 1.0)
    return out


def _quartiles(values: Floats) -> tuple[float, float, float]:
    if not len(values):
        return 0.0, 0.0, 0.0
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)

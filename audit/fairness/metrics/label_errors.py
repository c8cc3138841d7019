"""Labels that probabilities speak against: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70).

The threshold of a class is the mean probability that it has where it is the label. A row is counted as truly of a class
if its probability reaches that threshold; of several, the likeliest. What is counted off the diagonal is suspected; how
much of all labels is wrong is estimated from the counts after each label was given back its number of rows.

It rests on probabilities of rows that the model did not learn from, and on the model: where it errs more often for a
group, more labels of that group are suspected. A suspected label is a reason to look, and not an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConfidentJoint:
    """What confident learning finds.

    Attributes
    ----------
    thresholds : array of shape (classes,)
        NaN for a class that is no label.
    counts : array of shape (classes, classes)
        Rows by label and by class that they are counted as; rows counted as none are left out.
    joint : array of shape (classes, classes)
        Estimated joint distribution of labels and true classes.
    suspected : array of shape (rows,)
        Rows off the diagonal.
    """

    thresholds: Floats
    counts: Ints
    joint: Floats
    suspected: Bools

    @property
    def wrong(self) -> float:
        """Estimated share of wrong labels."""
        return float(1 - np.trace(self.joint))


def confident_joint(labels: Ints, probabilities: Floats) -> ConfidentJoint:
    """Count labels against the classes that probabilities are confident of.

    Parameters
    ----------
    labels : array of shape (rows,)
        Codes of classes.
    probabilities : array of shape (rows, classes)
        Of each class, of models that did not learn from the row.
    """
    classes = probabilities.shape[1]
    rows = np.arange(len(labels))
    own = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, probabilities[rows, labels], classes)
    thresholds = np.divide(sums, own, out=np.full(classes, np.nan), where=own > 0)
    # A class that is no label has no threshold, and no row is counted as one of it. Rounding is no difference.
    confident = probabilities >= np.where(own > 0, thresholds, np.inf) - 1e-9
    guess = np.where(confident, probabilities, -1.0).argmax(1)
    counted = confident.any(1)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels[counted], guess[counted]), 1)
    whole = counts.sum(1)
    # A label of which no row is confident is taken as it stands.
    shares = np.where(whole[:, None] > 0, counts / np.maximum(whole, 1)[:, None], np.eye(classes))
    joint = shares * own[:, None]
    return ConfidentJoint(thresholds, counts, joint / max(joint.sum(), 1.0), counted & (guess != labels))

"""Answers beside the decisions that they are about: who said what of each, and what most of them said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

#: What reviewers are asked: the right class, whether the reason is acceptable, whether the decision is biased.
LABEL, REASON, BIASED = "label", "reason_acceptable", "biased"
QUESTIONS = (LABEL, REASON, BIASED)
YES, NO, UNSURE = "yes", "no", "unsure"


def given(told: Objects) -> Bools:
    """Where anything was answered."""
    return np.array([one is not None for one in told.flat], bool).reshape(told.shape)


@dataclass(frozen=True)
class Votes:
    """What reviewers said of decisions where the answer is yes or no.

    Attributes
    ----------
    yes, of : array of shape (decisions,)
        Reviewers who said yes, and who said either.
    """

    yes: Ints
    of: Ints

    @property
    def decided(self) -> Bools:
        """Where one side has more voices."""
        return np.asarray((self.of > 0) & (2 * self.yes != self.of), bool)

    @property
    def tied(self) -> Bools:
        """Where both sides have as many."""
        return np.asarray((self.of > 0) & (2 * self.yes == self.of), bool)

    @property
    def majority(self) -> Bools:
        """Where most said yes."""
        return 2 * self.yes > self.of

    @property
    def differing(self) -> Ints:
        """Pairs of reviewers who said different things."""
        return self.yes * (self.of - self.yes)

    @property
    def pairs(self) -> Ints:
        """Pairs of reviewers who said anything."""
        return self.of * (self.of - 1) // 2


@dataclass(frozen=True)
class Panel:
    """Reviewed decisions and the answers about them.

    Attributes
    ----------
    population : DataFrame
        All decisions that a metric counts: `y_true`, `y_pred`, `weight` (times what the row stands for), and the group
        columns.
    reviewed : DataFrame
        One row for each decision that was drawn: the same columns, `row_id`, `cluster`, `stratum`,
        `inclusion_probability`, `codes` (its flags, none for a control) and `same` (whether the decision is still what
        reviewers were shown).
    answers
        Question -> array of shape (decisions, reviewers): what each said, None for no answer, `unsure` included.
    """

    population: pd.DataFrame
    reviewed: pd.DataFrame
    answers: dict[str, Objects]

    @property
    def weight(self) -> Floats:
        """How many decisions each reviewed one stands for."""
        return np.asarray(self.reviewed["weight"] / self.reviewed["inclusion_probability"], np.float64)

    def ratings(self, question: str) -> Objects:
        """Return definite answers; None where a reviewer was unsure, or said nothing."""
        told = self.answers[question].copy()
        told[told == UNSURE] = None
        return told

    def says(self, question: str, value: str | Objects) -> Votes:
        """Count who said this.

        Parameters
        ----------
        value
            One answer, or one for each decision.
        """
        told = self.ratings(question)
        said = given(told)
        same = told == (value if isinstance(value, str) else np.asarray(value, object)[:, None])
        return Votes(np.asarray(same & said, bool).sum(1), said.sum(1))

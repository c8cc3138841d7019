"""What may happen to a person by a decision, and the rates that count it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.sets import Codes, Mask, Where, negatives, positives, rejected, rows, selected
from audit.fairness.metrics.tables import Bools
from audit.result.social import Harm


def _not_by_library(y_true: object, y_pred: object, sample_weight: object = None) -> float:
    raise NotImplementedError("a share of decisions follows from its counts")


def _share(name: str, base: Where, counted: Where, *, needs_labels: bool) -> Metric:
    return Metric(name, _not_by_library, (base,), counted, doubt=None, needs_labels=needs_labels, better="low")


@dataclass(frozen=True)
class HarmRates:
    """One kind of harm as two rates: of all decisions of a group, and of those that it may befall.

    Attributes
    ----------
    base
        Which decisions it may befall: of missed ones, those with the label.
    harmed
        Which of these it befalls.
    needs_labels
        Whether only labelled decisions tell.
    """

    harm: Harm
    base: Where
    harmed: Where
    needs_labels: bool

    @property
    def both(self) -> Where:
        """Decisions that it may befall and does."""

        def where(t: Codes, p: Codes) -> Mask:
            return np.asarray(self.base(t, p) & self.harmed(t, p))

        return where

    @property
    def of_all(self) -> Metric:
        """Its share of all decisions."""
        return _share(f"{self.harm}:of_all", rows, self.both, needs_labels=self.needs_labels)

    @property
    def of_base(self) -> Metric:
        """Its share of those that it may befall."""
        return _share(f"{self.harm}:of_base", self.base, self.harmed, needs_labels=self.needs_labels)

    @property
    def may_befall(self) -> Metric:
        """Share of all decisions that it may befall."""
        return _share(f"{self.harm}:base", rows, self.base, needs_labels=self.needs_labels)

    def cells(self, frame: pd.DataFrame, cls: str, where: Where) -> Bools:
        """Which cells of a tally hold such decisions about a class."""
        t, p = (np.asarray(frame[name] == cls, np.int64) for name in ("y_true", "y_pred"))
        return np.asarray(where(t, p) & self.known(frame))

    def known(self, frame: pd.DataFrame) -> Bools:
        """Which cells can be looked at."""
        if self.needs_labels:
            return frame["y_true"].notna().to_numpy(bool)
        return np.ones(len(frame), dtype=bool)


MISSED = HarmRates("false_negative", positives, rejected, needs_labels=True)
WRONGLY_GIVEN = HarmRates("false_positive", negatives, selected, needs_labels=True)
#: By what the positive class is for people: which decisions go against them.
AGAINST = {
    "benefit": HarmRates("unfavourable", rows, rejected, needs_labels=False),
    "burden": HarmRates("unfavourable", rows, selected, needs_labels=False),
}

"""Short ways to ask for social impact without files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from audit.config import MISSING
from audit.fairness.compare.disparities import compare
from audit.fairness.compare.question import Question
from audit.fairness.tally import Slicing, tally_decisions
from audit.impact.grouped import Sliced
from tests.fairness.helpers import ask, decisions


def sliced(
    frame: pd.DataFrame, attribute: str = "group", classes: tuple[str, ...] = ("no", "yes"), **more: Any
) -> Sliced:
    """One attribute of some rows; rows form clusters where they have a column for it."""
    question: Question = ask(classes, "yes" if len(classes) == 2 else None, outside={attribute: {MISSING: "missing"}})
    question = Question(**{**question.__dict__, **more})
    clustered = "cluster" in frame
    slicings = [Slicing((), (), clustered), Slicing((attribute,), (), clustered)]
    everybody, tally = tally_decisions([decisions(frame, [attribute])], slicings)
    return Sliced(compare(tally, question).slicing, tally, everybody, question)


def drawn(seed: int, rows: int = 1200, groups: tuple[str, ...] = ("a", "b", "c")) -> pd.DataFrame:
    """Rows of groups of different sizes with different error rates."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, len(groups) + 1, dtype=float)
    group = rng.choice(groups, rows, p=weights / weights.sum())
    truth = rng.random(rows) < 0.4
    wrong = rng.random(rows) < np.array([0.15 + 0.1 * groups.index(name) for name in group])
    predicted = truth ^ wrong
    names = np.array(["no", "yes"])
    return pd.DataFrame({"group": group, "y_true": names[truth.astype(int)], "y_pred": names[predicted.astype(int)]})

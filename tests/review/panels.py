"""Small panels, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from audit.review.panel import BIASED, LABEL, REASON, Panel

COLUMN = "group:g"


def panel(
    rows: Sequence[tuple[str, str | None, str]],
    labels: Sequence[Sequence[str | None]],
    biased: Sequence[Sequence[str | None]] | None = None,
    **columns: Any,
) -> Panel:
    """A panel in which every decision was drawn for certain, unless `columns` says otherwise.

    Parameters
    ----------
    rows
        Group, recorded label and decision of each.
    labels, biased
        Answers of each reviewer about each decision.
    """
    frame = pd.DataFrame(rows, columns=[COLUMN, "y_true", "y_pred"])
    frame = frame.assign(row_id=[str(i) for i in range(len(frame))], weight=1.0, cluster=None)
    reviewed = frame.assign(stratum="s", inclusion_probability=1.0, same=True, codes=[[] for _ in rows])
    told = np.array([list(one) for one in labels], object)
    nothing = np.full(told.shape, None, object)
    answers = {LABEL: told, REASON: nothing, BIASED: nothing if biased is None else np.array(biased, object)}
    return Panel(frame, reviewed.assign(**columns), answers)

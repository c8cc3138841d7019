"""Cells that are empty; texts that say nothing, are too long, or hold personal data."""

from __future__ import annotations

import numpy as np

from audit.data_audit.rates import Looks
from audit.data_audit.rows import Grouped
from audit.result import RowCheck


def missing(looks: Looks) -> tuple[list[RowCheck], list[str]]:
    """What is missing by group, and whether that goes with the label.

    Returns
    -------
    checks, complete
        Of each column in which something is missing; and the columns in which nothing is.
    """
    rows = looks.rows
    checks, complete = [], []
    labels = _by_label(looks)
    for column, absent in rows.missing.items():
        if not absent.any():
            complete.append(column)
            continue
        found = looks.check("missing", column, absent, leave=[column])
        # Of a label that is missing nobody knows which one it would be.
        if labels is not None and not (absent[rows.labelled]).all() and absent[rows.labelled].any():
            found.by_label = looks.by_groups("", labels, absent, rows.labelled)
        checks.append(found)
    return checks, complete


def _by_label(looks: Looks) -> Grouped | None:
    """Rows grouped by class, where a row has one of a few."""
    rows = looks.rows
    names = [name for name in dict.fromkeys(rows.truth.tolist()) if name is not None]
    if rows.numbers is not None or not 2 <= len(names) <= MOST_LABELS:
        return None
    names.sort()
    code = {name: at for at, name in enumerate(names)}
    at = np.flatnonzero(rows.labelled)
    group = np.array([code[rows.truth[row]] for row in at], np.int64)
    return Grouped(at, group, np.ones(len(at)), names, np.ones(len(names), bool))


#: Labels beyond which it is not asked whether what is missing goes with them.
MOST_LABELS = 50


def texts(looks: Looks, limit: int) -> list[RowCheck]:
    """Which texts are empty or too long, and which hold personal data."""
    rows = looks.rows
    found = []
    if rows.empty is not None:
        found.append(looks.check("empty", None, rows.empty))
    if rows.length is not None:
        found.append(looks.check("too_long", None, rows.length > limit))
    found += [looks.check("personal", kind, holds) for kind, holds in rows.personal.items() if holds.any()]
    return found

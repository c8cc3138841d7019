"""Mantel–Haenszel tests: the comparison of two groups with the controls held fixed."""

from __future__ import annotations

import numpy as np
from statsmodels.stats.contingency_tables import StratifiedTable

from audit.fairness.tally import Tally
from audit.result import Slicing, StratifiedTest


def stratified_tests(tally: Tally, slicing: Slicing, cls: str) -> list[StratifiedTest]:
    """Test each group in gaps against the largest one, over the strata of the controls.

    Counts, not weights, enter the test. The odds ratio is of being predicted `cls`, group over reference (Mantel and
    Haenszel 1959); the statistic is Cochran's, with and without continuity correction.
    """
    groups = sorted((group for group in slicing.groups if group.in_gaps), key=lambda group: (-group.n, group.values))
    if not tally.slicing.controls or len(groups) < 2:
        return []
    controls = list(tally.slicing.controls)
    attributes = list(tally.slicing.attributes)
    cells = tally.cells.assign(selected=tally.cells["y_pred"] == cls)
    held, compared = tally.slicing.control_columns, tally.slicing.group_columns
    counts = cells.groupby([*held, *compared, "selected"])["n"].sum()
    strata = list(dict.fromkeys(map(tuple, cells[held].astype(str).to_numpy().tolist())))

    def count(stratum: tuple[str, ...], group: list[str], selected: bool) -> int:
        return int(counts.get((*stratum, *group, selected), 0))

    reference = groups[0]
    tests = []
    for group in groups[1:]:
        tables = [
            np.array([[count(s, g.values, True), count(s, g.values, False)] for g in (group, reference)], float)
            for s in strata
        ]
        # A stratum where one of the two does not occur, or all share one outcome, says nothing about their difference.
        tables = [table for table in tables if (table.sum(0) > 0).all() and (table.sum(1) > 0).all()]
        tests.append(_test(tables, attributes, controls, group.values, reference.values, cls))
    return tests


def _test(
    tables: list[np.ndarray],
    attributes: list[str],
    controls: list[str],
    group: list[str],
    reference: list[str],
    cls: str,
) -> StratifiedTest:
    odds = plain = corrected = None
    if tables:
        table = StratifiedTable(tables)
        denominator = sum(t[0, 1] * t[1, 0] / t.sum() for t in tables)
        odds = float(table.oddsratio_pooled) if denominator > 0 else None
        plain = table.test_null_odds(correction=False)
        corrected = table.test_null_odds(correction=True)
    return StratifiedTest(
        attributes=attributes,
        controls=controls,
        group=group,
        reference=reference,
        cls=cls,
        strata=len(tables),
        odds_ratio=odds,
        statistic=float(plain.statistic) if plain else None,
        p_value=float(plain.pvalue) if plain else None,
        corrected_statistic=float(corrected.statistic) if corrected else None,
        corrected_p_value=float(corrected.pvalue) if corrected else None,
    )

"""Mantel–Haenszel tests: the comparison of two groups with the controls held fixed.

Where every decision counts once and none belong together, the tests are of counts. Otherwise counts would claim more
than there is: then the odds ratio is of weights, and the test is the score test of the same hypothesis with the spread
between blocks of decisions. Cochran's numerator is U = Σ w(x − x̄)(y − ȳ), with x the group, y the outcome and the means
those of the stratum; a block adds its own U to it, and χ² = U²/ΣU_block² has an F distribution of 1 and blocks − 1
degrees of freedom (generalised score test, Boos 1992). A block is a cluster, in whichever strata its decisions lie, or
else a decision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import f as f_distribution
from statsmodels.stats.contingency_tables import StratifiedTable

from audit.fairness.tally import Tally
from audit.result import SlicingFacts, StratifiedTest

Floats = npt.NDArray[np.float64]


def stratified_tests(tally: Tally, slicing: SlicingFacts, cls: str) -> list[StratifiedTest]:
    """Test each group in gaps against the largest one, over the strata of the controls.

    The odds ratio is of being predicted `cls`, group over reference (Mantel and Haenszel 1959); the statistic is
    Cochran's, with and without continuity correction.
    """
    groups = sorted((group for group in slicing.groups if group.in_gaps), key=lambda group: (-group.n, group.values))
    if not tally.slicing.controls or len(groups) < 2:
        return []
    controls = list(tally.slicing.controls)
    attributes = list(tally.slicing.attributes)
    cells = about(tally.cells, cls)
    cells = cells.assign(selected=cells["y_pred"] == cls)
    held, compared = tally.slicing.control_columns, tally.slicing.group_columns
    counts = cells.groupby([*held, *compared, "selected"])["n"].sum()
    strata = list(dict.fromkeys(map(tuple, cells[held].astype(str).to_numpy().tolist())))

    def count(stratum: tuple[str, ...], group: list[str], selected: bool) -> int:
        return int(counts.get((*stratum, *group, selected), 0))

    reference = groups[0]
    tests = []
    clustered = "cluster" in cells and bool(cells["cluster"].notna().any())
    if clustered or not np.array_equal(cells["w"].to_numpy(np.float64), cells["n"].to_numpy(np.float64)):
        for group in groups[1:]:
            found = _by_blocks(_of_two(cells, compared, group.values, reference.values), held)
            named = {"attributes": attributes, "controls": controls, "group": group.values}
            tests.append(StratifiedTest(**named, reference=reference.values, cls=cls, counts=False, **found))
        return tests
    for group in groups[1:]:
        tables = [
            np.array([[count(s, g.values, True), count(s, g.values, False)] for g in (group, reference)], float)
            for s in strata
        ]
        # A stratum where one of the two does not occur, or all share one outcome, says nothing about their difference.
        tables = [table for table in tables if (table.sum(0) > 0).all() and (table.sum(1) > 0).all()]
        tests.append(_test(tables, attributes, controls, group.values, reference.values, cls))
    return tests


def about(cells: pd.DataFrame, cls: str) -> pd.DataFrame:
    """Keep the decisions about one label, where each of several is decided about.

    Where no cluster has a second one of these, they are independent.
    """
    if "output" not in cells:
        return cells
    cells = cells[cells["output"] == cls]
    alone = (cells["n"] == 1).all() and cells.get("cluster", pd.Series(dtype=object)).is_unique
    return cells.drop(columns="cluster", errors="ignore") if alone else cells


def _of_two(cells: pd.DataFrame, attributes: list[str], group: list[str], reference: list[str]) -> pd.DataFrame:
    """Cells of two groups, with the column `mine` for the first."""
    names = pd.MultiIndex.from_frame(cells[attributes].astype(str))
    codes = names.to_flat_index()
    mine, other = (np.array([code == tuple(values) for code in codes], dtype=bool) for values in (group, reference))
    kept: pd.DataFrame = cells[mine | other]
    return kept.assign(mine=mine[mine | other])


def _by_blocks(cells: pd.DataFrame, controls: list[str]) -> dict[str, Any]:
    """Odds ratio of weights, and the score test over blocks."""
    w, w2, n = (cells[name].to_numpy(np.float64) for name in ("w", "w2", "n"))
    x, y = (cells[name].to_numpy(np.float64) for name in ("mine", "selected"))
    stratum, strata = pd.factorize(pd.MultiIndex.from_frame(cells[controls].astype(str)))

    def per_stratum(values: Floats) -> Floats:
        return np.bincount(stratum, values, len(strata)).astype(np.float64)

    total = per_stratum(w)
    ones, hits = per_stratum(w * x), per_stratum(w * y)
    # A stratum where one of the two does not occur, or all share one outcome, says nothing about their difference.
    telling = (ones > 0) & (ones < total) & (hits > 0) & (hits < total)
    used = telling[stratum]
    both, neither = per_stratum(w * x * y), per_stratum(w * (1 - x) * (1 - y))
    only, other = per_stratum(w * x * (1 - y)), per_stratum(w * (1 - x) * y)
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = ((a * b / total)[telling].sum() for a, b in ((both, neither), (only, other)))
        influence = np.where(used, (x - (ones / total)[stratum]) * (y - (hits / total)[stratum]), 0.0)
    clusters = cells["cluster"] if "cluster" in cells else pd.Series([None] * len(cells), dtype=object)
    lone = clusters.isna().to_numpy(bool)
    code, names = pd.factorize(clusters[~lone & used])
    blocks = np.bincount(code, (w * influence)[~lone & used], len(names))
    spread = float((w2 * influence**2)[lone].sum() + (blocks**2).sum())
    count = float(n[lone & used].sum()) + len(names)
    out: dict[str, Any] = {
        "strata": int(telling.sum()), "odds_ratio": float(above / below) if telling.any() and below > 0 else None,
        "statistic": None, "p_value": None, "corrected_statistic": None, "corrected_p_value": None,
    }  # fmt: skip
    if count > 1 and spread > 0:
        statistic = float((w * influence).sum() ** 2 / spread)
        out |= {"statistic": statistic, "p_value": float(f_distribution.sf(statistic, 1, count - 1))}
    return out


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
        counts=True,
        strata=len(tables),
        odds_ratio=odds,
        statistic=float(plain.statistic) if plain else None,
        p_value=float(plain.pvalue) if plain else None,
        corrected_statistic=float(corrected.statistic) if corrected else None,
        corrected_p_value=float(corrected.pvalue) if corrected else None,
    )

"""Cells and scores of a tally arranged by group: what is counted of each, and the same within one stratum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from audit.fairness.bounds.score_metrics import GroupedScores, group_scores
from audit.fairness.compare.question import Question
from audit.fairness.compare.standardised import FineCells
from audit.fairness.compare.values import GroupedCells
from audit.fairness.scores import ScoreTally
from audit.fairness.tally import Tally
from audit.result import Group
from audit.store.columns import control_column


def group_of(cells: pd.DataFrame, columns: list[str]) -> pd.Series[Any]:
    """Name the group of each cell."""
    return pd.Series(list(map(tuple, cells[columns].astype(str).to_numpy().tolist())), dtype=object)


def stratum_of(grouped: GroupedCells, stratum: dict[str, str]) -> GroupedCells:
    """Keep the cells of one stratum."""
    kept = np.ones(len(grouped.cells), dtype=bool)
    for control, value in stratum.items():
        kept &= (grouped.cells[control_column(control)] == value).to_numpy(bool)
    fine = stratum_of(grouped.by_cluster, stratum) if grouped.by_cluster else None
    # Its own scores are put in by the caller.
    return GroupedCells(grouped.cells[kept].reset_index(drop=True), grouped.groups[kept], grouped.size, fine)


def scores_of(scores: ScoreTally, code_of: dict[Any, int], stratum: dict[str, str] | None = None) -> GroupedScores:
    """Arrange scores by group; within a stratum only their sums, which are what it keeps apart."""
    columns = scores.slicing.group_columns
    sums = group_of(scores.sums, columns).map(code_of).to_numpy(np.int64)
    counts = group_of(scores.counts, columns).map(code_of).to_numpy(np.int64)
    for control, value in (stratum or {}).items():
        sums = np.where((scores.sums[control_column(control)] == value).to_numpy(bool), sums, -1)
    if stratum:
        counts = np.full_like(counts, -1)
    return replace(group_scores(scores, sums, counts, len(code_of)), ranked=not stratum)


def fine_cells(grouped: GroupedCells, strata: list[Any], tally: Tally, question: Question) -> FineCells | None:
    """Cells by cluster with the number of their stratum."""
    fine = grouped.by_cluster
    if fine is None:
        return None
    number = {name: code for code, name in enumerate(strata)}
    rows = map(tuple, fine.cells[tally.slicing.control_columns].to_numpy().tolist())
    return FineCells(fine.cells, fine.groups, np.array([number[row] for row in rows], np.int64), question.classes)


def describe_groups(
    grouped: GroupedCells, groups: list[tuple[str, ...]], attributes: list[str], question: Question, total: float
) -> list[Group]:
    """Count each group, and say which stand outside gaps.

    Parameters
    ----------
    total
        Weight of all decisions.
    """
    coded = grouped.coded(question.classes)
    if question.nothing is not None and not question.negatives:
        # Rows without an entity are kept for the scores of whole rows; they are no decisions.
        none = question.classes.index(question.nothing)
        coded = coded.where((coded.predicted != none) | (coded.labelled & (coded.truth != none)))
    n, weight, squared = (
        np.bincount(coded.group, values, coded.groups).astype(np.float64) for values in (coded.n, coded.w, coded.w2)
    )
    labelled = np.bincount(coded.group, coded.n * coded.labelled, coded.groups)
    if not question.classes and grouped.scores is not None:  # true numbers are among the scores, not in the cells
        labelled = grouped.scores.sums["ln"].sum(-1)
    by_label, by_prediction = coded.counts()
    out = []
    for code, group in enumerate(groups):
        reasons = [question.outside.get(name, {}).get(value) for name, value in zip(attributes, group, strict=True)]
        reason = next((reason for reason in reasons if reason), None)
        out.append(
            Group(
                values=list(group),
                n=int(n[code]),
                share=float(weight[code] / total) if total else 0.0,
                weight=float(weight[code]),
                effective_n=float(weight[code] ** 2 / squared[code]) if squared[code] else 0.0,
                n_labelled=int(labelled[code]),
                by_label=dict(zip(question.classes, map(int, by_label[code]), strict=True)),
                by_prediction=dict(zip(question.classes, map(int, by_prediction[code]), strict=True)),
                in_gaps=reason is None,
                note=reason,
            )
        )
    return out

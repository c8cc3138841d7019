"""What might help: thresholds from the scores that are there, weights for training, rows to collect."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from audit.config.remedies import RemediesConfig
from audit.impact.grouped import Sliced
from audit.pipeline.case import Case
from audit.remedies.cautions import CAUTIONS
from audit.remedies.collect import collect
from audit.remedies.reweighting import reweighting
from audit.remedies.what_if import Wanted, what_if
from audit.result import Note, Remedies, ThresholdWhatIf
from audit.store.columns import group_column, group_columns
from audit.store.decisions import counted, read_decisions
from audit.store.runfolder import RunFolder


def remedies(case: Case, folder: RunFolder, slices: Iterable[Sliced]) -> Remedies | None:
    """Try what might narrow the gaps; None where it was not asked for.

    Parameters
    ----------
    slices
        Every slicing of the audit, everybody included.
    """
    asked = case.config.remedies
    if asked is None:
        return None
    labelled = bool(case.survey.labels)
    shared = {attribute.label for attribute in case.config.attributes if attribute.members}
    notes = _why_no_thresholds(case, labelled=labelled)
    tried = []
    if not notes:
        names = asked.attributes or tuple(attribute.label for attribute in case.config.attributes)
        if several := [name for name in names if name in shared]:
            notes.append(Note(code="remedies_several_groups", params={"attributes": several}))
        tried = _thresholds(case, folder, asked, [name for name in names if name not in shared])
    sliced = [item for item in slices if item.facts.attributes]
    weights = [
        found
        for item in sliced
        if not shared & set(item.facts.attributes)
        and (found := reweighting(item.facts, item.tally, case.classes)) is not None
    ]
    return Remedies(
        objective=asked.objective,
        level=case.config.level,
        smallest_gap=asked.smallest_gap,
        thresholds=tried,
        reweighting=weights,
        collect=[
            line
            for item in sliced
            for cls in case.question.asked
            for line in collect(item, cls, asked.smallest_gap, labelled=labelled)
        ],
        cautions=list(CAUTIONS),
        notes=notes,
    )


def _why_no_thresholds(case: Case, *, labelled: bool) -> list[Note]:
    if len(case.classes) != 2 or case.positive is None:
        return [Note(code="remedies_not_two_classes", params={"classes": case.classes})]
    if not case.scored:
        return [Note(code="remedies_without_scores")]
    if not labelled:
        return [Note(code="remedies_without_labels")]
    return []


def _thresholds(case: Case, folder: RunFolder, asked: RemediesConfig, names: list[str]) -> list[ThresholdWhatIf]:
    rows = _scored(case, folder, names)
    positive = case.positive or ""
    other = next(cls for cls in case.classes if cls != positive)
    wanted = Wanted(asked.constraints, asked.objective, asked.grid, asked.most_thresholds, asked.frontier)
    return [
        what_if(
            rows.rename(columns={group_column(name): "group"}),
            name,
            (other, positive),
            case.question.outside.get(name, {}),
            case.question,
            wanted,
        )
        for name in names
    ]


def _scored(case: Case, folder: RunFolder, names: list[str]) -> pd.DataFrame:
    """Read labelled decisions with a score, equal ones counted together."""
    columns = ["y_true", "y_pred", "score", "status", "weight", "count", "cluster", *group_columns(names)]
    keys = [*group_columns(names), "label", "predicted", "score", "weight", "cluster"]
    parts = []
    for batch in read_decisions(folder.decisions, columns):
        frame = batch.filter(counted(batch["status"])).to_pandas()
        frame = frame[frame["y_true"].notna() & frame["score"].notna()]
        frame = frame.assign(
            label=(frame["y_true"] == case.positive).astype(np.int64),
            predicted=(frame["y_pred"] == case.positive).astype(np.int64),
        )
        parts.append(frame.groupby(keys, dropna=False, as_index=False, sort=True)["count"].sum())
    rows: pd.DataFrame = (
        pd.concat(parts, ignore_index=True).groupby(keys, dropna=False, as_index=False, sort=True)["count"].sum()
    )
    # Thresholds are told in the scores of the data.
    low, high = case.config.data.score_range or (0.0, 1.0)
    rows["score"] = low + rows["score"] * (high - low)
    rows["cluster"] = rows["cluster"].astype(object).where(rows["cluster"].notna(), None)
    return rows

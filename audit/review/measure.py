"""Everything that follows from the answers of a review: `review.json`."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from audit.errors import RunFolderError
from audit.fairness.metrics.agreement import krippendorff_alpha
from audit.result import AuditResult, Note
from audit.result.review import (
    GapBound,
    LabelErrorRate,
    MetricBound,
    Review,
    ReviewAgreement,
    ReviewCounts,
    ReviewDesign,
)
from audit.review.answers import by_decision
from audit.review.draw import CONTROL, FLAGGED
from audit.review.key import Key
from audit.review.label_errors import label_errors
from audit.review.noise import METRICS, Noisy, bounds, gap_bounds, noisy
from audit.review.panel import LABEL, QUESTIONS, REASON, UNSURE, Bools, Panel, given
from audit.review.precision import flag_precision
from audit.review.reviewer_error import reviewer_error
from audit.store.columns import group_column
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder


def attributes_of(result: AuditResult) -> list[str]:
    """Attributes of which every decision has one group."""
    return [item["name"] or item["column"] for item in result.config["attributes"] if not item["members"]]


def reviewable(folder: RunFolder, result: AuditResult) -> pd.DataFrame:
    """Read the decisions that people can be asked about: those that were made, and that stand for any.

    Columns: `row_id`, `y_true`, `y_pred`, `weight` (times what the row stands for), `cluster`, and the group columns.
    """
    columns = [group_column(name) for name in attributes_of(result)]
    parts = []
    for batch in read_decisions(
        folder.decisions, ["row_id", "y_true", "y_pred", "status", "weight", "count", "cluster", *columns]
    ):
        frame = batch.to_pandas()
        frame["weight"] = frame["weight"] * frame["count"]
        kept = frame["y_pred"].notna() & ~frame["status"].isin(["failed", "nothing"]) & (frame["weight"] > 0)
        parts.append(frame[kept].drop(columns=["status", "count"]))
    decisions: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return decisions


def panel_of(folder: RunFolder, result: AuditResult, key: Key, answers: pd.DataFrame) -> Panel:
    """Put the answers beside the decisions and flags of this run.

    Raises
    ------
    RunFolderError
        If the key is of other rows, or answers are about decisions that it does not name.
    """
    if key.design.rows_sha256 != result.data.rows_sha256:
        raise RunFolderError(
            "the review is of other rows than this audit: ids, labels or groups differ",
            where=str(folder.path),
            hint="export again, or import into an audit of the same rows",
        )
    unknown = ~answers["review_id"].isin(key.table["review_id"])
    if unknown.any():
        raise RunFolderError(
            f"holds answers about {int(unknown.sum()):,} decisions that its key does not name",
            where=str(folder.review_answers),
        )
    decisions = reviewable(folder, result)
    flags = {line["row_id"]: line["codes"] for line in folder.read_flagged()}
    drawn = key.table.rename(columns={"y_pred": "shown"})
    reviewed = drawn.merge(decisions, on="row_id", how="left", validate="one_to_one", indicator=True)
    told = by_decision(answers, reviewed["review_id"].tolist())
    # Where rows have several decisions, a later audit may not make all of them.
    there = (reviewed["_merge"] == "both").to_numpy(bool)
    reviewed = reviewed[there].reset_index(drop=True)
    reviewed["codes"] = [flags.get(row, []) for row in reviewed["row_id"]]
    reviewed["same"] = reviewed["shown"] == reviewed["y_pred"]
    population = decisions[decisions["y_true"].notna()]
    return Panel(population, reviewed, {question: table[there] for question, table in told.items()})


def measure(
    folder: RunFolder,
    result: AuditResult,
    key: Key,
    answers: pd.DataFrame,
    hashes: tuple[str, str],
    assumed: float | None = None,
) -> Review:
    """Work out what a review says.

    Parameters
    ----------
    hashes
        Of the key and of the answers, as files.
    assumed
        How often a reviewer errs, instead of what their differences say.
    """
    panel = panel_of(folder, result, key, answers)
    level = result.level
    labelled = bool(panel.reviewed["y_true"].notna().any())
    notes = _notes(panel, result, key, labelled=labelled, assumed=assumed)
    answered = np.any([given(told).any(1) for told in panel.answers.values()], axis=0)
    errors: list[LabelErrorRate] = []
    metrics: list[MetricBound] = []
    gaps: list[GapBound] = []
    if labelled and panel.ratings(LABEL).any():
        errors = label_errors(panel, _groups(panel, result), level, assumed)
        metrics, gaps = _under_noise(panel, result, assumed)
    error = reviewer_error(
        panel.says(LABEL, panel.reviewed["y_pred"].to_numpy(object)), answered, (1 - level) / 2, assumed
    )
    return Review(
        level=level,
        rows_sha256=key.design.rows_sha256,
        key_sha256=hashes[0],
        answers_sha256=hashes[1],
        design=_design(key),
        reviewers=int(answers["reviewer"].nunique()),
        reviewed=int(answered.sum()),
        changed=int((answered & ~panel.reviewed["same"].to_numpy(bool)).sum()),
        counts=[_counted(panel, question, key) for question in QUESTIONS],
        agreement=[_agreed(panel, question, 1 - level) for question in QUESTIONS if panel.ratings(question).any()],
        reviewer_error=error.value,
        reviewer_error_upper=error.upper,
        reviewer_error_from="assumed" if assumed is not None else "measured" if error.pairs else "nothing",
        precision=flag_precision(panel, level),
        label_errors=errors,
        metrics=metrics,
        gaps=gaps,
        notes=notes,
    )


def _design(key: Key) -> ReviewDesign:
    design, arms = key.design, key.table["arm"]
    return ReviewDesign(
        flagged=design.flagged,
        others=design.others,
        drawn_flagged=int((arms == FLAGGED).sum()),
        drawn_controls=int((arms == CONTROL).sum()),
        reviewers=design.reviewers,
        overlap=design.overlap,
        decision_first=design.decision_first,
        reasons=design.reasons,
    )


def _notes(panel: Panel, result: AuditResult, key: Key, *, labelled: bool, assumed: float | None) -> list[Note]:
    notes = []
    gone = len(key.table) - len(panel.reviewed)
    if gone:
        notes.append(Note(code="review_decisions_gone", params={"n": gone}))
    if not labelled:
        notes.append(Note(code="review_no_labels"))
    shared = [item["name"] for item in result.config["attributes"] if item["members"]]
    if shared:
        notes.append(Note(code="review_members", params={"attributes": shared}))
    if assumed is None and not panel.says(LABEL, panel.reviewed["y_pred"].to_numpy(object)).pairs.any():
        notes.append(Note(code="review_one_reviewer"))
    return notes


def _counted(panel: Panel, question: str, key: Key) -> ReviewCounts:
    told = panel.answers[question]
    there = given(told)
    unsure = there & np.asarray(told == UNSURE, bool)
    asked = panel.reviewed["reviewers"].map(len).to_numpy(np.int64)
    if question == REASON and not key.design.reasons:
        asked = np.zeros(len(asked), np.int64)
    plain: dict[str, Any] = {
        "question": question,
        "answers": int((there & ~unsure).sum()),
        "unsure": int(unsure.sum()),
        "missing": int(np.maximum(asked - there.sum(1), 0).sum()),
        "decisions": int((there & ~unsure).any(1).sum()),
    }
    return ReviewCounts.model_validate(plain)


def _agreed(panel: Panel, question: str, alpha: float) -> ReviewAgreement:
    cluster = [name if isinstance(name, str) else None for name in panel.reviewed["cluster"]]
    found = krippendorff_alpha(panel.ratings(question).tolist(), alpha=alpha, cluster=cluster if any(cluster) else None)
    plain: dict[str, Any] = {
        "question": question, "alpha": found.value, "lower": found.lower, "upper": found.upper, "units": found.units,
        "ratings": found.ratings, "differing": found.differing, "note": found.note,
    }  # fmt: skip
    return ReviewAgreement.model_validate(plain)


def _groups(panel: Panel, result: AuditResult) -> list[tuple[list[str], list[str], Bools]]:
    """All decisions, then every group of every attribute."""
    out: list[tuple[list[str], list[str], Bools]] = [([], [], np.ones(len(panel.reviewed), bool))]
    for name, values, _ in _slices(result):
        column = panel.reviewed[group_column(name)]
        out += [([name], [value], (column == value).to_numpy(bool)) for value in values]
    return out


def _slices(result: AuditResult) -> list[tuple[str, list[str], list[str]]]:
    """Attributes with their groups, and those that enter gaps."""
    wanted = set(attributes_of(result))
    return [
        (
            slicing.attributes[0],
            [group.values[0] for group in slicing.groups],
            [group.values[0] for group in slicing.groups if group.in_gaps],
        )
        for slicing in result.slicings
        if len(slicing.attributes) == 1 and slicing.attributes[0] in wanted
    ]


def _under_noise(panel: Panel, result: AuditResult, assumed: float | None) -> tuple[list[MetricBound], list[GapBound]]:
    classes = [result.positive_class] if result.positive_class and len(result.classes) == 2 else result.classes
    asked: list[tuple[Any, str | None]] = [(METRICS[0], None)]
    asked += [(metric, cls) for metric in METRICS[1:] for cls in classes if cls != result.data.nothing]
    metrics, gaps = [], []
    tail = (1 - result.level) / 2
    for name, _, values in _slices(result):
        column = group_column(name)
        pairs = max(len(values) * (len(values) - 1) // 2, 1)
        for metric, cls in asked:
            told: dict[str, Any] = {"attributes": [name], "metric": metric, "cls": cls}
            for value in values:
                one = noisy(panel, metric, cls, column, value, tail, assumed)
                lower, upper = bounds(one)
                metrics.append(
                    MetricBound(
                        **told, group=[value], reviewed=one.reviewed, recorded=one.recorded, lower=lower, upper=upper
                    )
                )
            # All pairs of an attribute hold at once.
            each = {value: noisy(panel, metric, cls, column, value, tail / pairs, assumed) for value in values}
            gaps += [_gap(told, first, second, each) for first, second in combinations(values, 2)]
    return metrics, gaps


def _gap(told: dict[str, Any], first: str, second: str, each: dict[str, Noisy]) -> GapBound:
    """Bound the gap of a pair, the group that is recorded higher first."""
    a, b = each[first].recorded, each[second].recorded
    if a is not None and b is not None and a < b:
        first, second, a, b = second, first, b, a
    lower, upper = gap_bounds(each[first], each[second])
    recorded = None if a is None or b is None else a - b
    return GapBound(**told, group=[first], other=[second], recorded=recorded, lower=lower, upper=upper)

"""A run against a baseline: changes of every metric in every group, and the decisions that changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.score_metrics import MEANS
from audit.fairness.compare.change import Changes, change_of_each
from audit.fairness.compare.paired import PairedTally, correlation, joint_batches, score_correlation, tally_pairs
from audit.fairness.metrics.definitions import Metric, known_metrics
from audit.fairness.tally import Slicing, tally_columns
from audit.policy.baseline import Key, Reference, refuse_incomparable
from audit.result import AuditResult, Change, Comparison, Flips, MetricValue, ValueEstimate
from audit.store.decisions import BATCH_ROWS, read_decisions, windows
from audit.store.runfolder import RunFolder

Ints = npt.NDArray[np.int64]


def compare_runs(
    result: AuditResult, decisions: Path | None, reference: Reference, *, other_rows: bool = False
) -> Comparison:
    """Compare a result with a baseline.

    Parameters
    ----------
    decisions
        Decision table of the result, if it is there.
    other_rows
        Accept a baseline of other rows; the two are then independent samples.

    Raises
    ------
    ConfigError
        If the baseline cannot be compared, with the difference named.
    """
    baseline = reference.baseline
    refuse_incomparable(result, baseline, other_rows=other_rows)
    same_rows = baseline.rows_sha256 == result.data.rows_sha256
    tallies: list[PairedTally] = []
    if same_rows and decisions is not None and decisions.exists() and reference.folder is not None:
        tallies = _pair(result, decisions, reference.folder)
    correlations, flips = _correlations(result, tallies)
    before = baseline.estimates()
    changes = [
        _change(value, before[_key(value)], correlations.get(_key(value), 0.0), 1 - result.level)
        for value in result.metrics
        if not value.stratum and _key(value) in before
    ]
    return Comparison(
        baseline=baseline.title,
        baseline_model_sha256=baseline.model_sha256,
        baseline_tool_version=baseline.tool_version,
        paired=bool(tallies),
        same_rows=same_rows,
        changes=changes,
        flips=flips,
    )


def _key(value: MetricValue) -> Key:
    return tuple(value.attributes), tuple(value.group), value.metric, value.cls


def _change(after: MetricValue, before: ValueEstimate, r: float, alpha: float) -> Change:
    change = Change(
        attributes=after.attributes,
        group=after.group,
        metric=after.metric,
        cls=after.cls,
        baseline=before,
        candidate=_estimate(after),
        correlation=round(r, 9),
        difference=None,
        lower=None,
        upper=None,
        doubt=after.doubt or before.doubt,
    )
    if after.value is None or before.value is None:
        return change
    found: dict[str, float] = {"difference": after.value - before.value}
    if after.effective_n and before.effective_n:
        low, high = change_of_each(Changes.of([change]), alpha / 2)
        if np.isfinite([low[0], high[0]]).all():
            found |= {"lower": float(low[0]), "upper": float(high[0])}
    return change.model_copy(update=found)


def _estimate(value: MetricValue) -> ValueEstimate:
    return ValueEstimate(
        value=value.value,
        effective_n=value.effective_n,
        clusters=value.clusters,
        standard_error=value.standard_error,
        doubt=value.doubt,
    )


def _pair(result: AuditResult, decisions: Path, folder: RunFolder) -> list[PairedTally]:
    clustered = result.config["data"]["columns"]["cluster"] is not None
    slicings = [Slicing(tuple(slicing.attributes), (), clustered) for slicing in result.slicings]
    members = [item["name"] for item in result.config["attributes"] if item.get("members")]
    columns = tally_columns(slicings, members)
    return tally_pairs(
        joint_batches(_cut(decisions, columns), _cut(folder.decisions, columns)), slicings, result.positive_class
    )


def _cut(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    return windows(read_decisions(path, columns), BATCH_ROWS)


def _correlations(result: AuditResult, tallies: list[PairedTally]) -> tuple[dict[Key, float], list[Flips]]:
    known = known_metrics()
    out: dict[Key, float] = {}
    flips: list[Flips] = []
    asked = {(tuple(v.attributes), v.metric, v.cls) for v in result.metrics if not v.stratum}
    for tally, slicing in zip(tallies, result.slicings, strict=False):
        groups = [tuple(group.values) for group in slicing.groups]
        code_of = {group: code for code, group in enumerate(groups)}
        codes = _codes(tally.cells, tally.slicing.group_columns, code_of)
        block_codes = (
            _codes(tally.blocks, tally.slicing.group_columns, code_of) if not tally.blocks.empty else codes[:0]
        )
        for attributes, name, cls in sorted(asked, key=str):
            metric = known.get(name)
            if attributes != tuple(slicing.attributes) or metric is None:
                continue
            r = _one(tally, codes, block_codes, len(groups), metric, cls, result.classes)
            out |= {(attributes, group, name, cls): float(r[code]) for group, code in code_of.items()}
        flips += _flips(tally, codes, slicing.attributes, [list(group) for group in groups], result.positive_class)
    return out, flips


def _codes(frame: pd.DataFrame, columns: list[str], code_of: dict[tuple[str, ...], int]) -> Ints:
    rows = map(tuple, frame[columns].astype(str).to_numpy().tolist())
    return np.array([code_of.get(row, -1) for row in rows], np.int64)


def _one(
    tally: PairedTally,
    codes: Ints,
    block_codes: Ints,
    size: int,
    metric: Metric,
    cls: str | None,
    classes: list[str],
) -> npt.NDArray[np.float64]:
    if metric.scope == "score" and metric.name in MEANS:
        column, labelled = MEANS[metric.name]
        return score_correlation(tally, block_codes, size, column, labelled=labelled)
    coded = {cls: 1} if cls is not None else {name: code for code, name in enumerate(classes)}
    return correlation(tally, codes, size, metric, coded)


def _flips(
    tally: PairedTally, codes: Ints, attributes: list[str], groups: list[list[str]], positive: str | None
) -> list[Flips]:
    cells = tally.cells
    n = cells["n"].to_numpy(np.int64)
    truth, after, before = (cells[name].astype(object).to_numpy() for name in ("y_true", "y_pred", "y_before"))
    labelled = cells["y_true"].notna().to_numpy(bool)
    changed = after != before

    def count(where: npt.NDArray[np.bool_]) -> list[int]:
        used = where & (codes >= 0)
        return [int(total) for total in np.bincount(codes[used], n[used], len(groups))]

    everything = count(np.ones(len(n), dtype=bool))
    counts = {"changed": count(changed)}
    if positive is not None:
        counts |= {
            "to_positive": count(changed & (after == positive)),
            "to_negative": count(changed & (before == positive)),
        }
    if labelled.any():
        counts |= {
            "newly_wrong": count(labelled & (before == truth) & (after != truth)),
            "newly_right": count(labelled & (before != truth) & (after == truth)),
        }
    names = ("changed", "to_positive", "to_negative", "newly_wrong", "newly_right")
    return [
        Flips(
            attributes=attributes,
            group=group,
            n=everything[code],
            **{name: counts[name][code] if name in counts else None for name in names},
        )
        for code, group in enumerate(groups)
    ]

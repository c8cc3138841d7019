"""A run against a baseline: changes of every metric in every group, and the decisions that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.score_metrics import OWN
from audit.fairness.compare.change import Changes, change_of_each
from audit.fairness.compare.changed import changed_decisions
from audit.fairness.compare.examples import CLASSES, rows_of
from audit.fairness.compare.gap_changes import gap_changes
from audit.fairness.compare.joint import KEY, matched_decisions
from audit.fairness.compare.movement import Movement, movement
from audit.fairness.compare.paired import PairedTally, joint_batches, same_decisions, tally_pairs
from audit.fairness.compare.score_movement import MOST_RANKED, mean_movement, ranking_movements
from audit.fairness.metrics.definitions import SEVERAL, Metric, known_metrics, of_numbers, of_several
from audit.fairness.metrics.names import EXACT_MATCH, VISIBLE_CHARACTERS
from audit.fairness.tally import Slicing, kept_apart, tally_columns
from audit.policy.baseline import Key, Reference, refuse_incomparable
from audit.result import AuditResult, Change, Comparison, MetricValue, Note, Sketch, SlicingFacts, ValueEstimate
from audit.store.decisions import BATCH_ROWS, read_decisions, windows
from audit.store.runfolder import RunFolder

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moved:
    """How one metric of one group moved: its two values' correlation, and what each decision adds to the change."""

    correlation: float
    sketch: Sketch | None
    doubt: str | None = None


#: On different rows, or of a metric that is a black box.
NOTHING_KNOWN = Moved(0.0, None)


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
    pairs: Pairs | None = None
    notes: list[Note] = []
    if same_rows and decisions is not None and decisions.exists() and reference.folder is not None:
        # What several versions find in a row need not be the same: they are brought together row by row.
        several = result.config["data"]["outcome"] in SEVERAL
        if several or same_decisions(decisions, reference.folder.decisions):
            pairs = Pairs.read(result, decisions, reference.folder)
            notes = _unpaired(result)
        else:
            notes = [Note(code="other_decisions")]
    placed = _placed(result, pairs) if pairs else []
    movements = _movements(result, pairs, placed) if pairs else {}
    # Numbers are not decided: none of them flips.
    flips, flip_gaps = changed_decisions(placed, result.positive_class, result.level) if placed else ([], None)
    before = baseline.estimates()
    changes = [
        _change(value, before[_key(value)], movements.get(_key(value), NOTHING_KNOWN), 1 - result.level)
        for value in result.metrics
        if not value.stratum and _key(value) in before
    ]
    return Comparison(
        baseline=baseline.title,
        baseline_model_sha256=baseline.model_sha256,
        baseline_tool_version=baseline.tool_version,
        paired=pairs is not None,
        same_rows=same_rows,
        level=result.level,
        changes=changes,
        gaps=gap_changes(changes, result.slicings, result.level),
        flips=flips if result.classes else [],
        flip_gaps=flip_gaps if result.classes else None,
        notes=notes,
    )


def _unpaired(result: AuditResult) -> list[Note]:
    """Say which metrics were compared as if of different rows although the rows are the same."""
    characters = any(value.metric == VISIBLE_CHARACTERS and value.value is not None for value in result.metrics)
    ranked = {tuple(value.attributes) for value in result.metrics if value.metric in OWN and value.value is not None}
    return [Note(code="characters_unpaired")] * characters + [
        Note(code="rankings_unpaired", params={"attributes": slicing.attributes, "limit": MOST_RANKED})
        for slicing in result.slicings
        if len(slicing.groups) > MOST_RANKED and tuple(slicing.attributes) in ranked
    ]


def _key(value: MetricValue) -> Key:
    return tuple(value.attributes), tuple(value.group), value.metric, value.cls


def _change(after: MetricValue, before: ValueEstimate, moved: Moved, alpha: float) -> Change:
    known = after.value is not None and before.value is not None
    change = Change(
        attributes=after.attributes,
        group=after.group,
        metric=after.metric,
        cls=after.cls,
        baseline=before,
        candidate=_estimate(after),
        correlation=round(moved.correlation, 9),
        sketch=moved.sketch if known else None,
        difference=None,
        lower=None,
        upper=None,
        doubt=after.doubt or before.doubt or moved.doubt,
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
        sketch=value.sketch,
        doubt=value.doubt,
    )


@dataclass(frozen=True)
class Pairs:
    """Both decision tables, tallied together per slicing, with how AUCs moved.

    Attributes
    ----------
    rows
        Whole rows, right or wrong in both versions, where a row has several decisions.
    """

    tallies: list[PairedTally]
    rankings: list[dict[str, Movement]]
    rows: list[PairedTally]

    @staticmethod
    def read(result: AuditResult, decisions: Path, folder: RunFolder) -> Pairs:
        """Read both tables."""
        data = result.config["data"]
        clustered = data["columns"]["cluster"] is not None or data["outcome"] in SEVERAL
        apart = kept_apart(data["outcome"])
        slicings = [Slicing(tuple(slicing.attributes), (), clustered, apart) for slicing in result.slicings]
        members = [item["name"] for item in result.config["attributes"] if item.get("members")]
        columns = tally_columns(slicings, members)

        nothing = result.data.nothing
        names = columns if nothing is None else list(dict.fromkeys([*columns, *KEY]))

        def pairs() -> Iterator[tuple[pa.Table, pa.Table]]:
            both = _cut(decisions, names), _cut(folder.decisions, names)
            return zip(*both, strict=True) if nothing is None else matched_decisions(*both, nothing)

        def joint() -> Iterator[pa.Table]:
            return joint_batches(pairs())

        asked = {value.metric for value in result.metrics if value.value is not None}
        groups = [_code_of(slicing) for slicing in result.slicings]
        ranked = [name for name in OWN if name in asked]
        rankings = ranking_movements(joint, slicings, result.positive_class, ranked, groups)
        rows: list[PairedTally] = []
        if EXACT_MATCH in asked:
            whole = [
                replace(slicing, clustered=data["columns"]["cluster"] is not None, also=()) for slicing in slicings
            ]
            rows = tally_pairs(joint_batches((rows_of(a), rows_of(b)) for a, b in pairs()), whole, None)
        return Pairs(tally_pairs(joint(), slicings, result.positive_class), rankings, rows)


def _code_of(slicing: SlicingFacts) -> dict[tuple[str, ...], int]:
    return {tuple(group.values): code for code, group in enumerate(slicing.groups)}


def _cut(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    return windows(read_decisions(path, columns), BATCH_ROWS)


def _placed(result: AuditResult, pairs: Pairs) -> list[tuple[PairedTally, Ints, SlicingFacts]]:
    """Every slicing with the group of each of its cells."""
    return [
        (tally, _codes(tally.cells, tally.slicing.group_columns, _code_of(slicing)), slicing)
        for tally, slicing in zip(pairs.tallies, result.slicings, strict=True)
    ]


def _movements(
    result: AuditResult, pairs: Pairs, placed: list[tuple[PairedTally, Ints, SlicingFacts]]
) -> dict[Key, Moved]:
    several = result.config["data"]["outcome"] in SEVERAL
    known = {name: of_several(metric) if several else metric for name, metric in known_metrics().items()}
    out: dict[Key, Moved] = {}
    values = {_key(value): value for value in result.metrics if not value.stratum}
    numbers = result.positive_class is None
    for (tally, codes, slicing), ranked in zip(placed, pairs.rankings, strict=True):
        code_of = _code_of(slicing)
        asked = {key[2:] for key in values if key[0] == tuple(slicing.attributes)}
        for name, cls in sorted(asked, key=str):
            metric = known.get(name)
            if metric is None:
                continue
            if metric.scope == "example":
                continue
            here = [values.get((tuple(slicing.attributes), group, name, cls)) for group in code_of]
            if metric.scope == "ranking":
                moved = ranked.get(name)
            elif metric.scope == "score":
                moved = _mean(tally, code_of, here, of_numbers(metric) if numbers else metric)
            else:
                coded = {cls: 1} if cls is not None else {label: code for code, label in enumerate(result.classes)}
                moved = movement(tally, codes, len(code_of), metric, coded)
            if moved is not None:
                attributes = tuple(slicing.attributes)
                out |= {(attributes, group, name, cls): _moved(moved, code) for group, code in code_of.items()}
    # Only where a row has several decisions is a whole row more than one of them.
    for tally, slicing in zip(pairs.rows, result.slicings, strict=True) if pairs.rows else ():
        code_of, attributes = _code_of(slicing), tuple(slicing.attributes)
        if not any((attributes, group, EXACT_MATCH, None) in values for group in code_of):
            continue  # groups of parts of rows
        moved = movement(
            tally,
            _codes(tally.cells, tally.slicing.group_columns, code_of),
            len(code_of),
            replace(known[EXACT_MATCH], scope="all"),
            {name: code for code, name in enumerate(CLASSES[EXACT_MATCH])},
        )
        out |= {(attributes, group, EXACT_MATCH, None): _moved(moved, code) for group, code in code_of.items()}
    return out


def _mean(
    tally: PairedTally, code_of: dict[tuple[str, ...], int], values: list[MetricValue | None], metric: Metric
) -> Movement | None:
    """How a mean moved. What a decision adds to the change is no wider than what decisions add to the mean."""
    if tally.blocks.empty or not any(value and value.sketch for value in values):
        return None
    codes = _codes(tally.blocks, tally.slicing.group_columns, code_of)
    sketches = [value.sketch if value else None for value in values]
    worth = np.array([value.effective_n or 0.0 if value else 0.0 for value in values])
    reach = np.array([sketch.most - sketch.least if sketch else 0.0 for sketch in sketches])
    return mean_movement(tally, codes, np.where([s is not None for s in sketches], worth, 0.0), reach, metric)


def _moved(moved: Movement, group: int) -> Moved:
    found = moved.sketches
    sketch = None if found is None or not found.size[group] > 0 else Sketch.model_validate(found.at(group))
    return Moved(float(moved.correlation[group]), sketch, moved.doubt[group] if moved.doubt else None)


def _codes(frame: pd.DataFrame, columns: list[str], code_of: dict[tuple[str, ...], int]) -> Ints:
    rows = map(tuple, frame[columns].astype(str).to_numpy().tolist())
    return np.array([code_of.get(row, -1) for row in rows], np.int64)

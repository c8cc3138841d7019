"""Does a run folder hold what its audit wrote, and do its numbers follow from its decisions?

Hashes find a file that was changed by itself. Numbers computed again from the decision table find a result that was
changed together with its hashes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from audit.config import AuditConfig, parse_config
from audit.data.rows import group_names
from audit.data.survey import Survey
from audit.errors import RunFolderError
from audit.fairness.compare.disparities import Question
from audit.fairness.metrics.definitions import choose_metrics
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.fairness.tally import Slicing
from audit.pipeline.case import Case, outside_gaps
from audit.pipeline.run import compare_all
from audit.result import AuditResult, Part
from audit.store.decisions import decision_schema, read_decisions
from audit.store.runfolder import RunFolder

#: Two processors need not agree on the last digits of a resampled bound.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Verified:
    """What was held against the decision table.

    Attributes
    ----------
    values
        Numbers that were computed again.
    wrong
        Those that differ, in words.
    own
        Metrics of the user's own, which are not run: code that a run folder names is not trusted.
    """

    values: int
    wrong: list[str]
    own: list[str]


def verify(folder: RunFolder) -> Verified:
    """Hold every file against the manifest, and metrics and disparities against the decision table.

    Raises
    ------
    RunFolderError
        If a file is not what the audit wrote, or the result contradicts itself.
    """
    result = folder.read_result()
    try:
        case, own = _case(result)
        found = compare_all(case, folder)
    except RunFolderError:
        raise
    except Exception as error:
        # Whoever can write the hashes can write anything else too.
        raise RunFolderError(
            f"the numbers cannot be computed again: {type(error).__name__}: {error}",
            where=str(folder.path),
            hint="decisions and configuration in it do not belong together: run the audit again",
        ) from error
    left_out = {EXPLAINED_RATE, *own}
    values, wrong = 0, []
    counted: Counter[str] = Counter()
    for batch in read_decisions(folder.decisions, ["status", "count"]):
        sums = batch.group_by("status").aggregate([("count", "sum")])
        counted.update(dict(zip(sums["status"].to_pylist(), sums["count_sum"].to_pylist(), strict=True)))
    if dict(counted) != result.data.statuses:
        wrong.append(f"decisions by status: {result.data.statuses} in result.json, {dict(counted)} in the decisions")
    pairs: list[tuple[str, Sequence[Part], Iterable[Part]]] = [
        ("metric", result.metrics, (value for item in found.compared for value in item.metrics)),
        ("disparity", result.disparities, (gap for item in found.compared for gap in item.disparities)),
    ]
    for kind, stored, again in pairs:
        kept = {_key(part): part for part in stored if getattr(part, "metric", "") not in left_out}
        computed = {_key(part): part for part in again}
        values += len(computed)
        for key in dict.fromkeys([*kept, *computed]):
            wrong += _difference(kind, key, kept.get(key), computed.get(key))
    return Verified(values, wrong, sorted(own))


def _case(result: AuditResult) -> tuple[Case, set[str]]:
    """Rebuild the question from the result alone: neither data nor model need be there."""
    plain = dict(result.config)
    own = {name for name in plain.get("metrics", ()) if ":" in name}
    plain["metrics"] = [name for name in plain.get("metrics", ()) if name not in own]
    config: AuditConfig = parse_config(plain, where="result.json: config")
    columns, data = config.data.columns, result.data
    numbers = config.data.outcome == "number"
    scored = result.positive_class is not None and len(result.classes) == 2
    scored = numbers or (scored and (result.model is not None or columns.score is not None))
    labelled = data.unlabelled < data.rows if numbers else any(data.labels.values())
    outcome: Literal["binary", "class", "number"] = "number" if numbers else "class"
    if len(result.classes) == 2:
        outcome = "binary"
    metrics, criteria = choose_metrics(config.metrics, outcome=outcome, labelled=labelled, scored=scored)
    if own and not config.metrics:
        metrics, criteria = [], []
    names = [attribute.label for attribute in config.attributes]
    clustered = columns.cluster is not None
    slicings = [Slicing((), (), clustered), *(Slicing((name,), config.controls, clustered) for name in names)]
    slicings += [Slicing(crossing, config.controls, clustered) for crossing in config.crossings]
    order = {attribute.label: group_names(attribute) for attribute in config.attributes}
    question = Question(
        metrics, criteria, result.classes, result.positive_class, config.level, outside_gaps(config), order, config.seed
    )
    survey = Survey(data.format, data.sha256, data.rows_read, data.rows, data.unlabelled, labels=Counter(data.labels))
    members = [attribute.label for attribute in config.attributes if attribute.members]
    schema = decision_schema([attribute.label for attribute in config.read_as_groups], config.controls, members)
    case = Case(
        config.model_copy(update={"discovery": None}),
        survey, None, result.classes, result.positive_class, scored, {}, schema, slicings, question, [],
    )  # fmt: skip
    return case, own


def _key(part: Part) -> tuple[Any, ...]:
    """What the part is about: all of it that is no number."""
    plain = part.model_dump()
    names = ("attributes", "stratum", "group", "metric", "cls", "aggregate")
    return tuple((name, str(plain[name])) for name in names if name in plain)


def _difference(kind: str, key: tuple[Any, ...], kept: Part | None, computed: Part | None) -> list[str]:
    about = f"{kind} {', '.join(value for name, value in key if value not in ('{}', 'None', '[]'))}"
    if kept is None:
        return [f"{about}: not in result.json"]
    if computed is None:
        return [f"{about}: does not follow from the decisions"]
    before, after = kept.model_dump(), computed.model_dump()
    for name, value in before.items():
        if not _same(value, after[name]):
            return [f"{about}: {name} is {value} in result.json, {after[name]} from the decisions"]
    return []


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(a == b)

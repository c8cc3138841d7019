"""Does a run folder hold what its audit wrote, and do its numbers follow from its decisions?

Hashes find a file that was changed by itself. Numbers computed again from the decision table, and verdicts from the
numbers, find a result that was changed together with its hashes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from audit.config import AuditConfig, PolicyConfig, parse_config
from audit.data.image_files import ImageFiles
from audit.data.survey import Survey
from audit.errors import RunFolderError
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.pipeline.case import Case, ask
from audit.pipeline.comparisons import compare_all
from audit.policy.judge import judge
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
    """Hold every file against the manifest, numbers against the decision table, and verdicts against the numbers.

    Raises
    ------
    RunFolderError
        If a file is not what the audit wrote, or the result contradicts itself.
    """
    result = folder.read_result()
    try:
        case, own = _case(result)
        found = compare_all(case, folder)
        contradicted = _verdicts(result)
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
    pairs: list[tuple[str, Sequence[Part], Sequence[Part]]] = [
        ("metric", result.metrics, found.metrics),
        ("disparity", result.disparities, found.disparities),
        ("adjusted metric", result.adjusted, found.adjusted),
        ("impact", result.adverse_impact, found.adverse_impact),
    ]
    for kind, stored, again in pairs:
        kept = {_key(part): part for part in stored if getattr(part, "metric", "") not in left_out}
        computed = {_key(part): part for part in again}
        values += len(computed)
        for key in dict.fromkeys([*kept, *computed]):
            wrong += _difference(kind, key, kept.get(key), computed.get(key))
    return Verified(values, wrong + contradicted, sorted(own))


def _case(result: AuditResult) -> tuple[Case, set[str]]:
    """Rebuild the question from the result alone: neither data nor model need be there."""
    plain = dict(result.config)
    own = {name for name in plain.get("metrics", ()) if ":" in name}
    plain["metrics"] = [name for name in plain.get("metrics", ()) if name not in own]
    config: AuditConfig = parse_config(plain, where="result.json: config")
    data = result.data
    numbers = config.data.outcome == "number"
    labelled = (data.unlabelled or 0) < data.rows if numbers else any(data.labels.values())
    left_out = [note.params["attributes"] for note in result.notes if note.code == "crossing_too_fine"]
    asked = ask(
        config, result.classes, result.positive_class,
        labelled=labelled,
        has_model=result.model is not None,
        too_fine=[tuple(names) for names in left_out if isinstance(names, list)],
    )  # fmt: skip
    question = asked.question
    if own and not config.metrics:
        question = replace(question, metrics=[], criteria=[])
    survey = Survey(
        data.format, data.sha256, ImageFiles(config.data), data.rows_read, data.rows, data.unlabelled or 0,
        labels=Counter(data.labels),
    )  # fmt: skip
    members = [attribute.label for attribute in config.attributes if attribute.members]
    schema = decision_schema([attribute.label for attribute in config.read_as_groups], config.controls, members)
    case = Case(
        config.model_copy(update={"discovery": None}),
        survey, None, result.classes, result.positive_class, asked.scored, {}, schema,
        asked.slicings, question, [],
    )  # fmt: skip
    return case, own


def _verdicts(result: AuditResult) -> list[str]:
    """Judge the result by the policy that it names, on the day on which it was judged."""
    told, policy = result.judgement, PolicyConfig.model_validate(result.config["policy"])
    if told is None:
        return ["verdicts: none in result.json, and there is a policy"] if policy.rules or policy.presets else []
    again = judge(result, policy, today=date.fromisoformat(told.judged_on) if told.judged_on else None)
    if len(told.rules) != len(again.rules):
        return [f"verdicts: {len(told.rules)} in result.json, {len(again.rules)} from its numbers"]
    wrong = []
    for before, after in zip(told.rules, again.rules, strict=True):
        # What is advised is no verdict.
        one, two = (rule.model_copy(update={"needed": []}) for rule in (before, after))
        wrong += _difference(f"verdict on {after.rule},", _key(after), one, two)
    if told.status != again.status:
        wrong.append(f"verdict: {told.status} in result.json, {again.status} from its numbers")
    return wrong


def _key(part: Part) -> tuple[Any, ...]:
    """What the part is about: all of it that is no number."""
    plain = part.model_dump()
    names = ("attributes", "stratum", "group", "reference", "metric", "cls", "aggregate", "left_out")
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
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[name]) for name, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(a == b)

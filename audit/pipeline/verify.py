"""Does a run folder hold what its audit wrote, and do its numbers follow from its decisions?

Hashes find a file that was changed by itself. Numbers computed again from the decision table, and verdicts from the
numbers, find a result that was changed together with its hashes. Signatures say who vouches for it.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from audit.config import AuditConfig, PolicyConfig, parse_config
from audit.data.image_files import ImageFiles
from audit.data.median import MedianScore
from audit.data.stored import is_above
from audit.data.survey import Survey
from audit.errors import RunFolderError
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.findings.join import with_findings
from audit.pipeline.case import Case, ask
from audit.pipeline.comparisons import compare_all
from audit.pipeline.facts import count_decisions, hash_rows, median_score
from audit.pipeline.follows import About, Told, by_what_they_are_about
from audit.pipeline.record import vouched
from audit.pipeline.review import review_again
from audit.policy.judge import judge
from audit.result import AuditResult, RuleVerdict
from audit.store.decisions import decision_schema, read_decisions
from audit.store.manifest import read_manifest
from audit.store.runfolder import RunFolder, fingerprint_of
from audit.store.signatures import Signed, check_signatures
from audit.text import cut

#: Two processors need not agree on the last digits of a resampled bound.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Verified:
    """What was held against the decision table.

    Attributes
    ----------
    values
        Parts with numbers that were computed again.
    wrong
        Those that differ, in words.
    own
        Metrics of the user's own, which are not run: code that a run folder names is not trusted.
    signed
        Signatures that hold.
    """

    values: int
    wrong: list[str]
    own: list[str]
    signed: list[Signed]


def verify(folder: RunFolder, allowed_signers: Path | None = None) -> Verified:
    """Hold every file against the manifest, numbers against the decision table, and verdicts against the numbers.

    Parameters
    ----------
    allowed_signers
        Keys that are trusted to sign, as `ssh-keygen` reads them.

    Raises
    ------
    RunFolderError
        If a file is not what the audit wrote, the result contradicts itself, or a signature does not hold or cannot be
        checked.
    """
    result = folder.read_result()
    signed = check_signatures(folder.path, allowed_signers)
    try:
        case, own = _case(result, folder)
        left_out = {EXPLAINED_RATE, *own}
        stored, again = (_parts(found, left_out) for found in (result, compare_all(case, folder, check=False)))
        wrong = [*_facts(result, case, folder), *_decided(case, folder), *_verdicts(result), *_told(result, folder)]
        wrong += _reviewed(result, folder)
    except RunFolderError:
        raise
    except Exception as error:
        # Whoever can write the hashes can write anything else too.
        raise RunFolderError(
            f"the numbers cannot be computed again: {type(error).__name__}: {error}",
            where=str(folder.path),
            hint="decisions and configuration in it do not belong together: run the audit again",
        ) from error
    for about in dict.fromkeys([*stored, *again]):
        kept, computed = stored.get(about), again.get(about)
        name = (kept or again[about]).name
        wrong += _difference(name, kept and kept.plain, computed and computed.plain)
    return Verified(len(again), wrong, sorted(own), signed)


def _case(result: AuditResult, folder: RunFolder) -> tuple[Case, set[str]]:
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
    survey.median = _median(config, folder)
    case = Case(
        config, survey, None, result.classes, result.positive_class, asked.scored, {}, schema,
        asked.slicings, question, [],
    )  # fmt: skip
    return case, own


def _median(config: AuditConfig, folder: RunFolder) -> float | None:
    """Find the median score of all decisions again, if that is the threshold."""
    median = MedianScore(config.data)
    if config.data.threshold == "median":
        for _ in median.over(read_decisions(folder.decisions, ["score", "count"])):
            pass
    return median.value()


def _parts(found: Any, left_out: set[str]) -> dict[About, Told]:
    """Collect what follows from the decisions, but for what is computed elsewhere."""
    parts = by_what_they_are_about(found)
    own = left_out - {EXPLAINED_RATE}
    return {
        about: part
        for about, part in parts.items()
        if part.plain.get("metric", part.plain.get("name")) not in left_out
        # How many comparisons were made, which they are corrected for, depends on all metrics.
        if not (own and about[0] in {"clear gap", "clear gaps"})
    }


def _facts(result: AuditResult, case: Case, folder: RunFolder) -> list[str]:
    """Hold what the result says of the data, the configuration and itself against the decisions and the manifest."""
    told = result.data.model_dump()
    again: dict[str, Any] = {
        name: [item.model_dump() for item in value] if name == "confusion" else value
        for name, value in count_decisions(folder).told(case.classes).items()
    }
    if not case.config.data.several:
        # Else the rows have to be read again, and the data need not be there.
        again["rows_sha256"] = hash_rows(case, folder)
    again["median_score"] = median_score(case)
    wrong = [_differs(f"data: {name}", told[name], value) for name, value in again.items()]
    wrong.append(_differs("config_sha256", result.config_sha256, fingerprint_of(result.config), "the configuration"))
    manifest = read_manifest(folder.path).model_extra or {}
    for name, value in vouched(result).items():
        wrong.append(_differs(f"manifest.json: {name}", manifest.get(name), value, "result.json", "it"))
    return [line for line in wrong if line]


def _decided(case: Case, folder: RunFolder) -> list[str]:
    """Cut stored scores again."""
    data = case.config.data
    if case.config.model is not None or data.outcome != "class" or data.columns.prediction is not None:
        return []
    wrong = 0
    for batch in read_decisions(folder.decisions, ["score", "y_pred"]):
        decided = pc.equal(batch["y_pred"], case.positive)
        wrong += pc.sum(pc.not_equal(is_above(batch["score"], data, case.survey.median), decided)).as_py() or 0
    return [f"decisions: {wrong:,} are not what their scores say at the threshold"] if wrong else []


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
        wrong += _difference(f"verdict on {_asked(after)}", _verdict(before), _verdict(after))
    for one, other in zip(told.waivers, again.waivers, strict=False):
        wrong += _difference(f"waiver of {other.rule}", one.model_dump(), other.model_dump())
    if len(told.waivers) != len(again.waivers):
        wrong.append(f"waivers: {len(told.waivers)} in result.json, {len(again.waivers)} by its policy")
    if told.policy_sha256 != again.policy_sha256:
        wrong.append("policy: its hash is not that of the policy in result.json")
    if told.status != again.status:
        wrong.append(f"verdict: {told.status} in result.json, {again.status} from its numbers")
    return wrong


def _told(result: AuditResult, folder: RunFolder) -> list[str]:
    """Join the findings again."""
    again = with_findings(result, folder.read_flagged()).findings
    line = _differs("findings", result.findings.model_dump(), again.model_dump(), "the rest of the result")
    return [line] if line else []


def _reviewed(result: AuditResult, folder: RunFolder) -> list[str]:
    """Work out again what follows from the answers of reviewers."""
    kept, again = review_again(folder, result)
    if kept is None or again is None:
        return []
    told, computed = kept.model_dump(), again.model_dump()
    lines = (
        _differs(f"review: {name}", value, computed[name], "the answers", "review.json") for name, value in told.items()
    )
    return [line for line in lines if line]


def _asked(rule: RuleVerdict) -> str:
    parts = (rule.rule, " × ".join(rule.attributes), rule.metric, rule.cls)
    return ", ".join(part for part in parts if part)


def _verdict(rule: RuleVerdict) -> dict[str, Any]:
    # What is advised is no verdict.
    return rule.model_copy(update={"needed": []}).model_dump()


def _difference(about: str, kept: dict[str, Any] | None, computed: dict[str, Any] | None) -> list[str]:
    if kept is None:
        return [f"{about}: not in result.json"]
    if computed is None:
        return [f"{about}: does not follow from the decisions"]
    lines = (_differs(f"{about}: {name}", value, computed[name]) for name, value in kept.items())
    # One number tells which part it is; the others of the same part follow from the same change.
    return [line for line in lines if line][:1]


def _differs(
    about: str, told: Any, again: Any, source: str = "the decisions", place: str = "result.json"
) -> str | None:
    """Say that a value is not what it should be; None where it is."""
    return None if _same(told, again) else f"{about} is {cut(str(told))} in {place}, {cut(str(again))} from {source}"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[name]) for name, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(a == b)

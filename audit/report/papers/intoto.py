"""`verdict.intoto.json`: the verdict as an in-toto statement with the predicate of test results, unsigned.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md. Rules are the tests. Names are made of
codes, so that a policy may ask for one of them by name whatever the language of the report.
"""

from __future__ import annotations

from typing import Any

from audit.errors import ConfigError
from audit.report.documents import Telling
from audit.report.junit import kind_of
from audit.report.papers.facts import Digest, digests, metric_code, to_json, unique
from audit.report.wording import group_name
from audit.result import AuditResult, Judgement, RuleVerdict

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
#: What JUnit calls a verdict -> the list of the statement that it stands in.
LISTS = {None: "passedTests", "skipped": "warnedTests", "failure": "failedTests", "error": "failedTests"}


def render_intoto(telling: Telling) -> str:
    """Render the statement.

    The subject is the model, or the data where predictions were stored and no model was run. The result is what the
    gate exits with: `FAILED` where it stops a pipeline, `WARNED` where it lets an undecided audit through.

    Raises
    ------
    ConfigError
        If the audit has no policy: nothing was tested.
    """
    judgement = telling.result.judgement
    if judgement is None:
        raise ConfigError(
            "the audit has no policy, so that there is no test result to state",
            where=str(telling.folder.path),
            hint="add `policy` to the configuration and run again",
        )
    known = {digest.code: digest for digest in digests(telling)}
    subject = known.get("model") or known["data"]
    asked = [known[code] for code in ("configuration", "policy", "data") if known[code] is not subject]
    return to_json(
        {
            "_type": STATEMENT,
            "subject": [_resource(subject, telling)],
            "predicateType": PREDICATE,
            "predicate": {
                "result": outcome(judgement),
                "configuration": [_resource(digest, telling) for digest in asked],
                **_tests(telling.result, judgement),
                "fairaudit": {
                    "tool": {"name": "fairaudit", "version": telling.result.tool_version},
                    "result": _resource(known["result"], telling),
                    "finished": telling.result.timings.finished,
                },
            },
        }
    )


def outcome(judgement: Judgement) -> str:
    """Say what the gate does: nothing undecided, and nothing that could not be evaluated, has passed."""
    if judgement.status == "pass":
        return "PASSED"
    undecided = judgement.status == "inconclusive" and judgement.on_inconclusive != "fail"
    return "WARNED" if undecided else "FAILED"


def _tests(result: AuditResult, judgement: Judgement) -> dict[str, list[str]]:
    tests: dict[str, list[str]] = {name: [] for name in ("passedTests", "warnedTests", "failedTests")}
    for rule in judgement.rules:
        if rule.counts:
            tests[LISTS[kind_of(rule, judgement)]].append(_name(result, rule))
    for waiver in judgement.waivers:
        if waiver.state == "expired":
            tests["failedTests"].append(f"waiver: {waiver.rule}")
        elif waiver.state == "unused":
            tests["warnedTests"].append(f"waiver: {waiver.rule}")
    return {name: unique(names) for name, names in tests.items()}


def _name(result: AuditResult, rule: RuleVerdict) -> str:
    parts = [metric_code(result, rule.metric, rule.cls), rule.kind, rule.aggregate]
    parts += [group_name(rule.attributes)] if rule.attributes else []
    parts += ["adjusted"] if rule.scope == "adjusted" else []
    return f"{rule.rule}: {', '.join(parts)}"


def _resource(digest: Digest, telling: Telling) -> dict[str, Any]:
    return {
        "name": digest.name,
        "digest": {"sha256": digest.sha256},
        "annotations": {"fairaudit": {"kind": digest.code, "over": telling.t(digest.over)}},
    }

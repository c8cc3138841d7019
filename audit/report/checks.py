"""The verdicts in the shape of two tools for data quality, for dashboards and steps that read their JSON.

`expectations.json` is a validation result of Great Expectations (1.x, `ExpectationSuiteValidationResult`): every rule
is an expectation. `evidently.json` is what a report of Evidently (0.7, `Snapshot.dict`) says: metrics and tests. Both
know fewer ways to end than a rule has: what is undecided fails there only where the policy fails it, and its own status
stands beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from audit.report.junit import kind_of
from audit.report.papers.facts import metric_code, pooled
from audit.report.verdicts import mark, sentence, titled, worst_first
from audit.report.wording import Catalogue
from audit.result import AuditResult, Judgement, RuleVerdict
from audit.text import visible

#: What JUnit calls a rule that does not pass -> what Evidently does.
_EVIDENTLY = {"failure": "FAIL", "error": "ERROR", "skipped": "WARNING", None: "SUCCESS"}


def render_expectations(result: AuditResult, t: Catalogue) -> str:
    """Render the judgement as a validation result; without a policy, of no expectation."""
    judgement = result.judgement
    rules = [rule for rule in worst_first(judgement.rules) if rule.counts] if judgement else []
    results = [_expectation(rule, judgement, t) for rule in rules] if judgement else []
    passed = sum(item["success"] for item in results)
    validation = {
        "success": passed == len(results),
        "results": results,
        "suite_name": result.title,
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100.0 * passed / len(results) if results else None,
        },
        "meta": {
            "fairaudit_version": result.tool_version,
            "verdict": judgement.status if judgement else None,
            "data": {"name": result.data.name, "sha256": result.data.sha256},
            "model": result.model.name if result.model else None,
        },
        "id": None,
    }
    return _json(validation)


def _expectation(rule: RuleVerdict, judgement: Judgement, t: Catalogue) -> dict[str, Any]:
    undefined = rule.status == "undefined"
    said = t("verdict.said", verdict=mark(rule, t), said=sentence(rule, t))
    meta = {"rule": rule.rule, "severity": rule.severity, "status": rule.status, "waived": rule.waived}
    return {
        "success": kind_of(rule, judgement) in {None, "skipped"},
        "expectation_config": {
            "type": f"expect_{_snake(rule.metric)}_{rule.aggregate}_to_be_{_direction(rule)}",
            "kwargs": _asked(rule),
            "meta": meta,
            "description": titled(rule, t),
        },
        "result": {
            "observed_value": rule.value,
            "details": {
                "said": said,
                "lower": rule.lower,
                "upper": rule.upper,
                "groups": [rule.low_group, rule.high_group],
            },
        },
        "meta": {},
        "exception_info": {
            "raised_exception": undefined,
            "exception_message": said if undefined else None,
            "exception_traceback": None,
        },
    }


def render_evidently(result: AuditResult, t: Catalogue) -> str:
    """Render metrics and verdicts as the dictionary of a report."""
    judgement = result.judgement
    metrics = [
        _metric(
            t.metric(item.metric),
            {
                "metric": metric_code(result, item.metric, item.cls),
                "attributes": item.attributes,
                "group": item.group,
            },
            item.value,
        )
        for item in pooled(result)
        if item.value is not None
    ]
    tests = [_test(rule, judgement, t) for rule in worst_first(judgement.rules) if rule.counts] if judgement else []
    return _json({"metrics": metrics, "tests": tests})


def _metric(name: str, config: dict[str, Any], value: float) -> dict[str, Any]:
    given = ",".join(f"{key}={item}" for key, item in config.items())
    return {"id": _id(config), "metric_name": f"{name}({given})", "config": config, "value": value}


def _test(rule: RuleVerdict, judgement: Judgement, t: Catalogue) -> dict[str, Any]:
    asked = _asked(rule)
    return {
        "id": _id({"rule": rule.rule, **asked}),
        "name": titled(rule, t),
        "description": t("verdict.said", verdict=mark(rule, t), said=sentence(rule, t)),
        "metric_config": {"metric_id": _id(asked), "params": asked},
        "test_config": {"rule": rule.rule, "severity": rule.severity, "status": rule.status, "waived": rule.waived},
        "status": _EVIDENTLY[kind_of(rule, judgement)],
    }


def _asked(rule: RuleVerdict) -> dict[str, Any]:
    """What a rule asks."""
    asked: dict[str, Any] = {"metric": rule.metric, "attributes": rule.attributes, "kind": rule.kind}
    if rule.cls is not None:
        asked["class"] = rule.cls
    return {**asked, "aggregate": rule.aggregate, "scope": rule.scope, _direction(rule): rule.limit}


def _direction(rule: RuleVerdict) -> str:
    """Say on which side of its limit a rule holds: ratios must be large, differences small."""
    return "at_least" if rule.aggregate == "ratio" else "at_most"


def _snake(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")


def _id(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


def _json(plain: Any) -> str:
    return json.dumps(_visible(plain), indent=2, ensure_ascii=False) + "\n"


def _visible(plain: Any) -> Any:
    """Every piece of text that reaches the file shows its control characters."""
    if isinstance(plain, dict):
        return {visible(key): _visible(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_visible(item) for item in plain]
    return visible(plain) if isinstance(plain, str) else plain

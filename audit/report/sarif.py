"""`audit.sarif`: verdicts that are no pass, at the line of the rule in the policy, and the worst flagged decisions, at
the data (SARIF 2.1.0).

Rule ids and fingerprints stay the same from run to run, so that a code-scanning service knows a finding again. Of a
decision, only its id, codes and numbers are told: neither its text nor whom it is about. Flags fail nothing by
themselves; rules on their rates do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import quote

from audit.report.stories import ToldFinding, told
from audit.report.verdicts import sentence, worst_first
from audit.report.wording import Catalogue, decimal, group_name
from audit.result import AuditResult, RuleVerdict, WaiverState
from audit.text import visible

#: Shown where the policy did not come from a file.
NO_FILE = "audit.yaml"
#: Flagged decisions that become findings, the worst first; services cut off at some thousand.
MOST_FLAGGED = 200
FLAG_LEVELS = {"high": "warning", "medium": "note", "low": "note"}


def render_sarif(result: AuditResult, t: Catalogue, flagged: Iterable[dict[str, Any]] = ()) -> str:
    """Render the judgement of a result, and flagged decisions.

    Parameters
    ----------
    flagged
        Lines of `flagged.jsonl`, worst first; the first `MOST_FLAGGED` are used.
    """
    judgement = result.judgement
    rules = worst_first(judgement.rules) if judgement else []
    counted = [rule for rule in rules if rule.counts]
    names = list(dict.fromkeys(rule.rule for rule in counted))
    ids = {name: rule_id(name) for name in names}
    waivers = judgement.waivers if judgement else []
    findings = [_finding(result, rule, ids, waivers, t) for rule in counted if rule.status != "pass"]
    names += [waiver.rule for waiver in waivers if waiver.state == "expired" and waiver.rule not in ids]
    findings += [_expired(result, waiver, t) for waiver in waivers if waiver.state == "expired"]
    stories = [told(finding, t, result.judgement, words=False) for finding in result.findings.items]
    findings += [_story(result, story, t) for story in stories]
    decisions = list(islice(flagged, MOST_FLAGGED))
    codes = list(dict.fromkeys(_code(row) for row in decisions))
    findings += [_decision(result, row, t) for row in decisions]
    described = [{"id": rule_id(name), "shortDescription": {"text": name}} for name in names]
    described += [
        {"id": f"finding/{kind}", "shortDescription": {"text": t(f"finding.kind.{kind}")}}
        for kind in dict.fromkeys(story.finding.kind for story in stories)
    ]
    described += [
        {
            "id": f"flag/{code}",
            "shortDescription": {"text": t(f"flags.name.{code}")},
            "fullDescription": {"text": t(f"flags.means.{code}")},
        }
        for code in codes
    ]
    driver = {"name": "fairaudit", "version": result.tool_version, "rules": described}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"fairaudit/{_slug(result.title)}/"},
        "properties": {"verdict": judgement.status if judgement else "not_judged"},
        "results": findings,
    }
    return json.dumps(_visible({"version": "2.1.0", "runs": [run]}), indent=2, ensure_ascii=False) + "\n"


def _visible(plain: Any) -> Any:
    """Every piece of text that reaches the file shows its control characters."""
    if isinstance(plain, dict):
        return {_visible(key): _visible(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_visible(item) for item in plain]
    return visible(plain) if isinstance(plain, str) else plain


def rule_id(name: str) -> str:
    """Make an id from a rule's name that stays the same."""
    return f"{_slug(name)}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-") or "audit"


def _finding(
    result: AuditResult, rule: RuleVerdict, ids: dict[str, str], waivers: list[WaiverState], t: Catalogue
) -> dict[str, Any]:
    level = "note"
    if rule.status == "fail":
        level = "error" if rule.severity == "error" else "warning"
    elif rule.severity == "error":
        level = "warning"
    key = [rule.rule, rule.kind, rule.metric, rule.cls, rule.attributes, rule.scope]
    found: dict[str, Any] = {
        "ruleId": ids[rule.rule],
        "level": level,
        "message": {"text": _text(t("verdict.said", verdict=t("verdict." + rule.status), said=sentence(rule, t)))},
        "locations": [_location(result, rule.rule)],
        "partialFingerprints": {"fairaudit/v1": hashlib.sha256(json.dumps(key).encode()).hexdigest()},
    }
    if rule.waived:
        reason = next(
            (w.reason for w in waivers if w.rule == rule.rule and (not w.over or w.over == rule.attributes)), ""
        )
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return found


def _story(result: AuditResult, story: ToldFinding, t: Catalogue) -> dict[str, Any]:
    """Tell one of the findings that matter most. What fails is told as an error by the rule that fails."""
    finding = story.finding
    steps = [t("next.said", step=step.text) for step in story.steps]
    rules = [rule for measure in finding.measures for rule in measure.rules]
    return {
        "ruleId": f"finding/{finding.kind}",
        "level": "note" if finding.severity == "note" else "warning",
        "message": {"text": _text(t.sentences(story.headline, *story.sentences, *steps))},
        "locations": [_location(result, rules[0] if rules else "")],
        "partialFingerprints": {"fairaudit/v1": finding.id},
        "properties": {"examples": [example.row_id for example in finding.examples]},
    }


def _expired(result: AuditResult, waiver: WaiverState, t: Catalogue) -> dict[str, Any]:
    return {
        "ruleId": rule_id(waiver.rule),
        "level": "error",
        "message": {"text": _text(f"{waiver.rule}: {t('gate.waiver.expired', expires=waiver.expires)}")},
        "locations": [_location(result, waiver.rule)],
        "partialFingerprints": {
            "fairaudit/v1": hashlib.sha256(json.dumps(["waiver", waiver.rule, waiver.over]).encode()).hexdigest()
        },
    }


def _code(row: dict[str, Any]) -> str:
    """Return the first code of a flagged decision, without its reason."""
    return str(row["codes"][0]).partition(":")[0]


def _decision(result: AuditResult, row: dict[str, Any], t: Catalogue) -> dict[str, Any]:
    said = [t("sarif.flag", rank=row["rank"], row=row["row_id"], example=row["example"], codes=", ".join(row["codes"]))]
    for exchange in row["evidence"].get("exchanges", [])[:1]:
        axis = exchange["axis"]
        groups = {end: t.among(axis, exchange[end]) for end in ("source", "target")}
        score, after = decimal(exchange["score"]), decimal(exchange["score_exchanged"])
        said.append(
            t("sarif.exchange", axis=t.axis(axis), **groups, decision=exchange["decision"], score=score, after=after)
        )
    if names := row["evidence"].get("names"):
        ends = {
            found: group_name(next(item["group"] for item in names if item["found"] is found))
            for found in (True, False)
        }
        said.append(t("sarif.names", found=ends[True], missed=ends[False]))
    return {
        "ruleId": f"flag/{_code(row)}",
        "level": FLAG_LEVELS[row["severity"]],
        "message": {"text": _text(t.sentences(*said))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(result.config["data"]["path"])}}}],
        "partialFingerprints": {
            "fairaudit/v1": hashlib.sha256(json.dumps(["flag", _code(row), row["row_id"]]).encode()).hexdigest()
        },
        "properties": {
            "decision": row["row_id"],
            "row": row["example"],
            "severity": row["severity"],
            "codes": row["codes"],
        },
    }


def _location(result: AuditResult, rule: str) -> dict[str, Any]:
    source = result.policy_source
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(source.file) if source else NO_FILE}}
    if source and rule in source.lines:
        place["region"] = {"startLine": source.lines[rule]}
    return {"physicalLocation": place}


def _text(text: str) -> str:
    """Keep brackets from being read as links."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")

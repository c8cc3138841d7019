"""`bom.cdx.json`: a CycloneDX 1.7 ML-BOM, whose model card holds the metrics of every group and what they mean.

https://cyclonedx.org/docs/1.7/json/. The serial number follows from the hash of `result.json`, so that the same audit
gives the same bill.
"""

from __future__ import annotations

import uuid
from typing import Any

from audit.report.beside import beside
from audit.report.documents import Telling
from audit.report.papers.facts import (
    Digest,
    digests,
    further,
    gap_sentence,
    limits_of,
    metric_code,
    model_name,
    plain_number,
    pooled,
    result_sha256,
    slice_name,
    to_json,
    untold_gaps,
    worse_off,
)
from audit.report.stories import told
from audit.report.verdicts import mark, sentence, worst_first
from audit.report.wording import count
from audit.result import AuditResult, ClearGap, Finding, MetricValue

#: Serial numbers are UUIDs of this name space.
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/fairaudit")
MODEL, DATA = "model", "data"
#: What a model reads, as CycloneDX calls it where it has a name for it.
INPUTS = {"input": "string"}


def render_cyclonedx(telling: Telling) -> str:
    """Render the bill: the model with its card, and the data that it was audited on."""
    result = telling.result
    known = {digest.code: digest for digest in digests(telling)}
    version = f"{result_sha256(telling)} {telling.t.language} {telling.audience}"
    tool = {"type": "application", "name": "fairaudit", "version": result.tool_version}
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, version)}",
        "version": 1,
        "metadata": {"timestamp": result.timings.finished, "tools": {"components": [tool]}},
        "components": [_model(telling, known), _data(telling, known[DATA])],
    }
    return to_json(bill)


def _model(telling: Telling, known: dict[str, Digest]) -> dict[str, Any]:
    result, t = telling.result, telling.t
    model: dict[str, Any] = {"type": "machine-learning-model", "bom-ref": MODEL, "name": model_name(result)}
    if result.model is not None and result.model.revision:
        model["version"] = result.model.revision
    if result.config["output"]["intended_use"]:
        model["description"] = result.config["output"]["intended_use"]
    if MODEL in known:
        model["hashes"] = _hashes(known[MODEL])
    model["externalReferences"] = [
        {
            "type": "quality-metrics",
            "url": known["result"].name,
            "comment": t(known["result"].over),
            "hashes": _hashes(known["result"]),
        }
    ]
    model["modelCard"] = {
        "modelParameters": _parameters(result),
        "quantitativeAnalysis": {"performanceMetrics": [*_metrics(result), *_further(telling)]},
        "considerations": _considerations(telling),
        "properties": _properties(telling, known),
    }
    return model


def _parameters(result: AuditResult) -> dict[str, Any]:
    found: dict[str, Any] = {"datasets": [{"ref": DATA}]}
    if result.model is not None:
        found |= {"task": result.model.task, "modelArchitecture": result.model.architecture}
    if result.data.read is not None:
        found["inputs"] = [{"format": INPUTS.get(result.data.read, result.data.read)}]
    found["outputs"] = [{"format": result.config["data"]["outcome"]}]
    return found


def _metrics(result: AuditResult) -> list[dict[str, Any]]:
    found = []
    for item in pooled(result):
        if item.value is None:
            continue
        metric: dict[str, Any] = {
            "type": metric_code(result, item.metric, item.cls),
            "value": plain_number(item.value),
        }
        if item.attributes:
            metric["slice"] = slice_name(item.attributes, item.group)
        if interval := _interval(item):
            metric["confidenceInterval"] = interval
        found.append(metric)
    return found


def _further(telling: Telling) -> list[dict[str, Any]]:
    """Return what was measured beside fairness, as metrics."""
    found = []
    for item in further(telling):
        metric: dict[str, Any] = {"type": item.code, "value": plain_number(item.value)}
        if item.attributes:
            metric["slice"] = slice_name(item.attributes, item.group)
        if item.lower is not None and item.upper is not None:
            metric["confidenceInterval"] = {
                "lowerBound": plain_number(item.lower),
                "upperBound": plain_number(item.upper),
            }
        found.append(metric)
    return found


def _interval(item: MetricValue) -> dict[str, str]:
    """Return bounds, if they carry their guarantee: there is no place to say that they do not."""
    if item.lower is None or item.upper is None or item.doubt is not None:
        return {}
    return {"lowerBound": plain_number(item.lower), "upperBound": plain_number(item.upper)}


def _considerations(telling: Telling) -> dict[str, Any]:
    result = telling.result
    found: dict[str, Any] = {"technicalLimitations": limits_of(telling)}
    if result.config["output"]["intended_use"]:
        found["useCases"] = [result.config["output"]["intended_use"]]
    if risks := _risks(telling):
        found["ethicalConsiderations"] = risks
    stories = [_story(finding, telling) for finding in result.findings.items if _has_groups(finding)]
    if assessments := [*stories, *(_assessment(gap, telling) for gap in untold_gaps(telling))]:
        found["fairnessAssessments"] = assessments
    return found


def _has_groups(finding: Finding) -> bool:
    return finding.kind == "gap" and bool(finding.measures and finding.low_group and finding.high_group)


def _story(finding: Finding, telling: Telling) -> dict[str, str]:
    """Tell a finding: who is worse off by it, its whole story, and what to do next."""
    t, story = telling.t, told(finding, telling.t)
    group = worse_off(telling, finding.measures[0].metric, finding.low_group or [], finding.high_group or [])
    assessment = {
        "groupAtRisk": slice_name(finding.attributes, group),
        "harms": t.sentences(story.headline, *story.sentences),
    }
    if story.steps:
        assessment["mitigationStrategy"] = t.sentences(*(step.text for step in story.steps))
    return assessment


def _assessment(gap: ClearGap, telling: Telling) -> dict[str, str]:
    group = worse_off(telling, gap.metric, gap.low_group, gap.high_group)
    return {"groupAtRisk": slice_name(gap.attributes, group), "harms": gap_sentence(gap, telling)}


def _risks(telling: Telling) -> list[dict[str, str]]:
    """Rules that did not pass, what was measured beside fairness, and findings that lie between no two groups."""
    t, judgement = telling.t, telling.result.judgement
    rules = [
        {"name": t.pair(rule.rule, t.pair(mark(rule, t), sentence(rule, t)))}
        for rule in (worst_first(judgement.rules) if judgement else [])
        if rule.counts and rule.status != "pass"
    ]
    others = [told(finding, t) for finding in telling.result.findings.items if not _has_groups(finding)]
    risks = [
        {
            "name": t.sentences(story.headline, *story.sentences),
            "mitigationStrategy": t.sentences(*(step.text for step in story.steps)),
        }
        for story in others
    ]
    said = [{"name": t.pair(item.name, item.text)} for item in beside(telling.result, t, telling.review)]
    return [*rules, *said, *({name: text for name, text in risk.items() if text} for risk in risks)]


def _properties(telling: Telling, known: dict[str, Digest]) -> list[dict[str, str]]:
    """Say what has no place of its own: the verdict, how digests are computed, and why values are missing."""
    result, t = telling.result, telling.t
    status = result.judgement.status if result.judgement else "not_judged"
    found = {"verdict": status, "level": plain_number(result.level), "audience": telling.audience}
    if result.positive_class is not None:
        found["positive_class"] = result.positive_class
    if result.model is None:
        found["model"] = t("scope.task.stored")
    found |= {f"sha256:{code}": digest.sha256 for code, digest in known.items()}
    found |= {f"sha256:{code}:over": t(digest.over) for code, digest in known.items()}
    pairs = list(found.items())
    for item in pooled(result):
        if item.value is None:
            where = slice_name(item.attributes, item.group)
            named = ", ".join(part for part in (metric_code(result, item.metric, item.cls), where) if part)
            pairs.append(("undefined", f"{named}: {t.note(item.note)}"))
    return [{"name": f"fairaudit:{name}", "value": value} for name, value in pairs]


def _data(telling: Telling, digest: Digest) -> dict[str, Any]:
    data, t = telling.result.data, telling.t
    counts = {"rows": data.rows, "decisions": data.decisions, "unlabelled": data.unlabelled}
    described: dict[str, Any] = {
        "type": "dataset",
        "name": digest.name,
        "description": t("paper.data", rows=count(data.rows), decisions=count(data.decisions)),
        "contents": {
            "properties": [{"name": f"fairaudit:{key}", "value": str(n)} for key, n in counts.items() if n is not None]
        },
        "sensitiveData": [item.attributes[0] for item in telling.result.slicings if len(item.attributes) == 1],
    }
    return {
        "type": "data",
        "bom-ref": DATA,
        "name": digest.name,
        "hashes": _hashes(digest),
        "data": [described],
    }


def _hashes(digest: Digest) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest.sha256}]

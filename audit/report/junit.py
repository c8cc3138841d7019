"""`junit.xml`: one test case per verdict. Failure, error and skipped are kept apart.

A rule of severity error that fails is a failure; one that could not be evaluated, or is undecided where the policy
fails that, is an error. Warnings, waived failures and undecided rules are skipped, with the reason.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from audit.report.verdicts import mark, sentence, titled, worst_first
from audit.report.wording import Catalogue
from audit.result import AuditResult, Judgement, RuleVerdict
from audit.text import visible

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(result: AuditResult, t: Catalogue) -> str:
    """Render the judgement of a result; without a policy, no test case."""
    judgement = result.judgement
    cases = [_case(rule, judgement, t) for rule in worst_first(judgement.rules)] if judgement else []
    if judgement:
        cases += [_waiver(waiver.rule, waiver.state, waiver.expires, t) for waiver in judgement.waivers]
    suite = ET.Element("testsuite", name=result.title, tests=str(len(cases)), time="0")
    for kind in ("failure", "error", "skipped"):
        plural = {"failure": "failures", "error": "errors"}.get(kind, kind)
        suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    suite.extend(cases)
    root = ET.Element("testsuites")
    root.append(suite)
    for element in root.iter():
        element.attrib = {name: _clean(value) for name, value in element.attrib.items()}
        element.text = element.text and _clean(element.text)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(rule: RuleVerdict, judgement: Judgement, t: Catalogue) -> ET.Element:
    case = ET.Element("testcase", classname=rule.rule, name=titled(rule, t), time="0")
    message = t("verdict.said", verdict=mark(rule, t), said=sentence(rule, t))
    kind = kind_of(rule, judgement)
    if kind is not None:
        ET.SubElement(case, kind, message=message)
    else:
        ET.SubElement(case, "system-out").text = message
    return case


def kind_of(rule: RuleVerdict, judgement: Judgement) -> str | None:
    """Say what a test that ends like this is called: `failure`, `error`, `skipped`, or None of one that passes."""
    if rule.status == "pass":
        return None
    if rule.waived or not rule.counts or rule.severity == "warn":
        return "skipped"
    if rule.status == "fail":
        return "failure"
    if rule.status == "undefined" or judgement.on_inconclusive == "fail":
        return "error"
    return "skipped"


def _waiver(rule: str, state: str, expires: str, t: Catalogue) -> ET.Element:
    case = ET.Element("testcase", classname=rule, name=t("gate.waiver"), time="0")
    message = t(f"gate.waiver.{state}", expires=expires)
    if state == "expired":
        ET.SubElement(case, "failure", message=message)
    elif state == "unused":
        ET.SubElement(case, "skipped", message=message)
    else:
        ET.SubElement(case, "system-out").text = message
    return case


def _clean(text: str) -> str:
    """Every piece of text that reaches the file shows its control characters, and holds what XML may hold."""
    return _NOT_XML.sub("", visible(text))

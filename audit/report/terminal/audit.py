"""What a terminal says of an audit: the verdict first, then what was found, then rules, the worst first."""

from __future__ import annotations

from collections import Counter

from audit.report.beside import beside
from audit.report.lines import columns
from audit.report.stories import told
from audit.report.terminal.page import INDENT, Line, Page, Style
from audit.report.verdicts import exception, hidden_failures, sentence, settled, titled, why, worst_first
from audit.report.wording import Catalogue, count
from audit.result import AuditResult, Judgement
from audit.result.review import Review

STYLES: dict[str, Style] = {"fail": "fail", "undefined": "open", "inconclusive": "open", "pass": "pass"}


def tell_audit(result: AuditResult, t: Catalogue, width: int, review: Review | None = None) -> list[Line]:
    """Tell a whole audit."""
    page = Page(width)
    _verdict(page, result, t)
    _findings(page, result, t)
    if result.judgement is not None:
        _rules(page, result.judgement, t)
        _waivers(page, result.judgement, t)
    _beside(page, result, t, review)
    _rest(page, result, t)
    return page.lines


def tell_judgement(result: AuditResult, t: Catalogue, width: int) -> list[Line]:
    """Tell how an audit was judged, every rule with its sentence."""
    page = Page(width)
    _verdict(page, result, t)
    if result.judgement is not None:
        _rules(page, result.judgement, t, every=True)
        _waivers(page, result.judgement, t)
    return page.lines


def _verdict(page: Page, result: AuditResult, t: Catalogue) -> None:
    status = result.judgement.status if result.judgement else None
    verdict = t("banner.not_judged" if status is None else f"verdict.{status}")
    style: Style = STYLES[status] if status else "strong"
    page.text(t("terminal.verdict", verdict=verdict, why=why(result.judgement, t)), style)
    labels = len(result.classes) - (result.data.nothing is not None)
    decisions = t("markdown.decisions", n=count(result.data.decisions), rows=count(result.data.rows), labels=labels)
    page.text(
        t(
            "terminal.audited",
            title=t("markdown.title", title=result.title),
            model=result.model.name if result.model else t("banner.no_model"),
            data=result.data.name,
            decisions=decisions,
        )
    )


def _findings(page: Page, result: AuditResult, t: Catalogue) -> None:
    if result.findings.items:
        page.heading(t("finding.title"))
    for number, item in enumerate(result.findings.items, 1):
        finding = told(item, t, result.judgement, words=False)
        page.item(finding.headline, f"{number}.")
        indent = INDENT + 3
        for said in finding.sentences:
            page.text(said, indent=indent)
        for step in finding.steps:
            page.text(t("next.said", step=step.text), "strong", indent=indent)
            page.text(t("next.evidence", places=t.listed(step.evidence)), "dim", indent=indent)
    if hidden := hidden_failures(result.judgement, t):
        page.text(hidden)
    found = result.clear_gaps
    page.blank()
    page.text(
        t("banner.gaps", n=len(found.items), gaps=found.gaps) if found.items else t("banner.no_gaps", gaps=found.gaps)
    )


def _rules(page: Page, judgement: Judgement, t: Catalogue, *, every: bool = False) -> None:
    """Tell rules worst first. What a rule that passes asks says enough, unless every sentence is wanted."""
    counted = [rule for rule in judgement.rules if rule.counts]
    numbers = Counter(rule.status for rule in counted)
    undecided = numbers["inconclusive"] + numbers["undefined"]
    page.heading(t("terminal.rules", failed=numbers["fail"], undecided=undecided, passed=numbers["pass"]))
    shown = worst_first(judgement.rules if every else counted)
    column = max((columns(t(f"verdict.{rule.status}")) for rule in shown), default=0)
    for rule in shown:
        warned = rule.status == "fail" and rule.severity == "warn"
        style: Style = "dim" if not rule.counts else "warn" if warned else STYLES[rule.status]
        name, why = titled(rule, t), exception(rule, t)
        page.entry(t(f"verdict.{rule.status}"), style, column, t.aside(name, why) if why else name)
        if every or rule.status != "pass":
            said = [sentence(rule, t), *(settled(rule, t) if rule.is_open else [])]
            page.text(t.sentences(*said), indent=page.beside(column))
            page.text(t("terminal.rule", rule=rule.rule), "dim", indent=page.beside(column))


def _waivers(page: Page, judgement: Judgement, t: Catalogue) -> None:
    if judgement.waivers:
        page.heading(t("gate.waivers"))
    for waiver in judgement.waivers:
        page.item(t.pair(waiver.rule, t(f"gate.waiver.{waiver.state}", expires=waiver.expires)))


def _beside(page: Page, result: AuditResult, t: Catalogue, review: Review | None) -> None:
    """Tell in a line each what was measured beside fairness."""
    told = beside(result, t, review)
    if told:
        page.heading(t("beside.title"))
    for said in told:
        page.item(t.pair(said.name, said.text))


def _rest(page: Page, result: AuditResult, t: Catalogue) -> None:
    """Tell what else is not settled, and what to look at."""
    page.blank()
    if result.judgement is None:
        page.text(t("summary.points_only"))
    if result.clear_gaps.doubted:
        page.text(t("summary.doubted", n=count(result.clear_gaps.doubted)))
    if result.flags.decisions:
        page.text(t("flags.lead", n=count(result.flags.decisions)))

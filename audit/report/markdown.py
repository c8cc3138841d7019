"""`summary.md`: what a CI step summary has room for. No text of the audited data."""

from __future__ import annotations

from audit.report.wording import Catalogue, count, decimal, group_name, percent, points, visible
from audit.result import AuditResult, Judgement

MOST_FINDINGS = 12


def render_markdown(result: AuditResult, t: Catalogue) -> str:
    """Render the banner and the summary."""
    found = result.findings
    lines = [f"# {_safe(t('markdown.title', title=result.title))}", ""]
    if result.judgement is None:
        lines += [f"**{t('banner.not_judged')}.** {t('banner.not_judged.why')}", ""]
    else:
        lines += render_judgement(result.judgement, t)
    if found.items:
        lines += [f"{t('banner.gaps', n=len(found.items), gaps=found.gaps)}.", ""]
        lines += ["| | | | |", "|---|---|---|---|"]
        for item in found.items[:MOST_FINDINGS]:
            metric = t.metric(item.metric) + (
                f" {t('summary.of_class', **{'class': item.cls})}" if len(result.classes) > 2 and item.cls else ""
            )
            low = f"{group_name(item.low_group)} {percent(item.low_value)} (n {count(item.low_n)})"
            high = f"{group_name(item.high_group)} {percent(item.high_value)} (n {count(item.high_n)})"
            apart = t("summary.difference", points=points(item.difference))
            lines.append(
                "| "
                + " | ".join(_safe(cell) for cell in (f"{group_name(item.attributes)}: {metric}", low, high, apart))
                + " |"
            )
        if len(found.items) > MOST_FINDINGS:
            lines += ["", t("summary.more", n=len(found.items) - MOST_FINDINGS)]
    else:
        lines.append(
            t("summary.none", comparisons=count(found.comparisons), gaps=found.gaps, level=percent(found.level, 0))
        )
    lines += ["", t("markdown.decisions", n=count(result.data.decisions)) + ". " + t("markdown.more"), ""]
    return "\n".join(lines)


def render_judgement(judgement: Judgement, t: Catalogue) -> list[str]:
    """Render the verdict and a line for every rule, worst first."""
    order = ["fail", "undefined", "inconclusive", "pass"]
    lines = [f"**{t('verdict.' + judgement.status)}.** {t('verdict.why.' + judgement.status)}", ""]
    head = [t(f"gate.{name}") for name in ("verdict", "rule", "over", "value", "bounds", "between")]
    lines += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for rule in sorted(judgement.rules, key=lambda rule: (rule.severity, order.index(rule.status))):
        between = (
            f"{group_name(rule.low_group)}, {group_name(rule.high_group)}"
            if rule.low_group and rule.high_group
            else "–"
        )
        metric = t.metric(rule.metric) + (f" · {rule.cls}" if rule.cls else "")
        severity = "" if rule.severity == "error" else f" ({t('gate.warn')})"
        cells = [t("verdict." + rule.status) + severity, f"{rule.rule}: {metric}", group_name(rule.attributes)]
        cells += [decimal(rule.value), f"{decimal(rule.lower)} … {decimal(rule.upper)}", between]
        lines.append("| " + " | ".join(_safe(cell) for cell in cells) + " |")
    return [*lines, ""]


def _safe(text: str) -> str:
    """Keep group names from being read as Markdown or HTML."""
    text = visible(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    for mark in "`*_[]|#!":
        text = text.replace(mark, "\\" + mark)
    return text

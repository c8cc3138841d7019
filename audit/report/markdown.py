"""`summary.md`: what a CI step summary has room for. No text of the audited data."""

from __future__ import annotations

from audit.report.wording import Catalogue, count, group_name, percent, points, visible
from audit.result import AuditResult

MOST_FINDINGS = 12


def render_markdown(result: AuditResult, t: Catalogue) -> str:
    """Render the banner and the summary."""
    found = result.findings
    lines = [f"# {_safe(t('markdown.title', title=result.title))}", ""]
    lines += [f"**{t('banner.not_judged')}.** {t('banner.not_judged.why')}", ""]
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


def _safe(text: str) -> str:
    """Keep group names from being read as Markdown or HTML."""
    text = visible(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    for mark in "`*_[]|#!":
        text = text.replace(mark, "\\" + mark)
    return text

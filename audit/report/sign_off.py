"""Who answers for the audit, for readers of Markdown."""

from __future__ import annotations

from collections.abc import Callable

from audit.report.wording import Catalogue
from audit.result import AuditResult

#: Where a name or a day is missing, it can be written by hand.
BY_HAND = "\\_\\_\\_\\_\\_\\_\\_\\_"


def sign_off_lines(result: AuditResult, t: Catalogue, safe: Callable[[str], str]) -> list[str]:
    """Render roles, names, days and statements, and the route of appeal; nothing where none are given.

    Parameters
    ----------
    safe
        Makes text mean nothing to Markdown.
    """
    people, appeal = result.config["sign_off"], result.config["appeal_route"]
    lines = []
    if people:
        names = [t("sign_off.role"), t("sign_off.name"), t("sign_off.statement"), t("sign_off.date")]
        lines += [f"## {t('section.sign_off')}", "", f"| {' | '.join(names)} |", "|---|---|---|---|"]
        for person in people:
            given = (person["role"], person["name"], person["statement"] or "–", person["date"])
            lines.append("| " + " | ".join(safe(cell) if cell else BY_HAND for cell in given) + " |")
        lines.append("")
    if appeal:
        lines += [f"**{t('sign_off.appeal')}**: {safe(appeal)}", ""]
    return lines

"""What was measured beside fairness, in a line each: the same for the page, the terminal, Markdown and the papers.

Dimensions of risk, data, privacy, changes that should not matter, people, remedies, review. What was not asked for has
no line.
"""

from __future__ import annotations

from typing import NamedTuple

from audit.report import data_looks
from audit.report.beside import people, privacy, probes, remedies, scorecard
from audit.report.review import conclusion
from audit.report.wording import Catalogue
from audit.result import AuditResult
from audit.result.review import Review


class Said(NamedTuple):
    """What one part of an audit comes to.

    Attributes
    ----------
    section
        Code of the section that tells all of it.
    """

    section: str
    name: str
    text: str


def beside(result: AuditResult, t: Catalogue, review: Review | None = None) -> list[Said]:
    """Say what every part came to that was asked for, in the order of the page.

    Parameters
    ----------
    review
        What people said of its decisions, which lies beside the result.
    """
    told: list[tuple[str, str, str | None]] = []
    if result.scorecard is not None:
        told.append(("scorecard", t("section.scorecard"), scorecard.ranges(result.scorecard, t)))
    if result.data_audit is not None:
        told.append(("data_audit", t("section.data_audit"), data_looks.conclusion(result.data_audit, t)))
    told.append(("privacy", t("section.privacy"), privacy.conclusion(result.membership, result.leakage, t)))
    told += [("probes", t.probe(found.probe), probes.says(found, t)) for found in result.probes]
    if result.social_impact is not None:
        told.append(("social_impact", t("section.social_impact"), people.conclusion(result.social_impact, t)))
    if result.remedies is not None:
        told.append(("remedies", t("section.remedies"), remedies.conclusion(result.remedies, t)))
    if review is not None:
        told.append(("review", t("section.review"), conclusion(review, t)))
    return [Said(section, name, text) for section, name, text in told if text]

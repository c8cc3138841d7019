"""Section 2: the findings, worst first: each tells its story from who against whom to what to do next."""

from __future__ import annotations

from typing import Any

from audit.report.heads import head
from audit.report.sections import Section, comparison
from audit.report.sections.explanations import decision_anchor
from audit.report.sections.flags import anchor
from audit.report.stories import ToldFinding, told
from audit.report.verdicts import hidden_failures
from audit.report.view import View
from audit.report.wording import count, group_name, number, percent
from audit.result import Finding, FindingExample

ICONS = {"error": ("fail", "✕"), "warn": ("inconclusive", "▲"), "note": ("none", "○")}


def build(view: View) -> dict[str, Any]:
    """Put every finding on a card."""
    found = view.result.findings
    return {
        "cards": [_card(view, finding, told(finding, view.t, view.result.judgement)) for finding in found.items],
        "left_out": found.left_out,
        "hidden": hidden_failures(view.result.judgement, view.t),
        "change": comparison.conclude(view),
    }


def _card(view: View, finding: Finding, story: ToldFinding) -> dict[str, Any]:
    mark, icon = ICONS[finding.severity]
    # What is undecided is no failure, however severe the rules are that decide nothing.
    if finding.kind == "undecided":
        mark, icon = "inconclusive", "◐"
    return {
        "told": story,
        "anchor": f"finding-{finding.id}",
        "mark": mark,
        "icon": icon,
        "named": view.t("card.undecided" if finding.kind == "undecided" else f"card.{finding.severity}"),
        "about": group_name(finding.attributes),
        "versus": _versus(view, finding),
        "examples": [_example(view, example) for example in finding.examples],
    }


def _versus(view: View, finding: Finding) -> dict[str, Any] | None:
    """Draw the two values of the first measure, where there are two groups."""
    if finding.kind != "gap" or not finding.measures:
        return None
    first = finding.measures[0]
    if first.low_value is None or first.high_value is None:
        return None
    share = first.unit == "share"
    value = percent if share else number
    longest = 1.0 if share else max(abs(first.low_value), abs(first.high_value)) or 1.0
    sides = ((first.low_group, first.low_value, first.low_n), (first.high_group, first.high_value, first.high_n))
    return {
        "metric": first.metric,
        "cls": first.cls,
        "sides": [
            {
                "group": group_name(group or []),
                "value": value(found),
                "width": min(abs(found) / longest, 1.0),
                "n": None if n is None else count(n),
            }
            for group, found, n in sides
        ],
        "amount": (view.t.points if share else number)(first.difference),
        "at_least": None if first.at_least is None else (view.t.points if share else number)(first.at_least),
    }


def _example(view: View, example: FindingExample) -> dict[str, Any]:
    """Link a decision to where the page tells all about it, and draw it where its input may be shown."""
    row = example.row_id
    shown = view.lookup([row])
    explained = view.result.explanations.shown if view.result.explanations else []
    link = anchor(row) if row in view.result.flags.shown else decision_anchor(row) if row in explained else None
    codes = list(dict.fromkeys(code.split(":")[0] for code in example.codes))
    return {
        "row_id": row,
        "link": link,
        "severity": example.severity,
        "names": [view.t(f"flags.name.{code}") for code in codes],
        "head": head(shown[0].decision, view.t) if shown else None,
        "drawing": view.draw(row, shown[0].explanation) if shown else None,
    }


SECTION = Section("summary", 20, build, folded=False)

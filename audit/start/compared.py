"""Whose groups are compared, and what else might be asked."""

from __future__ import annotations

import json
from typing import Any

from audit.start.draft import Draft
from audit.start.question import holds
from audit.start.roles import MOST_GROUPS, Columns, attributes_of, edges_of, is_category, is_grouped, is_sensitive


def compare(draft: Draft, columns: Columns) -> None:
    """Say whose groups are compared."""
    if draft.keys["data"].get("outcome") == "entities" and not columns.said.attributes:
        found = [column for column in columns.free if is_sensitive(column) and is_category(column, MOST_GROUPS)]
        if not found:
            why = "attributes: no column tells groups, so entities are compared by their own type. See docs/models.md."
            draft.put("attributes", [{"entity": "type"}], why)
            return
    chosen = attributes_of(columns)
    entries: list[Any] = []
    for number, one in enumerate(chosen):
        columns.taken[one.name] = "attribute"
        if is_grouped(one.column):
            entries.append(one.name)
            draft.why[f"attributes.{number}"] = one.why
        else:
            bins = [int(edge) if float(edge).is_integer() else edge for edge in edges_of(one.column)]
            entries.append({"column": one.name, "bins": bins})
            told = "The edges are near the thirds of the rows; put those there that your rules name."
            draft.why[f"attributes.{number}"] = f"{one.why} {told}"
    draft.put("attributes", entries, "attributes: whose groups are compared.")


def suggest(draft: Draft, columns: Columns) -> None:
    """Say what might be added, and what was left out."""
    attributes = [
        entry if isinstance(entry, str) else entry.get("column", "") for entry in draft.keys.get("attributes", [])
    ]
    aside = []
    if len(attributes) > 1:
        aside += ["Compare crossed groups too:", f"crossings: [[{', '.join(map(json.dumps, attributes[:2]))}]]", ""]
    left = [column for column in columns.free if is_category(column)]
    sensitive = [column for column in columns.free if is_sensitive(column)]
    if sensitive:
        named = "; ".join(f"{column.name} ({holds(column)})" for column in sensitive[:6])
        aside += [f"These speak of groups of people as well, and are left out: {named}", ""]
    if left:
        names = [column.name for column in left if column not in sensitive][:8]
        if names:
            aside += [
                "Hold fixed what is a legitimate reason for a difference, one of these if it is one:",
                f"controls: [{', '.join(map(json.dumps, names))}]",
                "",
            ]
    if "model" in draft.keys and "exchange" not in draft.keys and "image" not in draft.keys["data"]["columns"]:
        aside += ["Exchange identity terms, and see what the model says then:", "exchange: {}", ""]
    if "model" in draft.keys:
        aside += ["Whom do slips, synonyms and the like throw off the right decision?", "probes: {}", ""]
    aside += ["Look at the data themselves, and sum up five dimensions of risk:", "data_audit: {}", "scorecard: {}", ""]
    is_class = draft.keys["data"].get("outcome", "class") == "class"
    if is_class:
        aside += ["Numbers of people, if so many are decided about in a year, and what might narrow the gaps:"]
        aside += ["deployment: {decisions_per_year: 10000}", "remedies: {}", ""]
    metric = "selection_rate" if is_class else "true_positive_rate"
    aside += [
        "Rules that `audit gate` holds the result to; the limit is yours to set:",
        f"policy: {{rules: [{{metric: {metric}, limit: 0.1}}]}}",
    ]
    draft.aside = aside

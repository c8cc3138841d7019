"""Metrics and terms with formula and source, from the registry and the glossary of the report."""

from __future__ import annotations

from audit.fairness.metrics.needs import Listed, listed
from audit.report.glossary import METRIC, Glossary
from audit.report.wording import Catalogue
from documentation.reference.markdown import cell, code, table
from documentation.reference.markdown import page as page_of

LEAD = """`audit metrics` prints this list, `audit metrics NAME` one of it. Name a metric under `metrics` to have it
computed, or in a [rule of the policy](../configuration.md#policy) to be held to it. What stands under *by default* is
computed where `metrics` is left out. [Statistics](../statistics.md#intervals) says how a gap of each is bounded."""


def page() -> str:
    """Write the page of metrics."""
    t = Catalogue("en")
    words = Glossary(t)
    found = listed()
    overview = table(
        ["metric", "what it says"],
        ([f"[`{metric.name}`](#{metric.name.replace(':', '')})", _sentence(metric, words)] for metric in found),
    )
    return page_of("Metrics", LEAD, overview, *(_section(metric, words, t) for metric in found))


def glossary() -> str:
    """Write the page of all other terms that a report uses."""
    words = Glossary(Catalogue("en"))
    entries = [entry for code_, entry in words.items() if not code_.startswith(METRIC)]
    rows = [
        [f"**{cell(entry.term)}**", cell(entry.sentence), cell(entry.formula or ""), cell(entry.source or "")]
        for entry in sorted(entries, key=lambda entry: entry.term.casefold())
    ]
    return page_of(
        "Glossary",
        "Words that a report uses, as it explains them. [Metrics](metrics.md) stand on a page of their own.",
        table(["term", "meaning", "formula", "source"], rows),
    )


def _sentence(metric: Listed, words: Glossary) -> str:
    entry = words.metric(metric.name)
    return cell(entry.sentence) if entry else ""


def _section(metric: Listed, words: Glossary, t: Catalogue) -> str:
    entry = words.metric(metric.name)
    kinds = {
        title: t.listed(t(f"metrics.outcome.{outcome}") for outcome in outcomes)
        for title, outcomes in (("for", metric.outcomes), ("by default", metric.default))
        if outcomes
    }
    rows = [
        ["formula", cell(entry.formula) if entry and entry.formula else ""],
        ["source", cell(entry.source) if entry and entry.source else ""],
        ["needs", cell(t.listed(t(f"metrics.need.{need}") for need in metric.needs)) or "nothing but decisions"],
        ["judged through", ", ".join(code(part) for part in metric.parts)],
        *([title, cell(told)] for title, told in kinds.items()),
        ["where", "rules of a policy alone" if metric.rules_only else ""],
    ]
    told = [f"## {metric.name}", f"**{entry.term}.** {entry.sentence}" if entry else ""]
    return "\n\n".join([*filter(None, told), table(["", ""], [row for row in rows if row[1]])])

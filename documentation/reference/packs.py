"""Compliance packs: which there are, and what each asks of people."""

from __future__ import annotations

from audit.frameworks.loading import all_packs
from audit.frameworks.pack import Pack
from documentation.reference.markdown import cell, code, table
from documentation.reference.markdown import page as page_of

LEAD = """Laws, rules and standards that a report can be held against, clause by clause: `audit frameworks` lists
them, `audit frameworks ID` prints one. [Compliance packs](../frameworks.md) says what evidence codes and statuses
mean. What a clause asks stands here in our own words; this is no legal advice."""


def page() -> str:
    """Write the page, one table of clauses for each pack."""
    return page_of("Compliance packs, clause by clause", LEAD, *map(_section, all_packs().values()))


def _section(pack: Pack) -> str:
    rows = [
        [
            cell(clause.clause),
            cell(clause.title["en"]),
            ", ".join(map(code, clause.evidence)),
            ", ".join(map(code, clause.fields)),
        ]
        for clause in pack.clauses
    ]
    facts = [f"{pack.title['en']}. Status: {pack.status.replace('_', ' ')}", f"last reviewed: {pack.last_reviewed}"]
    clauses = table(["clause", "asks", "evidence", "your words"], rows)
    return f"## {pack.id}\n\n{cell('; '.join(facts))}.\n\n{clauses}"

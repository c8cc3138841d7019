"""Codes that stand in results, and the words that reports give them."""

from __future__ import annotations

import json
from importlib.resources import files

from documentation.reference.markdown import cell, code, table
from documentation.reference.markdown import page as page_of

LEAD = """`result.json` and `flagged.jsonl` hold codes with parameters; reports put them into words. Names in braces are
parameters, which stand beside the code. Words may change with every version; codes belong to the schema. A code with
`@` is the form for entities, labels, pictures (`@image`) or features; the code in the result has none."""

#: Beginning of a code in the catalogue -> title, and where such codes stand in results.
FAMILIES = {
    "note.": (
        "Notes",
        "`notes[].code` of the result: what a reader should know about how the data and model were read.",
    ),
    "undefined.": ("Why a value is missing", "`note` beside a value that is null."),
    "doubt.": ("Why bounds carry no guarantee", "`doubt` of a value: a rule over it stays inconclusive."),
    "outcome.reason.": (
        "Why a decision is not explained",
        "`reason` of an explanation, and `unexplained:REASON` of a flag.",
    ),
    "flags.means.": ("Flags", "`codes` of a flagged decision."),
    "finding.kind.": ("Findings", "`findings.items[].kind`."),
    "next.": ("Next steps", "`next_steps[].code` of a finding."),
    "verdict.": ("Verdicts", "`status` of a rule, and of all rules together."),
}


def page() -> str:
    """Write the page, one table for each family of codes."""
    words = json.loads((files("audit.report.messages") / "en.json").read_text(encoding="utf-8"))
    sections = []
    for beginning, (title, where) in FAMILIES.items():
        rows = [
            [code(key.removeprefix(beginning)), cell(text)]
            for key, text in sorted(words.items())
            if key.startswith(beginning)
        ]
        sections.append(f"## {title}\n\n{where}\n\n{table(['code', 'words'], rows)}")
    return page_of("Message codes", LEAD, *sections)

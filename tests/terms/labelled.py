"""The labelled edits, and how exchanges fare on them.

`labelled_edits.tsv` marks the right answer in place: "I told {her>him} so" becomes "I told him so"; a text without a
mark names nobody, and no edit of it is right. `tuning` was read while rules were made; `held` (two fifths, chosen by
hash) was read once they stood, and mended after; `fresh` was written after that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from audit.probes.exchange import exchanges
from audit.terms.lexicon import Lexicon

MARK = re.compile(r"\{([^>{}]*)>([^{}]*)\}")


@dataclass(frozen=True)
class Labelled:
    """A text and what it becomes; `right` is None where no edit is."""

    part: str
    kind: str
    exchange: str
    text: str
    right: str | None


def read_labelled() -> list[Labelled]:
    lines = (Path(__file__).parent / "labelled_edits.tsv").read_text(encoding="utf-8").splitlines()[1:]
    out = []
    for line in lines:
        part, kind, _, exchange, marked = line.split("\t")
        right = MARK.sub(r"\2", marked) if MARK.search(marked) else None
        out.append(Labelled(part, kind, exchange, MARK.sub(r"\1", marked), right))
    return out


def outcome(lexicons: list[Lexicon], case: Labelled) -> str:
    """`right`, `wrong`, or `open` (both readings) for what was made; `refused`; `left` where no edit is right."""
    axis, _, pair = case.exchange.partition(":")
    found = [
        one
        for one in exchanges(lexicons, case.text)
        if one.axis == axis and (not pair or set(pair.split(">")) == {one.source, one.target})
    ]
    versions = [version.text for one in found for version in one.versions]
    if not versions:
        return "left" if case.right is None else "refused"
    if case.right not in versions:
        return "wrong"
    return "right" if len(versions) == 1 else "open"


def outcomes(lexicons: list[Lexicon]) -> pd.DataFrame:
    """Count outcomes by part and class, with precision (of the edits made) and the share refused (of those right)."""
    cases = read_labelled()
    table = pd.DataFrame(
        {
            "part": [case.part for case in cases],
            "class": [case.kind for case in cases],
            "outcome": [outcome(lexicons, case) for case in cases],
        }
    )
    counts = pd.crosstab([table["class"], table["part"]], table["outcome"])
    counts = counts.reindex(columns=["right", "open", "wrong", "refused", "left"], fill_value=0)
    made = counts["right"] + counts["open"] + counts["wrong"]
    counts["precision"] = 1 - counts["wrong"] / made.where(made > 0)
    asked = counts["right"] + counts["open"] + counts["refused"]
    counts["refused_share"] = counts["refused"] / asked.where(asked > 0)
    return counts


def markdown(counts: pd.DataFrame) -> list[str]:
    """Write the table of docs/counterfactuals.md: classes over all parts, then parts over all classes."""
    names = ["right", "open", "wrong", "refused", "left"]
    lines = [
        "| | right | both readings | wrong | refused | rightly left | precision | refused share |",
        "|---|" + "---|" * 7,
    ]
    for level in ("class", "part"):
        for name, row in counts[names].groupby(level=level, sort=True).sum().iterrows():
            made = row["right"] + row["open"] + row["wrong"]
            asked = row["right"] + row["open"] + row["refused"]
            precision = f"{1 - row['wrong'] / made:.3f}" if made else "–"
            refused = f"{row['refused'] / asked:.3f}" if asked else "–"
            lines.append(f"| {name} | {' | '.join(str(row[key]) for key in names)} | {precision} | {refused} |")
    return lines


if __name__ == "__main__":
    from audit.terms.loading import load_lexicons

    print("\n".join(markdown(outcomes(load_lexicons(["en", "zh"])))))

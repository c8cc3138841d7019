"""The mark at the end of a text dropped or doubled; blanks between words doubled or made unbreakable.

Refused: a question without its mark is a statement (`question`); an ellipsis, or marks that make one, is hesitation or
irony (`ellipsis`); a full stop may belong to an abbreviation (`abbreviation`). Commas stay: they part what belongs
together. Blanks of a list of words are not part of what the model reads (`words`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.exchange import Edit
from audit.probes.robustness.text import ALL_SHARES, Left, TextTransform
from audit.probes.robustness.transform import Draw

#: A blank before it is French, or that of words cut apart, where the mark is a word of its own.
_FINAL = re.compile(r"(?P<before>\S)[ \u00a0]?(?P<mark>[.!?。！？])(?=\s*\Z)")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Za-z]|\b(?:etc|mr|mrs|ms|dr|prof|st|jr|sr|inc|ltd|co|vs|no|approx|dept|est|al))\.\s*\Z", re.IGNORECASE
)
#: One blank between two words.
_GAP = re.compile(r"(?<=\S) (?=\S)")
_BLANKS = ("  ", "\u00a0", "   ")
_MARKS = ".!?…。！？"


def _dropped(text: str, draw: Draw) -> Iterator[Edit | Left]:
    found = _FINAL.search(text)
    if not found:
        return
    start, end = found.start("mark"), found.end("mark")
    reason = _why_not(text, found)
    if reason is None and found["mark"] in "?？":
        reason = "question"
    if reason:
        yield Left(start, end, reason)
    else:
        yield Edit(start, end, found["mark"], "")


def _doubled(text: str, draw: Draw) -> Iterator[Edit | Left]:
    found = _FINAL.search(text)
    if not found:
        return
    mark = found["mark"]
    reason = _why_not(text, found)
    if reason:
        yield Left(found.start(), found.end(), reason)
    else:
        yield Edit(found.end() - 1, found.end(), mark, mark * 2)


def _why_not(text: str, found: re.Match[str]) -> str | None:
    if found["before"] in _MARKS:
        return "ellipsis"
    return "abbreviation" if found["mark"] == "." and _ABBREVIATION.search(text) else None


def _gaps(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in _GAP.finditer(text):
        new = draw.shuffled(_BLANKS, found.start())[0]
        yield Edit(found.start(), found.end(), " ", new)


TRANSFORMS = (
    TextTransform("final_mark_dropped", _dropped, (1.0,), guarded=False),
    TextTransform("final_mark_doubled", _doubled, (1.0,), guarded=False),
    TextTransform("blanks", _gaps, ALL_SHARES, guarded=False),
)

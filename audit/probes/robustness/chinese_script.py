"""Chinese in traditional and in simplified characters, by the tables of OpenCC (`data/README.md`).

The longest phrase of the table that begins at a character decides, else the character itself: 发现 becomes 發現, 头发
becomes 頭髮. The whole text is written so, in the characters of Taiwan (為, 吃, 裡).

Refused: texts in which nothing changes (`no_place`), and those that hold characters of both scripts (`mixed_script`):
李承乾与李治 is simplified, and 乾 a name.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from audit.probes.exchange import Edit
from audit.probes.robustness.dictionary import DATA
from audit.probes.robustness.text import Left, TextTransform
from audit.probes.robustness.transform import Draw


@dataclass(frozen=True)
class _Table:
    """How to write one script.

    Attributes
    ----------
    phrases
        Written as they stand here; of an empty one, character by character.
    foreign
        Characters that this script does not have.
    longest
        Length of the longest phrase.
    """

    characters: dict[str, str]
    phrases: dict[str, str]
    foreign: frozenset[str]
    longest: int


@cache
def _table(script: str) -> _Table:
    lines = gzip.decompress((DATA / f"zh_to_{script}.tsv.gz").read_bytes()).decode().splitlines()
    rows = [[*line.split("\t"), "", ""][:3] for line in lines]
    characters = {source: target for source, target, _ in rows if len(source) == 1}
    phrases = {source: target for source, target, _ in rows if len(source) > 1}
    foreign = frozenset(source for source, _, own in rows if len(source) == 1 and not own)
    return _Table(characters, phrases, foreign, max(map(len, phrases)))


def converted(text: str, script: str) -> str:
    """Write a text in `traditional` or `simplified` characters; every character becomes one."""
    table = _table(script)
    out, at = [], 0
    while at < len(text):
        longest = min(table.longest, len(text) - at)
        size = next((n for n in range(longest, 1, -1) if text[at : at + n] in table.phrases), 1)
        piece = text[at : at + size]
        out.append(table.phrases.get(piece) or "".join(table.characters.get(one, one) for one in piece))
        at += size
    return "".join(out)


def _finder(script: str, other: str) -> Callable[[str, Draw], Iterator[Edit | Left]]:
    def find(text: str, draw: Draw) -> Iterator[Edit | Left]:
        new = converted(text, script)
        if new != text and _table(other).foreign & set(text):
            yield Left(0, len(text), "mixed_script")
            return
        for at, (old, one) in enumerate(zip(text, new, strict=True)):
            if old != one:
                yield Edit(at, at + 1, old, one)

    return find


TRANSFORMS = (
    TextTransform("traditional", _finder("traditional", "simplified"), (1.0,), guarded=False),
    TextTransform("simplified", _finder("simplified", "traditional"), (1.0,), guarded=False),
)

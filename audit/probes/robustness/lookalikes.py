"""Characters that a reader does not tell apart, or does not see: homoglyphs, and zero-width characters within words.

The letters are those of Latin for which Unicode's confusables (UTS 39, https://www.unicode.org/Public/security/) name a
Cyrillic or Greek letter that most fonts draw the same. The zero-width characters are those that have no effect within a
word: joiners that shape letters, and signs of direction, are left out.

One character of a word is changed; Chinese characters count as words of their own.

Refused: words of one letter (`short`), and what `protected` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.exchange import Edit
from audit.probes.robustness.dictionary import WORD
from audit.probes.robustness.text import WORD_SHARES, Left, TextTransform
from audit.probes.robustness.transform import Draw
from audit.terms.scripts import UNSPACED

#: Latin -> the same in another alphabet.
HOMOGLYPHS = {
    **dict(zip("aceopxyijs", "асеорхуіјѕ", strict=True)),
    **dict(zip("ABCEHIJKMOPSTXY", "АВСЕНІЈКМОРЅТХУ", strict=True)),
    **dict(zip("NZ", "ΝΖ", strict=True)),
    **dict(zip("v", "ν", strict=True)),
}
#: Zero-width space, word joiner, soft hyphen.
UNSEEN = ("\u200b", "\u2060", "\u00ad")
_WORDS = re.compile(rf"(?<![\w'’])[A-Za-z]{{2,}}(?![\w'’])|[{UNSPACED}](?=[{UNSPACED}])")


def _homoglyphs(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in WORD.finditer(text):
        start = found.start()
        places = [start + i for i, letter in enumerate(found.group()) if letter in HOMOGLYPHS]
        if len(found.group()) == 1:
            yield Left(start, found.end(), "short")
        elif places:
            at = draw.shuffled(places, start)[0]
            yield Edit(at, at + 1, text[at], HOMOGLYPHS[text[at]])
        else:
            yield Left(start, found.end(), "no_form")


def _zero_width(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in _WORDS.finditer(text):
        start, end = found.start(), found.end()
        at = draw.shuffled(range(start, max(end - 1, start + 1)), start)[0]
        yield Edit(at, at + 1, text[at], text[at] + draw.shuffled(UNSEEN, start, "mark")[0])


TRANSFORMS = (
    TextTransform("homoglyphs", _homoglyphs, WORD_SHARES),
    TextTransform("zero_width", _zero_width, WORD_SHARES),
)

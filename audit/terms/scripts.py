"""Where words begin and end: scripts with blanks between words, and scripts without."""

from __future__ import annotations

import re

#: Thai, Lao, Myanmar, Khmer; kana; Han with its extensions; half-width kana. As a part of a character class.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
#: A letter, digit or underscore of a script with blanks between words.
SPACED = rf"[^\W{UNSPACED}]"
_SPACED, _UNSPACED = re.compile(SPACED), re.compile(f"[{UNSPACED}]")
#: Line breaks, as a part of a character class; and white space within a line, for nothing is read over a line break.
BREAKS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
BLANK = rf"[^\S{BREAKS}]"
#: Characters that are not seen, and may stand within a word: soft hyphen, zero-width marks.
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script without blanks."""
    return _UNSPACED.match(character) is not None


def phrase_pattern(term: str) -> str:
    """Write a pattern for a word or phrase of any script.

    Blanks match any run of white space. Where an end of the term is a letter of a script with blanks between words, no
    such letter stands beside it; Chinese, Japanese, Thai and their like have no blanks to go by, so they match by
    characters.
    """
    parts = term.split()
    body = r"\s+".join(map(re.escape, parts))
    before = rf"(?<!{SPACED})" if parts and _SPACED.match(parts[0]) else ""
    after = rf"(?!{SPACED})" if parts and _SPACED.match(parts[-1][-1]) else ""
    return before + body + after

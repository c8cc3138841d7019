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
_SPACED = re.compile(SPACED)


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

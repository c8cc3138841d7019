"""What no transform of text touches: addresses, mentions, hashtags, numbers, markup, negations.

In each of them a changed character may be another answer: `1.5 %` is not `15 %`, and `not` is not `now`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from audit.probes.robustness.dictionary import word_list
from audit.terms.scripts import SPACED

_KEPT = {
    "address": re.compile(
        r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#＃＠][\w-]+"
        r"|\b[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*\.(?:com|org|net|gov|edu|io|co|uk|cn|de|eu|us|tv|ly)\b(?:/\S*)?",
        re.ASCII,
    ),
    "markup": re.compile(r"&#?\w+;|<[^<>\s][^<>]*>|\[\w+\]|\{\{?\w+\}?\}|%[sd]\b", re.ASCII),
    # With the letters and signs that belong to it: 3rd, $1,000.50, 12:30, covid19.
    "number": re.compile(r"[$€£¥+−-]?[A-Za-z]*\d(?:[\w.,:/%°'’-]*[\w%°])?[%°]?", re.ASCII),
}
CHINESE_NEGATIONS = "不没無无非未别別莫勿否毋"


@cache
def _negation() -> re.Pattern[str]:
    words = "|".join(sorted(word_list("negations")))
    return re.compile(rf"(?<!{SPACED})(?:{words}|[a-z]+n['’]t)(?!{SPACED})|[{CHINESE_NEGATIONS}]", re.IGNORECASE)


@lru_cache(maxsize=256)
def protected(text: str, *, negations: bool) -> tuple[tuple[int, int, str], ...]:
    """Give the places that stay: from, up to, and why."""
    patterns = {**_KEPT, "negation": _negation()} if negations else _KEPT
    return tuple(
        (found.start(), found.end(), reason) for reason, pattern in patterns.items() for found in pattern.finditer(text)
    )

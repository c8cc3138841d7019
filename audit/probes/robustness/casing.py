"""Capitals: words in lower case, words in capitals.

Refused: words that are another word with other capitals (`capitals_mean`: US and us, IT and it, Polish and polish, ICE
and ice). For lower case these are also abbreviations that are words without their capitals (AIDS), and words with a
capital inside a sentence that are common words without it (Rose, Will, China): they are likely names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.exchange import Edit
from audit.probes.robustness.dictionary import WORD, is_word, word_list
from audit.probes.robustness.text import ALL_SHARES, Left, TextTransform
from audit.probes.robustness.transform import Draw
from audit.terms.names import sentence_start


def _lower(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in WORD.finditer(text):
        word = found.group()
        if word == word.lower():
            continue
        yield _place(found, word.lower(), means=_lower_means(text, found.start(), word))


def _lower_means(text: str, start: int, word: str) -> bool:
    lower = word.lower()
    if word == "I":
        return False
    if lower in word_list("capitonyms") | word_list("acronyms"):
        return True
    if word.isupper():
        return len(word) > 1 and is_word(lower)
    return is_word(lower) and not sentence_start(text, start)


def _upper(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in WORD.finditer(text):
        word = found.group()
        if word != word.upper():
            yield _place(found, word.upper(), means=_upper_means(text, found.start(), word))


def _upper_means(text: str, start: int, word: str) -> bool:
    if word.lower() in word_list("acronyms"):
        return True
    return word[0].isupper() and word.lower() in word_list("capitonyms") and not sentence_start(text, start)


def _place(found: re.Match[str], new: str, *, means: bool) -> Edit | Left:
    if means:
        return Left(found.start(), found.end(), "capitals_mean")
    return Edit(found.start(), found.end(), found.group(), new)


TRANSFORMS = (
    TextTransform("lower_case", _lower, ALL_SHARES),
    TextTransform("upper_case", _upper, ALL_SHARES),
)

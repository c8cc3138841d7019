"""Capitals tell names: a term that is part of a larger name (Burger King, Betty White, King Street) names no group.

Nobody can list the names of people, places, works and brands, but English writes them with capitals side by side. So a
term with a capital next to another capital is left alone, and so is a common noun with a capital inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from audit.terms.scripts import BLANK, BREAKS

Kind = Literal["first_name", "title", "people", "common"]
_WORD = r"[^\W\d_](?:[\w'’&.-]*[\w.])?|\d[\w.]*"
_NEXT = re.compile(rf"(?:['’]s?)?(?:{BLANK}+&?{BLANK}*|-)({_WORD})")
_NICKNAME = re.compile(rf"{BLANK}+[\"“(]\w[^\"”)]{{0,30}}[\"”)]{BLANK}+[A-Z]")
_SECOND = re.compile(rf"{BLANK}+({_WORD})")
_PREV = re.compile(rf"(?:^|(?<=[^\w'’&.-]))({_WORD})(?:{BLANK}+&?{BLANK}*|-)$")
_SENTENCE_START = re.compile(rf"(?:^|[.!?…:;{BREAKS}\"“(\[]['\")\]]*\s*|RT @\w+:?\s*)['\"“(\[]*$")
_ABBREVIATION = re.compile(r"(?:[A-Z]|St|Mt|Ft|Dr|Prof|Rev|Sr|Jr|Gen|Sen|Gov|Rep|Capt|Sgt|Lt|Col)\.")
_PARTICLES = {"of", "de", "van", "von", "bin", "ibn", "al", "da", "di", "du", "del", "della", "la", "le", "and", "the"}
REACH = 40

Lists = Mapping[str, frozenset[str]]


def sentence_start(text: str, start: int) -> bool:
    """Whether a sentence begins at a place, so that its capital says nothing."""
    return _SENTENCE_START.search(text, max(0, start - REACH), start) is not None


def before_a_name(text: str, end: int) -> bool:
    """Whether a word with a capital follows, as after a title (Mrs. Hill)."""
    found = _NEXT.match(text, end)
    return found is not None and found.group(1)[0].isupper() and found.group(1).lower() not in {"i", "you", "me"}


def part_of_name(text: str, start: int, end: int, kind: Kind, is_term: Callable[[str], bool], lists: Lists) -> bool:
    """Tell whether a term with a capital belongs to a larger name.

    Parameters
    ----------
    kind
        A first name; a title; a people, always written with a capital (German); or a common word.
    is_term
        Whether a lower-cased word is a common term, which with a capital is no sign of a name beside a people.
    lists
        `functions` (words whose capital says only that a sentence begins), `openers` (words before first names),
        `persons` (nouns for people), `kin` (nouns by which people are called, Mom).
    """
    word = text[start:end]
    if not word[:1].isupper() or (len(word) > 1 and word.isupper()):
        return False
    opens = sentence_start(text, start)
    after, before = _NEXT.match(text, end), None if opens else _PREV.search(text, max(0, start - REACH), start)
    follows = after is not None and (
        _counts(after.group(1), kind, is_term, lists) or (kind == "first_name" and _capital(after.group(1)))
    )
    if after is not None and not follows and after.group(1).lower() in _PARTICLES and text[end] not in "'’-":
        second = _SECOND.match(text, after.end())
        follows = after.group(1) not in {"and", "the"} and second is not None and second.group(1)[0].isupper()
        follows = follows or (kind == "common" and not opens and second is not None and second.group(1)[0].isupper())
    if kind == "first_name" and _NICKNAME.match(text, end):
        return True
    if kind == "title":
        return _precedes(text, before, kind, is_term, lists)
    if follows:
        return True
    if kind != "first_name" and after is not None and after.group(1).lower() in lists["persons"]:
        return False
    if _precedes(text, before, kind, is_term, lists):
        return True
    if kind == "common" and not opens:
        return word.lower() not in lists["kin"] and word.lower() not in lists["capitals"]
    return False


def _precedes(
    text: str, before: re.Match[str] | None, kind: Kind, is_term: Callable[[str], bool], lists: Lists
) -> bool:
    if before is None:
        return False
    token = before.group(1)
    if token.endswith(".") and not _ABBREVIATION.fullmatch(token):
        return False
    if kind == "first_name" and token.lower() in lists["openers"]:
        return False
    if sentence_start(text, before.start(1)) and (kind == "people" or token.lower().rstrip("s") in lists["functions"]):
        return False  # Only Muslims, Most Germans
    return _counts(token, kind, is_term, lists)


def _capital(token: str) -> bool:
    """Whether a word behind a first name has a capital; there even May and Will are names."""
    return token[0].isupper() and token.partition("'")[0].partition("’")[0] != "I"


def _counts(token: str, kind: Kind, is_term: Callable[[str], bool], lists: Lists) -> bool:
    """Whether the capital of a neighbour is a sign of a name."""
    if token[0].isdigit():
        return kind == "first_name"
    plain = token.lower().replace("’", "'").removesuffix("'s").rstrip(".")
    if not token[0].isupper() or plain in lists["functions"] or plain.partition("'")[0] in {"i", "he", "she", "it"}:
        return False
    return kind in {"first_name", "title"} or not is_term(plain)

"""What an English word with several meanings means where it stands: "her" is "his" or "him", "his" is "her" or "hers".

There is no parser here, so a reading is settled only where the words around leave no doubt that matters: before a word
that begins no noun phrase "her" is an object (saw her yesterday), before one that can be nothing but the rest of a noun
phrase it is possessive (her keys). After a verb that takes two objects or a complement (gave her …, let her …), and
before words that are nouns as well as adverbs (her back), both readings stay open unless the words decide. The lists
are in the lexicon, under `readings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from audit.terms.scripts import BLANK

AGO = {"ago", "later", "earlier", "before", "after", "already"}
Reading = Literal["possessive", "other", "open"]
_NEXT = re.compile(rf"{BLANK}+([\w'’]+)(-?)(?=(\w?))")
_PREV = re.compile(rf"([\w'’]+){BLANK}+$")
_ODD_NEXT = re.compile(rf"{BLANK}+(?:@(?!\w)|[\"“‘'*$(\[]*[\"“‘'*$])")
_NUMBER = re.compile(rf"{BLANK}+[#$]?\d")
_PARTNER_AFTER = re.compile(rf"(?:{BLANK}*/{BLANK}*|{BLANK}+(or|and){BLANK}+)(his|hers|her|him)\b", re.IGNORECASE)
_PARTNER_BEFORE = re.compile(rf"\b(his|hers|her|him)(?:{BLANK}*/{BLANK}*|{BLANK}+(or|and){BLANK}+)$", re.IGNORECASE)
_ONE_OF = re.compile(
    rf"\b(?:an?|some|no|any|another|this|that|these|those|two|three|several|many|few)\b(?:{BLANK}+[\w-]+){{1,2}}"
    rf"{BLANK}+of{BLANK}+$",
    re.IGNORECASE,
)
#: How far back and ahead the rules look.
REACH = 40


@dataclass(frozen=True)
class Around:
    """The words beside a place, lower-cased, on its own line and with no punctuation between.

    Attributes
    ----------
    before, after, then
        The word before, the one after, and the one after that; empty where there is none.
    hyphen
        Whether the word after goes on behind a hyphen (her in-laws).
    """

    before: str
    after: str
    then: str
    hyphen: bool


def around(text: str, start: int, end: int) -> Around:
    """Look at the words beside a place."""
    before = _PREV.search(text, max(0, start - REACH), start)
    after = _NEXT.match(text, end)
    then = _NEXT.match(text, after.end(1)) if after and not after.group(2) else None
    return Around(
        _plain(before.group(1)) if before else "",
        _plain(after.group(1)) if after else "",
        _plain(then.group(1)) if then else "",
        bool(after and after.group(2) and after.group(3)),
    )


def read(word: str, text: str, start: int, end: int, lists: Mapping[str, frozenset[str]]) -> Reading:
    """Read "her" or "his" at its place."""
    beside = around(text, start, end)
    if partner := _partner(word, text, start, end):
        return partner
    if not beside.after:
        if _ODD_NEXT.match(text, end) or _NUMBER.match(text, end):
            return "open" if word == "her" else "possessive"
        return "other"
    if word == "his":
        # "a cousin of his confirmed", "a friend of his father"
        if beside.before == "of" and _ONE_OF.search(text, max(0, start - REACH), start):
            return "open" if not _no_noun(beside.after, lists) else "other"
        return _his(beside, lists)
    return _her(beside, lists)


def _partner(word: str, text: str, start: int, end: int) -> Reading | None:
    """Read his/her, his or her, him/her by the other one of the two."""
    after = _PARTNER_AFTER.match(text, end)
    before = _PARTNER_BEFORE.search(text, max(0, start - 16), start)
    for found, joined in ((after, after and after.group(1)), (before, before and before.group(2))):
        if found is None:
            continue
        other = (found.group(2) if found is after else found.group(1)).lower()
        if word == "his" and other in {"her", "hers"}:
            return "possessive" if other == "her" else "other"
        if word == "her" and other == "his":
            return "possessive"
        if word == "her" and other == "him" and joined != "and":
            return "other"
    return None


def _his(beside: Around, lists: Mapping[str, frozenset[str]]) -> Reading:
    if beside.hyphen or beside.after in lists["either"] or beside.after in lists["adjectives"]:
        return "possessive"
    return "other" if _no_noun(beside.after, lists) else "possessive"


def _her(beside: Around, lists: Mapping[str, frozenset[str]]) -> Reading:
    after, then, before = beside.after, beside.then, beside.before
    gives = before in lists["two_objects"]
    if beside.hyphen:
        return "open" if gives else "possessive"
    if after in lists["always"]:
        return "possessive"
    if after in lists["verbs"]:
        return "other"
    closes = not then or _no_noun(then, lists) or then in lists["either"]
    if after in lists["either"]:
        return _either(after, then, before, closes, lists)
    if after == "very":
        return "other" if then in lists["degrees"] or not then else "possessive"
    if _no_noun(after, lists):
        return "other"
    if after in lists["adjectives"]:
        if closes:
            return "open" if before in lists["prepositions"] else "other"
        return "open" if gives else "possessive"
    return _content(after, then, before, closes, lists)


def _either(after: str, then: str, before: str, closes: bool, lists: Mapping[str, frozenset[str]]) -> Reading:
    """Read before a word that is an adverb or the beginning of a noun phrase: back, last, next, home, down."""
    if after in {"last", "next"}:
        if then in lists["times"]:
            return "open"
        return "open" if closes else "possessive"
    if after in {"then", "now", "once", "only", "right", "still", "just", "so"}:
        if not then or then in lists["pronouns"]:
            return "other"
        return "open"
    if before in lists["prepositions"] and before not in {"for", "to", "with"}:
        return "possessive"
    if before in lists["carries"] and closes:
        return "other"
    if before in lists["harms"]:
        return "possessive"
    return "open"


def _content(after: str, then: str, before: str, closes: bool, lists: Mapping[str, frozenset[str]]) -> Reading:
    """Read before a word that may be a noun, an adjective or a verb."""
    if before in lists["two_objects"]:
        return "possessive" if after in lists["things"] else "open"
    clause = not before or before in lists["clauses"]
    if then in AGO and after.rstrip("s") in lists["times"]:
        return "other"
    if after[0].isdigit() or after in lists["numbers"]:
        return "possessive" if clause else "open"
    if after in lists["things"] or clause:
        return "possessive"
    if after.endswith("ly") and after not in lists["nouns_ly"]:
        return "other" if closes else "open"
    if (after.endswith("ing") and len(after) > 5) or (after.endswith("ed") and len(after) > 4):
        return "open"
    return "possessive"


def _no_noun(word: str, lists: Mapping[str, frozenset[str]]) -> bool:
    """Whether a word begins no noun phrase after "her"; contractions go by what they begin with."""
    return word in lists["functions"] or word.endswith("n't") or word.partition("'")[0] in lists["pronouns"]


def _plain(word: str) -> str:
    return word.lower().replace("’", "'").strip("'")

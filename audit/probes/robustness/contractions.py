"""Contractions both ways: don't and do not.

Expanded where one reading is possible. Refused: `'s` and `'d` may be is, has, a possessive, had or would (`open`), and
so may *ain't*; a question would change its order of words (`inverted`: don't you think). Contracted where nothing
leans on the second word: not before the end of a clause (`stressed`: that is what they are), nor where *not* belongs to
what follows (`stressed`: not only) or is written in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.exchange import Edit
from audit.probes.robustness.text import Left, TextTransform
from audit.probes.robustness.transform import Draw

#: Share of the places: one of them, all of them.
ONE_OR_ALL = (0.0, 1.0)
_VERBS = (
    *("do", "does", "did", "is", "are", "was", "were"),
    *("has", "have", "had", "would", "could", "should", "must"),
)
_NOT = {f"{verb}n't": f"{verb} not" for verb in (*_VERBS, "need")} | {"can't": "cannot", "won't": "will not"}
_ENDINGS = {"'re": " are", "'ve": " have", "'ll": " will", "'m": " am"}
_LONG = re.compile(r"(?<![\w'’-])([A-Za-z]+)(['’])([A-Za-z]+)(?![\w'’])")
#: What follows a verb that stands before its subject.
_SUBJECT = re.compile(
    r"\s+(?:i|you|he|she|it|we|they|there|this|that|these|those|the|a|an|my|your|his|her|our|their|people|anyone|"
    r"anybody|everyone|everybody|all|any|some|[A-Z][a-z]+)\b"
)
_OPEN = frozenset({"ain't", "shan't", "y'all", "ma'am", "o'clock"})
_OWNERS = frozenset(["i", "you", "we", "they", "he", "she", "it", "who", "that", "there"])

_SHORT_ENDINGS = {"am": "'m", "are": "'re", "have": "'ve", "will": "'ll"}
_SHORT = re.compile(
    r"(?<![\w'’-])(?:"
    r"(?P<who>I (?:am|have|will)|(?:you|we|they) (?:are|have|will)|(?:he|she|it) will)(?!\s+not\b)"
    rf"|(?P<no>(?:{'|'.join(_VERBS)}|can|will) not|cannot))(?![\w'’-])(?P<next>\s+[\w'’]+)?",
    re.IGNORECASE,
)
#: After *not* these belong to it: not only. After a verb those of the second list leave it the end of its clause.
_STRESSED = frozenset({"only", "just", "merely", "simply"})
_CLAUSE_ENDS = re.compile(
    r"(?:to|too|so|is|was|and|or|but|because|when|if|in|at|on|as|than|either|neither|of|for|with"
    r"|i|you|he|she|it|we|they|this|that|there|then)\Z",
    re.IGNORECASE,
)
#: After one of these a clause ends in its verb: what they are.
_ASKED = re.compile(
    r"\b(?:(?:what|who|whom|where|how|whatever|whoever|wherever|however|which)(?:\s+[\w'’]+){0,3}|as|than|that|all|so)\s\Z",
    re.IGNORECASE,
)
#: What follows *have* where it helps another verb.
_HELPED = re.compile(
    r"(?:been|never|had|done|seen|got|already|always|ever|gone|made|taken|become|known|heard|\w{2,}ed)\Z", re.IGNORECASE
)


def _expanded(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in _LONG.finditer(text):
        start, end = found.span()
        word, ending = f"{found[1]}'{found[3]}".lower(), f"'{found[3].lower()}"
        if word in _NOT:
            if _SUBJECT.match(text[end:]):
                yield Left(start, end, "inverted")
            else:
                yield Edit(start, end, found.group(), _cased(_NOT[word], found.group()))
        elif word in _OPEN or ending in {"'s", "'d"}:
            yield Left(start, end, "open")
        elif ending in _ENDINGS and found[1].lower() in _OWNERS:
            at = start + len(found[1])
            new = _ENDINGS[ending]
            yield Edit(at, end, text[at:end], new.upper() if found[3].isupper() else new)


def _contracted(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in _SHORT.finditer(text):
        start, end = found.start(), found.start("next") if found["next"] else found.end()
        old, follows = text[start:end], (found["next"] or "").strip()
        if found["who"]:
            who, verb = old.split()
            clause_ends = not follows or bool(_CLAUSE_ENDS.match(follows) or _ASKED.search(text[:start]))
            helps = verb.lower() != "have" or _HELPED.match(follows) is not None
            if follows.lower() in _STRESSED or clause_ends or not helps or verb.isupper():
                yield Left(start, end, "stressed")
            else:
                yield Edit(start + len(who), end, text[start + len(who) : end], _SHORT_ENDINGS[verb.lower()])
        elif follows.lower() in _STRESSED or ("NOT" in old and old != old.upper()):
            yield Left(start, end, "stressed")
        else:
            yield Edit(start, end, old, _cased(_SHORTER[old.lower()], old))


#: What is written short -> how.
_SHORTER = {f"{verb} not": f"{verb}n't" for verb in _VERBS} | {
    "can not": "can't",
    "cannot": "can't",
    "will not": "won't",
}


def _cased(new: str, old: str) -> str:
    letters = [letter for letter in old if letter.isalpha()]
    if all(map(str.isupper, letters)):
        return new.upper()
    return new[0].upper() + new[1:] if letters[0].isupper() else new


TRANSFORMS = (
    TextTransform("expanded", _expanded, ONE_OR_ALL, guarded=False),
    TextTransform("contracted", _contracted, ONE_OR_ALL, guarded=False),
)

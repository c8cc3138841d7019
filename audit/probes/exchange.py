"""Counterfactual texts: every term of one group becomes the term of another, and the other way round, at once.

Exchanging all terms of a pair of groups together keeps a text about two people one about two people: "He told her"
becomes "She told him". Terms are found and replaced by character span, so nothing else in the text moves; capitals
follow the word that was there; an article before it is mended. What a word means where it has several meanings (her:
him or his?) is a rule, and such words are counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from audit.terms.lexicon import Axis, Lexicon, Mention

#: What a model reads: a text, or a pair of texts joined by a line break.
Text = str | tuple[str, str]

ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)
VOWEL = re.compile(r"[aeiou]|hon|hour|heir", re.IGNORECASE)
NO_VOWEL = re.compile(r"eu|uni|use|one|u[^aeiou][aeiou]", re.IGNORECASE)
SENTENCE_START = re.compile(r"(?:^|[.!?…。！？\n]['\")\]]*\s*)['\"(\[]*$")


@dataclass(frozen=True)
class Edit:
    """One replaced piece: characters of the original text, and what stands there now."""

    start: int
    end: int
    old: str
    new: str


@dataclass(frozen=True)
class Exchange:
    """One text with two groups exchanged, or the reason why it was not.

    Attributes
    ----------
    source, target
        The group the text names, and the one it names instead; if `both`, it names both, and they change places.
    text
        The edited text; None if refused.
    refused
        `senseless` (the axis says that such texts make no sense after it), `no_form` (the lexicon has no word for it),
        or `unchanged`.
    ambiguous
        Replaced words with several meanings.
    """

    axis: str
    source: str
    target: str
    both: bool
    text: Text | None
    edits: tuple[Edit, ...] = ()
    ambiguous: int = 0
    refused: str | None = None


def exchanges(lexicons: Sequence[Lexicon], text: Text) -> list[Exchange]:
    """Make every counterfactual of a text: one per axis and pair of groups of which it names at least one."""
    if isinstance(text, str):
        return [_joined(text, None, found) for found in _of(lexicons, text)]
    whole = "\n".join(text)
    return [_joined(whole, len(text[0]), found) for found in _of(lexicons, whole)]


def _joined(text: str, cut: int | None, found: Exchange) -> Exchange:
    """Put a pair of texts apart again, at the line break that joined it."""
    if cut is None or found.text is None:
        return found
    moved = sum(len(edit.new) - (edit.end - edit.start) for edit in found.edits if edit.end <= cut)
    whole = str(found.text)
    both = (whole[: cut + moved], whole[cut + moved + 1 :])
    return Exchange(
        found.axis, found.source, found.target, found.both, both, found.edits, found.ambiguous, found.refused
    )


def _of(lexicons: Sequence[Lexicon], text: str) -> list[Exchange]:
    out: list[Exchange] = []
    taken: list[Mention] = []
    for lexicon in lexicons:
        found = [m for m in lexicon.find(text) if all(m.end <= t.start or t.end <= m.start for t in taken)]
        taken += found
        for name in dict.fromkeys(mention.axis for mention in found):
            if name in lexicon.axes:
                mine = [mention for mention in found if mention.axis == name]
                out += _on_axis(lexicon, lexicon.axes[name], text, mine)
    return out


def _on_axis(lexicon: Lexicon, axis: Axis, text: str, mentions: list[Mention]) -> list[Exchange]:
    named = {mention.group for mention in mentions}
    senseless = bool(axis.senseless and axis.senseless.search(text))
    out = []
    for a, b in combinations(axis.groups, 2):
        if not named & {a, b}:
            continue
        both = {a, b} <= named
        source, target = (a, b) if a in named else (b, a)
        if senseless:
            out.append(Exchange(axis.name, source, target, both, None, refused="senseless"))
            continue
        edits, ambiguous, refused = _edits(lexicon, text, mentions, {a: b, b: a})
        if refused or not edits:
            out.append(Exchange(axis.name, source, target, both, None, refused=refused or "unchanged"))
            continue
        pieces, at = [], 0
        for edit in edits:
            pieces += [text[at : edit.start], edit.new]
            at = edit.end
        edited = "".join([*pieces, text[at:]])
        out.append(Exchange(axis.name, source, target, both, edited, tuple(edits), ambiguous))
    return out


def _edits(
    lexicon: Lexicon, text: str, mentions: list[Mention], into: dict[str, str]
) -> tuple[list[Edit], int, str | None]:
    edits: list[Edit] = []
    ambiguous = 0
    for mention in mentions:
        if mention.group not in into:
            continue
        forms = mention.meaning.forms.get(into[mention.group])
        if forms is None:
            return [], 0, "no_form"
        old = text[mention.start : mention.end]
        canonical = next((form for form in mention.meaning.forms[mention.group] if form.lower() == old.lower()), old)
        new = _cased(old, canonical, forms[0], text[: mention.start])
        if new == old:
            continue
        if lexicon.articles and (article := _article(text, mention.start, old, new)):
            edits.append(article)
        edits.append(Edit(mention.start, mention.end, old, new))
        ambiguous += mention.ambiguous
    return edits, ambiguous, None


def _cased(old: str, canonical: str, new: str, before: str) -> str:
    """Give a word the capitals of the one it replaces; a name or a people keeps its own where that one had its own."""
    letters = [character for character in old if character.isalpha()]
    if len(letters) > 1 and all(character.isupper() for character in letters) and not canonical.isupper():
        return new.upper()
    if old == canonical:
        return new[:1].upper() + new[1:] if old[:1].isupper() and SENTENCE_START.search(before) else new
    if old[:1].isupper() and not old[1:2].isupper():
        return new[:1].upper() + new[1:]
    if old == old.lower():
        return new.lower()
    return new


def _article(text: str, start: int, old: str, new: str) -> Edit | None:
    """Mend "a" or "an" before an exchanged word, if it was right before."""
    found = ARTICLE.search(text, max(0, start - 12), start)
    if not found or _vowel(old) == _vowel(new):
        return None
    was = found.group(1)
    if (was.lower() == "an") != _vowel(old):
        return None
    now = "an" if _vowel(new) else "a"
    if was[:1].isupper():
        now = now.upper() if len(was) > 1 and was.isupper() else now.capitalize()
    return Edit(found.start(1), found.end(1), was, now)


def _vowel(word: str) -> bool:
    return bool(VOWEL.match(word)) and not NO_VOWEL.match(word)

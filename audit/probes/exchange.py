"""Counterfactual texts: every term of one group becomes the term of another, and the other way round, at once.

Exchanging all terms of a pair of groups together keeps a text about two people one about two people: "He told her"
becomes "She told him". Terms are found and replaced by character span, so nothing else in the text moves; capitals
follow the word that was there; an article before it and a possessive behind it are mended. Where a word has several
meanings (her: him or his?) a rule settles it, or else every meaning makes a text of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from audit.data.examples import Example, said
from audit.probes.edited import edited
from audit.terms.edits import apply_edits
from audit.terms.lexicon import UNSEEN_CHARACTERS, Axis, Lexicon, Meaning, Mention
from audit.terms.names import sentence_start
from audit.terms.scripts import BLANK

ARTICLE = re.compile(rf"\b(an?)({BLANK}+)$", re.IGNORECASE)
#: More words with open meanings than this make too many texts to score; such an exchange is refused.
MOST_OPEN = 2
VOWEL = re.compile(r"[aeiou]|hon|hour|heir", re.IGNORECASE)
NO_VOWEL = re.compile(r"eu|uni|use|one|u[^aeiou][aeiou]", re.IGNORECASE)


@dataclass(frozen=True)
class Edit:
    """One replaced piece: characters of the original text, and what stands there now."""

    start: int
    end: int
    old: str
    new: str


@dataclass(frozen=True)
class Version:
    """An edited example, and what made it: edits, or the name of a change to the whole of it."""

    text: Example
    edits: tuple[Edit, ...]
    change: str | None = None


@dataclass(frozen=True)
class Exchange:
    """One text with two groups exchanged, or the reason why it was not.

    Attributes
    ----------
    source, target
        The group the text names, and the one it names instead; if `both`, it names both, and they change places.
    versions
        The edited text; several where the meaning of a word stays open (her: him or his?), none if refused.
    refused
        `senseless` (the axis says that such texts make no sense after it), `no_form` (the lexicon has no word for it),
        `unchanged`, `open` (too many words with open meanings), or why every term is left as it is: `name`, `entity`,
        `address`, `interjection`, `part`, `boundary`.
    ambiguous
        Replaced words with several meanings, where a rule chose.
    kept
        Terms of the two groups that are left as they are, for they may be part of a name or of a longer word.
    """

    axis: str
    source: str
    target: str
    both: bool
    versions: tuple[Version, ...] = ()
    ambiguous: int = 0
    kept: int = 0
    refused: str | None = None

    @property
    def text(self) -> Example | None:
        """The edited text, in its first version; None if refused."""
        return self.versions[0].text if self.versions else None

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the first version."""
        return self.versions[0].edits if self.versions else ()


def exchanges(lexicons: Sequence[Lexicon], example: Example) -> list[Exchange]:
    """Make every counterfactual of an example: one per axis and pair of groups of which it names at least one."""
    found = _of(lexicons, said(example))
    if isinstance(example, str):
        return found

    def same(version: Version) -> Version:
        return replace(version, text=edited(example, version.edits))

    return [replace(one, versions=tuple(map(same, one.versions))) for one in found]


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
    free, kept = [m for m in mentions if m.kept is None], [m for m in mentions if m.kept]
    # A name tells the gender of whoever the rest is about; and where words end, a word of the other group may begin.
    forbids = next((m.kept for m in kept if m.kept == "boundary" or (axis.named and m.kept == "name")), None)
    named = {mention.group for mention in free or mentions}
    senseless = bool(axis.senseless and axis.senseless.search(text))
    out = []
    for a, b in combinations(axis.groups, 2):
        if not named & {a, b}:
            continue
        both = {a, b} <= named
        source, target = (a, b) if a in named else (b, a)
        left = sum(mention.group in {a, b} for mention in kept)
        refused = "senseless" if senseless else forbids or (None if free else kept[0].kept)
        versions: tuple[Version, ...] = ()
        ambiguous = 0
        if refused is None:
            wanted = [mention for mention in free if mention.group in {a, b}]
            ambiguous = sum(mention.ambiguous and mention.other is None for mention in wanted)
            versions, refused = _versions(lexicon, text, wanted, {a: b, b: a})
        out.append(Exchange(axis.name, source, target, both, versions, ambiguous if versions else 0, left, refused))
    return out


def _versions(
    lexicon: Lexicon, text: str, mentions: list[Mention], into: dict[str, str]
) -> tuple[tuple[Version, ...], str | None]:
    """Edit with every combination of open meanings."""
    if sum(mention.other is not None for mention in mentions) > MOST_OPEN:
        return (), "open"
    found: dict[str, Version] = {}
    readings = [(m.meaning,) if m.other is None else (m.meaning, m.other) for m in mentions]
    for meanings in product(*readings):
        edits = _edits(lexicon, text, mentions, meanings, into)
        if edits is None:
            return (), "no_form"
        if edits:
            edited = apply_edits(text, edits)
            found[edited] = Version(edited, tuple(edits))
    return tuple(found.values()), None if found else "unchanged"


def _edits(
    lexicon: Lexicon, text: str, mentions: Sequence[Mention], meanings: Sequence[Meaning], into: dict[str, str]
) -> list[Edit] | None:
    """Replace each term; None where the lexicon has no word for one."""
    edits: list[Edit] = []
    for mention, meaning in zip(mentions, meanings, strict=True):
        forms = meaning.forms.get(into[mention.group])
        if forms is None:
            return None
        old = text[mention.start : mention.end]
        own = meaning.forms[mention.group]
        canonical = old if old in own else _canonical(old, own)
        new = _cased(old, canonical, forms[0], text, mention.start)
        if new == old:
            continue
        end, new = _possessive(text, mention.end, old, new)
        if lexicon.articles and (article := _article(text, mention.start, old, new)):
            edits.append(article)
        edits.append(Edit(mention.start, end, text[mention.start : end], new))
    return edits


def _canonical(old: str, own: Sequence[str]) -> str:
    """Find the form of the lexicon that a term is, however it is written."""
    plain = " ".join(UNSEEN_CHARACTERS.sub("", old).split()).lower()
    return next((form for form in own if form.lower() == plain), old)


def _possessive(text: str, end: int, old: str, new: str) -> tuple[int, str]:
    """Mend the possessive where one of the two is a plural in -s: ladies' and gentlemen's."""
    mark = text[end : end + 1]
    if mark not in {"'", "’"}:
        return end, new
    plural = old.lower().endswith("s")
    lower = new.lower().endswith("s") and not new.lower().endswith("ss") and (new.islower() or new.isupper())
    bare = not text[end + 1 : end + 2].isalnum()
    if plural and bare and not new.lower().endswith("s") and _possessor(text, end + 1):
        return end + 1, new + mark + ("S" if new.isupper() else "s")
    if not plural and lower and text[end + 1 : end + 2].lower() == "s" and not text[end + 2 : end + 3].isalnum():
        return end + 2, new + mark
    return end, new


def _possessor(text: str, end: int) -> bool:
    """Whether a word follows an apostrophe, so that it is no closing quotation mark."""
    return re.match(rf"{BLANK}+\w", text[end:]) is not None


def _cased(old: str, canonical: str, new: str, text: str, start: int) -> str:
    """Give a word the capitals of the one it replaces; a name or a people keeps its own where that one had its own."""
    letters = [character for character in old if character.isalpha()]
    if len(letters) > 1 and all(character.isupper() for character in letters) and not canonical.isupper():
        return new.upper()
    if old == canonical:
        return new[:1].upper() + new[1:] if old[:1].isupper() and sentence_start(text, start) else new
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

"""Identity terms as data: which words name which group, and what the word for another group would be.

A lexicon is a YAML file (under `lexicons/`, or the user's own). It has axes, an axis has groups, and each line of an
axis is one meaning with a form per group. Probes exchange forms, explanations sum attribution over a group's terms;
both find terms here, so that they never disagree on what a text mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from audit.terms.names import Kind, before_a_name, part_of_name, sentence_start
from audit.terms.readings import around, read
from audit.terms.scripts import BLANK, SPACED, UNSEEN
from audit.terms.segments import Segments

#: What may stand beside a term for it to count as one.
PLACES = ("not_before", "only_before", "not_after", "only_after")  # in the order of _means_else
#: Where one word has several lines, the one meant before a noun, and the one meant after an article without a noun.
DETERMINER, NOUN = "determiner", "after_article"
#: Words of a lexicon by their use, under `readings`; those that are left out are empty.
READINGS = (
    "functions", "pronouns", "clauses", "always", "verbs", "either", "adjectives", "degrees", "times", "prepositions",
    "carries", "harms", "two_objects", "things", "numbers", "nouns_ly", "openers", "persons", "kin", "capitals",
    "interjections", "calls", "goes_on", "describes", "never_names",
)  # fmt: skip
ARTICLE_BEFORE = re.compile(rf"\b(?:an?|the|this|that|every|each|another|any|one|some){BLANK}+$", re.IGNORECASE)
#: A determiner one or two words before a noun, which is then no interjection.
DETERMINED = re.compile(
    rf"\b(?:an?|the|this|that|every|each|another|any|one|some|no|my|your|his|her|its|our|their|\w+['’]s|yo|ya|ur|dat|dis|da)"
    rf"{BLANK}+(?:[\w'’-]+{BLANK}+)?$",
    re.IGNORECASE,
)
REACH = 40
AFTER = re.compile(rf"(?:{BLANK}+|-)([\w'’]+)")
BEFORE = re.compile(rf"([\w'’]+)(?:{BLANK}+|-)$")
#: Links, mail addresses, mentions and hashtags are addresses, not words of the text.
ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+|[@#]\w+|"
    r"(?<![\w@])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|io|co|uk|de|cn|info|tv|me|ly|us)\b(?:/\S*)?",
    re.IGNORECASE,
)
UNSEEN_CHARACTERS = re.compile(f"[{UNSEEN}]")


@dataclass(frozen=True)
class Meaning:
    """One meaning of an axis: its forms per group, the one to write first.

    Attributes
    ----------
    when
        Where one word has several meanings, the place this one is for.
    unread
        Forms that are written but name no group where they are found, for they have other meanings.
    """

    forms: dict[str, tuple[str, ...]]
    when: str | None = None
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Axis:
    """Groups that can stand for each other."""

    name: str
    groups: tuple[str, ...]
    senseless: re.Pattern[str] | None = None
    #: Whether names of people name these groups, so that a name left alone forbids the exchange of the others.
    named: bool = False


@dataclass(frozen=True)
class Mention:
    """A term in a text.

    Attributes
    ----------
    start, end
        Characters.
    axis, group
        What it names.
    meaning
        The line of the lexicon.
    ambiguous
        Whether the word has several meanings, and a rule chose.
    other
        The other meaning, where the rule leaves both open.
    kept
        Why the word is left as it is: `name` (part of a larger name), `entity` (of a listed one), `address` (link,
        mention, hashtag), `interjection`, `part` (of a longer word), `boundary` (where words end is open). Such a word
        names no group for sure.
    """

    start: int
    end: int
    axis: str
    group: str
    meaning: Meaning
    ambiguous: bool
    other: Meaning | None = None
    kept: str | None = None


@dataclass(frozen=True)
class Sense:
    """What a word means on an axis; `kind` tells how capitals are read."""

    axis: str
    group: str
    meaning: Meaning
    kind: Kind


@dataclass
class Lexicon:
    """Identity terms of one language."""

    language: str
    whole_words: bool = True
    articles: bool = False
    axes: dict[str, Axis] = field(default_factory=dict)
    provenance: str = ""
    segmenter: str | None = None
    protected: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    hidden: re.Pattern[str] | None = None
    surnames: frozenset[str] = frozenset()
    places: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    readings: dict[str, frozenset[str]] = field(default_factory=dict)
    senses: dict[str, list[Sense]] = field(default_factory=dict)
    #: Found with their capitals only: first names and titles.
    capitals: dict[str, list[Sense]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give every list of words its place."""
        self.readings = {name: self.readings.get(name, frozenset()) for name in READINGS}

    def find(self, text: str) -> list[Mention]:
        """Find terms, left to right, the longest at each place, and those that are left alone with the reason.

        Protected phrases hide what is in them. Characters that are not seen (soft hyphens) are overlooked.
        """
        if not UNSEEN_CHARACTERS.search(text):
            return self._find(text)
        kept = [i for i, character in enumerate(text) if character not in UNSEEN]
        found = self._find("".join(text[i] for i in kept))
        return [replace(mention, start=kept[mention.start], end=kept[mention.end - 1] + 1) for mention in found]

    def limited(self, axes: Sequence[str]) -> Lexicon:
        """Return the lexicon with these axes alone; terms of others still hide what is in them."""
        return replace(self, axes={name: axis for name, axis in self.axes.items() if name in axes})

    def _find(self, text: str) -> list[Mention]:
        out: list[Mention] = []
        asides: list[tuple[int, int, str]] | None = None
        segments: Segments | None = None
        for match in self._pattern.finditer(text):
            word, start, end = match.group(), match.start(), match.end()
            plain = word.lower()
            if plain in self._inner:
                out += self._within_entity(word, start)
                continue
            senses = self.capitals.get(word) or self.senses.get(plain) or self._over_blanks(plain)
            if not senses or self._means_else(plain, text, start, end):
                continue
            if asides is None:
                asides = self._asides(text)
            aside = next((why for a, b, why in asides if a < end and start < b), None)
            if aside == "hidden":
                continue
            kept = aside or self._name(senses[0], text, start, end) or self._interjection(plain, text, start, end)
            if self.segmenter and kept is None:
                segments = segments or Segments(text)
                standing = segments.standing(start, end)
                kept = None if standing == "word" else "part" if standing == "part" else "boundary"
                if standing == "part" and end - start == 1:
                    continue
            chosen, other = self._choose(senses, plain, text, start, end)
            several = len({id(sense.meaning) for sense in senses}) > 1
            meaning = other.meaning if other and not kept else None
            out.append(Mention(start, end, chosen.axis, chosen.group, chosen.meaning, several, meaning, kept))
        return out

    def _over_blanks(self, plain: str) -> list[Sense]:
        return self.senses.get(" ".join(plain.split()), [])

    def _within_entity(self, phrase: str, start: int) -> list[Mention]:
        """Name the terms in a listed name; they are left alone."""
        out = []
        for word in re.finditer(r"[\w']+", phrase):
            senses = self.capitals.get(word.group()) or self.senses.get(word.group().lower(), [])
            for sense in senses[:1]:
                span = (start + word.start(), start + word.end())
                out.append(Mention(*span, sense.axis, sense.group, sense.meaning, False, None, "entity"))
        return out

    def _asides(self, text: str) -> list[tuple[int, int, str]]:
        """Find places whose words are left alone."""
        found = []
        if any(mark in text for mark in "@#./"):
            found += [(*m.span(), "address") for m in ADDRESS.finditer(text)]
        if self.hidden:
            found += [(*m.span(), "hidden") for m in self.hidden.finditer(text)]
        return found

    def _means_else(self, plain: str, text: str, start: int, end: int) -> bool:
        """Whether what stands beside it says that the word is a colour, a measure, or anything but a person's group."""
        never, only, not_after, only_after = (self.places[key].get(plain) for key in PLACES)
        if never is None and only is None and not_after is None and only_after is None:
            return False
        if not self.whole_words:
            begins = any(text.startswith(piece, end) for piece in never or ())
            return begins or any(text.endswith(piece, 0, start) for piece in not_after or ())
        following, behind = AFTER.match(text, end), BEFORE.search(text, max(0, start - REACH), start)
        after = following.group(1).lower().replace("’", "'") if following else ""
        before = behind.group(1).lower().replace("’", "'") if behind else ""
        person = after.removesuffix("'s") in self.readings["persons"]
        if after in (never or ()) or (before in (not_after or ()) and not person):
            return True
        if never and following and not person and after not in self.readings["functions"]:
            # A white leather bag: one word may stand between.
            second = AFTER.match(text, following.end())
            if second is not None and second.group(1).lower() in never - self.readings["functions"]:
                return True
        wanted = [after in only] if only is not None else []
        wanted += [before in only_after] if only_after is not None else []
        return bool(wanted) and not any(wanted)

    def _name(self, sense: Sense, text: str, start: int, end: int) -> str | None:
        """Whether the term is part of a name; a title is one only before a name."""
        if not self.whole_words:
            surname = sense.kind == "first_name" and start > 0 and text[start - 1] in self.surnames
            return "name" if surname else None
        if not text[start].isupper() or text[start:end].lower() in self.readings["never_names"]:
            return None
        if sense.kind == "title" and not before_a_name(text, end):
            return "name"
        known = part_of_name(text, start, end, sense.kind, self.senses.__contains__, self.readings)
        return "name" if known else None

    def _interjection(self, plain: str, text: str, start: int, end: int) -> str | None:
        """Whether "man" or "boy" is called out (man I hate this, thanks man) and names nobody."""
        if plain not in self.readings["interjections"]:
            return None
        beside = around(text, start, end)
        if (
            beside.hyphen
            or text[end : end + 1] in {"'", "’"}
            or (beside.after and beside.after.partition("'")[0] not in self.readings["pronouns"])
        ):
            return None
        before = text[max(0, start - REACH) : start]
        bare = beside.before not in self.readings["describes"] and not DETERMINED.search(before)
        called = beside.before in self.readings["calls"] or (not beside.before and sentence_start(text, start))
        if beside.after:
            aside = beside.after not in self.readings["goes_on"]
        else:
            aside = beside.before not in self.readings["functions"]
        return "interjection" if called or (bare and aside) else None

    def _choose(self, senses: list[Sense], plain: str, text: str, start: int, end: int) -> tuple[Sense, Sense | None]:
        """Of several meanings, take the one for this place, and another one where both are open."""
        if len(senses) == 1:
            return senses[0], None
        by_place = {sense.meaning.when: sense for sense in senses}
        usual = by_place.get(None) or senses[0]
        if DETERMINER in by_place:
            reading = read(plain, text, start, end, self.readings)
            if reading == "open":
                return by_place[DETERMINER], usual
            return (by_place[DETERMINER] if reading == "possessive" else usual), None
        beside = around(text, start, end)
        after_article = ARTICLE_BEFORE.search(text, max(0, start - 12), start) is not None
        if NOUN not in by_place or not after_article:
            return usual, None
        if not beside.after or beside.after in self.readings["functions"]:
            return by_place[NOUN], None
        # "a Muslim attacked", "a Muslim armed guard"
        return (by_place[NOUN], usual) if beside.after.endswith("ed") else (usual, None)

    @cached_property
    def _inner(self) -> frozenset[str]:
        return frozenset(phrase.lower() for phrase in self.entities)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        def body(terms: Iterable[str]) -> str:
            return _trie(sorted(set(terms)))

        common = [*self.senses, *(phrase.lower() for phrase in (*self.protected, *self.entities))]
        boundary = (rf"(?<!{SPACED})", rf"(?!{SPACED})") if self.whole_words else ("", "")
        parts = [rf"(?i:{body(common)})"]
        if self.capitals:
            parts.insert(0, body(self.capitals))
        first = tuple(term.lower() for term in self.capitals)
        phrases = (phrase.lower() for phrase in (*self.protected, *self.entities))
        if longer := [phrase for phrase in phrases if phrase.startswith(first)]:
            parts.insert(0, rf"(?i:{body(longer)})")
        # Phrases that begin with a name, then names, whose capitals count; of the rest the trie takes the longest.
        return re.compile("|".join(f"{boundary[0]}{part}{boundary[1]}" for part in parts))


def _trie(terms: list[str]) -> str:
    """Return a pattern that matches the longest of the terms at a place, in time independent of their number."""
    root: dict[str, Any] = {}
    for term in terms:
        node = root
        for character in term:
            node = node.setdefault(character, {})
        node[""] = {}

    def write(node: dict[str, Any]) -> str:
        branches = [
            (f"{BLANK}+" if character == " " else re.escape(character)) + write(child)
            for character, child in node.items()
            if character
        ]
        if not branches:
            return ""
        body = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
        return body + "?" if "" in node else body

    return write(root)


def find_terms(lexicons: Sequence[Lexicon], text: str) -> list[Mention]:
    """Terms of all languages, left to right; where two languages claim one place, the earlier lexicon has it.

    Terms that are left alone, for they may be part of a name or a longer word, are no terms here.
    """
    found: list[Mention] = []
    for lexicon in lexicons:
        for mention in lexicon.find(text):
            if mention.axis in lexicon.axes and all(mention.end <= m.start or m.end <= mention.start for m in found):
                found.append(mention)
    return sorted((m for m in found if m.kept is None), key=lambda mention: mention.start)

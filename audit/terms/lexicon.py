"""Identity terms as data: which words name which group, and what the word for another group would be.

A lexicon is a YAML file (under `lexicons/`, or the user's own). It has axes, an axis has groups, and each line of an
axis is one meaning with a form per group. Probes exchange forms, explanations sum attribution over a group's terms;
both find terms here, so that they never disagree on what a text mentions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from audit.config.reading import parse_yaml, refuse_broken_text
from audit.errors import ConfigError, some

LANGUAGES = ("en", "zh")
KEYS = {
    "language",
    "provenance",
    "whole_words",
    "articles",
    "function_words",
    "protected",
    "not_before",
    "only_before",
    "axes",
}
AXIS_KEYS = {"groups", "senseless", "forms", "names"}
#: What may follow a term for it to count as one.
PLACES = ("not_before", "only_before")
#: Where one word has several lines, the one meant before a noun, and the one meant after an article without a noun.
DETERMINER, NOUN = "determiner", "after_article"
ARTICLE_BEFORE = re.compile(r"\b(?:an?|the|this|that|every|each|another|any|one|some)\s+$", re.IGNORECASE)
#: Begins a form that is written and not recognised.
UNREAD = "="
NEXT_WORD, AFTER = re.compile(r"\s+([\w']+)"), re.compile(r"[\s-]+([\w']+)")


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
    """

    start: int
    end: int
    axis: str
    group: str
    meaning: Meaning
    ambiguous: bool


@dataclass(frozen=True)
class _Sense:
    axis: str
    group: str
    meaning: Meaning


@dataclass
class Lexicon:
    """Identity terms of one language."""

    language: str
    whole_words: bool
    articles: bool
    axes: dict[str, Axis]
    provenance: str = ""
    function_words: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    not_before: dict[str, frozenset[str]] = field(default_factory=dict)
    only_before: dict[str, frozenset[str]] = field(default_factory=dict)
    _senses: dict[str, list[_Sense]] = field(default_factory=dict)
    _names: dict[str, list[_Sense]] = field(default_factory=dict)

    def find(self, text: str) -> list[Mention]:
        """Find terms, left to right, the longest at each place; protected phrases hide what is in them."""
        out = []
        for match in self._pattern.finditer(text):
            word = match.group()
            senses = self._names.get(word) or self._senses.get(word.lower(), [])
            if not senses or self._means_else(word, text, match.end()):
                continue
            chosen = self._choose(senses, text, match.start(), match.end())
            ambiguous = len({id(sense.meaning) for sense in senses}) > 1
            out.append(Mention(match.start(), match.end(), chosen.axis, chosen.group, chosen.meaning, ambiguous))
        return out

    def limited(self, axes: Sequence[str]) -> Lexicon:
        """Return the lexicon with these axes alone; terms of others still hide what is in them."""
        kept = {name: axis for name, axis in self.axes.items() if name in axes}
        return Lexicon(
            self.language, self.whole_words, self.articles, kept, self.provenance, self.function_words,
            self.protected, self.not_before, self.only_before, self._senses, self._names,
        )  # fmt: skip

    def _means_else(self, word: str, text: str, end: int) -> bool:
        """Whether what follows says that the word is a colour, a measure, or anything but a person's group."""
        never, only = self.not_before.get(word.lower()), self.only_before.get(word.lower())
        if never is None and only is None:
            return False
        following = AFTER.match(text, end)
        after = following.group(1).lower() if following else ""
        return after in (never or ()) or (only is not None and after not in only)

    def _choose(self, senses: list[_Sense], text: str, start: int, end: int) -> _Sense:
        """Of several meanings, take the one for this place: before a noun, after an article, or anywhere."""
        if len(senses) == 1:
            return senses[0]
        following = NEXT_WORD.match(text, end)
        noun_follows = following is not None and following.group(1).lower() not in self.function_words
        when = DETERMINER if noun_follows else None
        if not noun_follows and ARTICLE_BEFORE.search(text, max(0, start - 12), start):
            when = NOUN
        by_place = {sense.meaning.when: sense for sense in senses}
        return by_place.get(when) or by_place.get(None) or senses[0]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        def body(terms: Iterable[str]) -> str:
            return _trie(sorted(set(terms)))

        common = [*self._senses, *(phrase.lower() for phrase in self.protected)]
        boundary = (r"(?<!\w)", r"(?!\w)") if self.whole_words else ("", "")
        parts = [rf"(?i:{body(common)})"]
        if self._names:
            parts.insert(0, body(self._names))
        # Names first, so that their capitals count; among the rest the trie takes the longest.
        return re.compile(f"{boundary[0]}(?:{'|'.join(parts)}){boundary[1]}")


def _trie(terms: list[str]) -> str:
    """Return a pattern that matches the longest of the terms at a place, in time independent of their number."""
    root: dict[str, Any] = {}
    for term in terms:
        node = root
        for character in term:
            node = node.setdefault(character, {})
        node[""] = {}

    def write(node: dict[str, Any]) -> str:
        branches = [re.escape(character) + write(child) for character, child in node.items() if character]
        if not branches:
            return ""
        body = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
        return body + "?" if "" in node else body

    return write(root)


def load_lexicons(
    languages: Sequence[str], own: Sequence[Path] = (), *, replace: bool = False, axes: Sequence[str] = ()
) -> list[Lexicon]:
    """Load the lexicons of an audit.

    Parameters
    ----------
    languages
        Of the built-in lexicons.
    own
        Files of the user; one of a language extends the built-in one, axis by axis.
    replace
        Use the user's files alone.
    axes
        Keep these axes; all if left out.

    Raises
    ------
    ConfigError
        With the file and the key that is wrong.
    """
    raw: dict[str, dict[str, Any]] = {}
    if not replace:
        for language in languages:
            if language not in LANGUAGES:
                raise ConfigError(
                    f"no lexicon is built in for language {language!r}; there are {some(list(LANGUAGES))}",
                    where="probe.languages",
                    hint="name a file of your own in probe.lexicons",
                )
            text = (files("audit.terms") / "lexicons" / f"{language}.yaml").read_text(encoding="utf-8")
            raw[language] = _load(text, language)
    for path in own:
        mine = _read(path)
        raw[mine["language"]] = _extend(raw.get(mine["language"], {}), mine)
    lexicons = [_parse(plain) for plain in raw.values()]
    known = {name for lexicon in lexicons for name in lexicon.axes}
    if unknown := [axis for axis in axes if axis not in known]:
        raise ConfigError(
            f"no lexicon has the axis {unknown[0]!r}; there are {some(sorted(known), 20)}", where="probe.axes"
        )
    return [lexicon.limited(axes) for lexicon in lexicons] if axes else lexicons


def lexicons_sha256(lexicons: Sequence[Lexicon]) -> str:
    """Hash everything that decides what is found."""
    plain = [
        [
            lexicon.language, lexicon.whole_words, lexicon.articles, sorted(lexicon.axes), sorted(lexicon.protected),
            sorted((word, sorted(after)) for word, after in lexicon.not_before.items()),
            sorted((word, sorted(after)) for word, after in lexicon.only_before.items()),
            sorted(lexicon.function_words),
            sorted((axis.name, axis.senseless.pattern if axis.senseless else "") for axis in lexicon.axes.values()),
            sorted(
                (word, sense.axis, sense.group, sorted(sense.meaning.forms.items()), sense.meaning.when or "")
                for senses in (lexicon._senses, lexicon._names)
                for word, found in senses.items()
                for sense in found
            ),
        ]
        for lexicon in lexicons
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


def find_terms(lexicons: Sequence[Lexicon], text: str) -> list[Mention]:
    """Terms of all languages, left to right; where two languages claim one place, the earlier lexicon has it."""
    found: list[Mention] = []
    for lexicon in lexicons:
        for mention in lexicon.find(text):
            if mention.axis in lexicon.axes and all(mention.end <= m.start or m.end <= mention.start for m in found):
                found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def _load(text: str, where: str) -> Any:
    """Read YAML with every scalar as text: `on`, `no` and `off` are words here."""
    data = parse_yaml(text, where, only_text=True)
    refuse_broken_text(data, where)
    return data


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = _load(path.read_text(encoding="utf-8-sig"), str(path))
    except FileNotFoundError:
        raise ConfigError("no such file", where=str(path), hint="probe.lexicons names lexicon files") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from error
    _check(plain, path)
    return dict(plain)


def _check(plain: Any, path: Path) -> None:
    def refuse(what: str) -> None:
        raise ConfigError(what, where=str(path), hint="docs/counterfactuals.md shows a lexicon")

    if not isinstance(plain, dict) or not {"language", "axes"} <= set(plain) or not isinstance(plain["axes"], dict):
        refuse("a lexicon holds at least `language` and `axes`")
    for key in ("whole_words", "articles"):
        if plain.get(key, "true") not in {"true", "false"}:
            refuse(f"{key}: true or false")
    if unknown := sorted(set(plain) - KEYS):
        refuse(f"unknown key {unknown[0]!r}")
    for name, axis in plain["axes"].items():
        _check_axis(name, axis, refuse)


def _check_axis(name: str, axis: Any, refuse: Callable[[str], None]) -> None:
    if not isinstance(axis, dict) or not {"groups", "forms"} <= set(axis):
        refuse(f"axes.{name}: an axis holds at least `groups` and `forms`")
    if unknown := sorted(set(axis) - AXIS_KEYS):
        refuse(f"axes.{name}: unknown key {unknown[0]!r}")
    for number, line in enumerate([*axis["forms"], *axis.get("names", [])]):
        where = f"axes.{name}, line {number + 1} of its forms"
        stray = [str(key) for key in line if key != "when" and key not in axis["groups"]]
        if stray:
            refuse(f"{where}: {stray[0]!r} is no group of this axis")
        if line.get("when") not in {None, DETERMINER, NOUN}:
            refuse(f"{where}: `when` is {DETERMINER} or {NOUN}")
        if not all(_forms(value) for key, value in line.items() if key != "when"):
            refuse(f"{where}: a form is empty")
    for pattern in axis.get("senseless", []):
        try:
            re.compile(pattern)
        except re.error as error:
            refuse(f"axes.{name}.senseless: {pattern!r} is no regular expression: {error}")


def _extend(base: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    """Add the user's lines to the built-in ones; what both set, the user's file decides."""
    out = {**base, **{key: value for key, value in mine.items() if key not in {"axes", "protected", *PLACES}}}
    out["protected"] = [*base.get("protected", []), *mine.get("protected", [])]
    out |= {key: {**base.get(key, {}), **mine.get(key, {})} for key in PLACES}
    out["axes"] = dict(base.get("axes", {}))
    for name, axis in mine["axes"].items():
        known = out["axes"].get(name, {})
        out["axes"][name] = {
            "groups": list(dict.fromkeys([*known.get("groups", []), *axis["groups"]])),
            **{key: [*axis.get(key, []), *known.get(key, [])] for key in ("forms", "names", "senseless")},
        }
    return out


def _places(plain: dict[str, Any], key: str) -> dict[str, frozenset[str]]:
    return {word: frozenset(after) for word, after in plain.get(key, {}).items()}


def _parse(plain: dict[str, Any]) -> Lexicon:
    lexicon = Lexicon(
        str(plain["language"]),
        plain.get("whole_words", "true") == "true",
        plain.get("articles", "false") == "true",
        {},
        str(plain.get("provenance", "")),
        frozenset(plain.get("function_words", ())),
        tuple(plain.get("protected", ())),
        _places(plain, "not_before"),
        _places(plain, "only_before"),
    )
    for name, axis in plain["axes"].items():
        senseless = axis.get("senseless")
        lexicon.axes[name] = Axis(
            name, tuple(axis["groups"]), re.compile("|".join(senseless), re.IGNORECASE) if senseless else None
        )
        for kind in ("forms", "names"):
            for line in axis.get(kind, []):
                raw = {group: _forms(line[group]) for group in axis["groups"] if group in line}
                meaning = Meaning(
                    {group: tuple(form.removeprefix(UNREAD) for form in forms) for group, forms in raw.items()},
                    line.get("when"),
                    frozenset(form[1:] for forms in raw.values() for form in forms if form.startswith(UNREAD)),
                )
                for key, sense in _entries(name, meaning, kind):
                    senses = (lexicon._names if kind == "names" else lexicon._senses).setdefault(key, [])
                    # Of two lines for one place, the first one decides.
                    if all(known.group == sense.group and known.meaning.when != meaning.when for known in senses):
                        senses.append(sense)
    return lexicon


def _entries(axis: str, meaning: Meaning, kind: str) -> Iterator[tuple[str, _Sense]]:
    for group, forms in meaning.forms.items():
        for term in forms:
            if term in meaning.unread:
                continue
            yield (term if kind == "names" else term.lower()), _Sense(axis, group, meaning)


def _forms(value: Any) -> tuple[str, ...]:
    forms = (value,) if isinstance(value, str) else tuple(value or ())
    return forms if forms and all(isinstance(form, str) and form for form in forms) else ()

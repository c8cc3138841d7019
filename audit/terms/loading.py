"""Reading lexicons: the built-in ones, and files of the user that extend or replace them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from audit.config.nearest import meant
from audit.config.reading import parse_yaml, refuse_broken_text
from audit.errors import ConfigError, some
from audit.terms.lexicon import DETERMINER, NOUN, PLACES, READINGS, Axis, Lexicon, Meaning, Sense
from audit.terms.names import Kind
from audit.terms.segments import SEGMENTERS, segmenter_version

LANGUAGES = ("en", "zh")
#: Keys whose entries a file of the user adds to the built-in ones.
LISTS = ("protected", "entities", "hidden", "surnames")
#: Kinds of lines of an axis; where it is None, the form itself tells (German, woman).
LINES: dict[str, Kind | None] = {"forms": None, "names": "first_name", "titles": "title"}
KEYS = {
    "language", "provenance", "whole_words", "articles", "segmenter", "axes", "readings", *LISTS, *PLACES,
}  # fmt: skip
AXIS_KEYS = {"groups", "senseless", "forms", "names", "titles"}
#: Begins a form that is written and not recognised.
UNREAD = "="


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
                    where="exchange.languages",
                    hint="name a file of your own in exchange.lexicons",
                )
            raw[language] = _built_in(language)
    for path in own:
        mine = _read(path)
        raw[mine["language"]] = _extend(raw.get(mine["language"], {}), mine)
    lexicons = [_parse(plain) for plain in raw.values()]
    known = {name for lexicon in lexicons for name in lexicon.axes}
    if unknown := [axis for axis in axes if axis not in known]:
        raise ConfigError(
            f"no lexicon has the axis {unknown[0]!r}; there are {some(sorted(known), 20)}"
            f"{meant(unknown[0], sorted(known))}",
            where="exchange.axes",
        )
    return [lexicon.limited(axes) for lexicon in lexicons] if axes else lexicons


def lexicons_sha256(lexicons: Sequence[Lexicon]) -> str:
    """Hash everything that decides what is found."""
    plain = [
        [
            lexicon.language, lexicon.whole_words, lexicon.articles, sorted(lexicon.axes), sorted(lexicon.protected),
            sorted(lexicon.entities), lexicon.hidden.pattern if lexicon.hidden else "", sorted(lexicon.surnames),
            [lexicon.segmenter, segmenter_version()] if lexicon.segmenter else [],
            [sorted((word, sorted(beside)) for word, beside in lexicon.places[key].items()) for key in PLACES],
            sorted((name, sorted(words)) for name, words in lexicon.readings.items()),
            sorted((axis.name, axis.senseless.pattern if axis.senseless else "") for axis in lexicon.axes.values()),
            sorted(
                (word, sense.axis, sense.group, sorted(sense.meaning.forms.items()), sense.meaning.when or "")
                for senses in (lexicon.senses, lexicon.capitals)
                for word, found in senses.items()
                for sense in found
            ),
        ]
        for lexicon in lexicons
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


@cache
def _built_in(language: str) -> dict[str, Any]:
    """Read a built-in lexicon once: nobody changes what is returned, and an audit asks for it five times."""
    text = (files("audit.terms") / "lexicons" / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(_load(text, language))


def _load(text: str, where: str) -> Any:
    """Read YAML with every scalar as text: `on`, `no` and `off` are words here."""
    data = parse_yaml(text, where, only_text=True)
    refuse_broken_text(data, where)
    return data


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = _load(path.read_text(encoding="utf-8-sig"), str(path))
    except FileNotFoundError:
        raise ConfigError("no such file", where=str(path), hint="exchange.lexicons names lexicon files") from None
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
    if plain.get("segmenter") not in {None, *SEGMENTERS}:
        refuse(f"segmenter: there is {some(list(SEGMENTERS))}")
    if stray := sorted(set(plain.get("readings", ())) - set(READINGS)):
        refuse(f"readings: unknown key {stray[0]!r}")
    _check_patterns("hidden", plain.get("hidden", []), refuse)
    for name, axis in plain["axes"].items():
        _check_axis(name, axis, refuse)


def _check_axis(name: str, axis: Any, refuse: Callable[[str], None]) -> None:
    if not isinstance(axis, dict) or not {"groups", "forms"} <= set(axis):
        refuse(f"axes.{name}: an axis holds at least `groups` and `forms`")
    if unknown := sorted(set(axis) - AXIS_KEYS):
        refuse(f"axes.{name}: unknown key {unknown[0]!r}")
    for number, line in enumerate([line for key in LINES for line in axis.get(key, [])]):
        where = f"axes.{name}, line {number + 1} of its forms"
        stray = [str(key) for key in line if key != "when" and key not in axis["groups"]]
        if stray:
            refuse(f"{where}: {stray[0]!r} is no group of this axis")
        if line.get("when") not in {None, DETERMINER, NOUN}:
            refuse(f"{where}: `when` is {DETERMINER} or {NOUN}")
        if not all(_forms(value) for key, value in line.items() if key != "when"):
            refuse(f"{where}: a form is empty")
    _check_patterns(f"axes.{name}.senseless", axis.get("senseless", []), refuse)


def _check_patterns(where: str, patterns: Sequence[str], refuse: Callable[[str], None]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            refuse(f"{where}: {pattern!r} is no regular expression: {error}")


def _extend(base: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    """Add the user's lines to the built-in ones; what both set, the user's file decides."""
    out = {**base, **mine}
    out |= {key: [*base.get(key, []), *mine.get(key, [])] for key in LISTS}
    out |= {key: {**base.get(key, {}), **mine.get(key, {})} for key in (*PLACES, "readings")}
    out["axes"] = dict(base.get("axes", {}))
    for name, axis in mine["axes"].items():
        known = out["axes"].get(name, {})
        out["axes"][name] = {
            "groups": list(dict.fromkeys([*known.get("groups", []), *axis["groups"]])),
            **{key: [*axis.get(key, []), *known.get(key, [])] for key in ("forms", "names", "titles", "senseless")},
        }
    return out


def _sets(plain: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {word: frozenset(words) for word, words in plain.items()}


def _any(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE) if patterns else None


def _parse(plain: dict[str, Any]) -> Lexicon:
    lexicon = Lexicon(
        str(plain["language"]),
        whole_words=plain.get("whole_words", "true") == "true",
        articles=plain.get("articles", "false") == "true",
        provenance=str(plain.get("provenance", "")),
        segmenter=plain.get("segmenter"),
        protected=tuple(plain.get("protected", ())),
        entities=tuple(plain.get("entities", ())),
        hidden=_any(plain.get("hidden", ())),
        surnames=frozenset(plain.get("surnames", ())),
        places={key: _sets(plain.get(key, {})) for key in PLACES},
        readings=_sets(plain.get("readings", {})),
    )
    for name, axis in plain["axes"].items():
        named = bool(axis.get("names") or axis.get("titles"))
        lexicon.axes[name] = Axis(name, tuple(axis["groups"]), _any(axis.get("senseless", ())), named)
        for key in LINES:
            for line in axis.get(key, []):
                raw = {group: _forms(line[group]) for group in axis["groups"] if group in line}
                meaning = Meaning(
                    {group: tuple(form.removeprefix(UNREAD) for form in forms) for group, forms in raw.items()},
                    line.get("when"),
                    frozenset(form[1:] for forms in raw.values() for form in forms if form.startswith(UNREAD)),
                )
                for term, sense in _entries(name, meaning, key):
                    senses = (lexicon.senses if key == "forms" else lexicon.capitals).setdefault(term, [])
                    # Of two lines for one place, the first one decides.
                    if all(known.group == sense.group and known.meaning.when != meaning.when for known in senses):
                        senses.append(sense)
    return lexicon


def _entries(axis: str, meaning: Meaning, key: str) -> Iterator[tuple[str, Sense]]:
    for group, forms in meaning.forms.items():
        for term in forms:
            if term in meaning.unread:
                continue
            kind = LINES[key] or ("people" if term[0].isupper() else "common")
            yield (term.lower() if key == "forms" else term), Sense(axis, group, meaning, kind)


def _forms(value: Any) -> tuple[str, ...]:
    forms = (value,) if isinstance(value, str) else tuple(value or ())
    return forms if forms and all(isinstance(form, str) and form for form in forms) else ()

"""Names of people by group, as data: what is put into a text in the place of another name.

A name list is a YAML file (under `name_lists/`, or the user's own). It tells what groups go by (origin, gender), and
gives each group given names and, unless people are called by one name, family names. With such a list one sees how a
model treats a name; whom the name belongs to, nobody can tell from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from audit.config.reading import parse_yaml, refuse_broken_text
from audit.errors import ConfigError, some

BUILT_IN = ("en",)
KEYS = {"language", "provenance", "attributes", "groups", "between", "family_first"}
PARTS = ("given", "family")


@dataclass(frozen=True)
class PersonName:
    """One name of a group; `family` is empty where there is none."""

    given: str
    family: str


@dataclass(frozen=True)
class NameGroup:
    """Names of one group.

    Attributes
    ----------
    values
        What the group is by each attribute of the list.
    """

    values: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


@dataclass(frozen=True)
class NameList:
    """Names of people by group.

    Attributes
    ----------
    attributes
        What groups go by.
    between, family_first
        How given and family name are written together.
    """

    language: str
    provenance: str
    attributes: tuple[str, ...]
    groups: tuple[NameGroup, ...]
    between: str = " "
    family_first: bool = False

    def parts(self, name: PersonName, *, alone: bool) -> list[str]:
        """Spell a name out: the given one where it stands alone, else both.

        Where names are written without a blank, nobody is called by the given name alone.
        """
        if not name.family or (alone and self.between):
            return [name.given]
        return [name.family, name.given] if self.family_first else [name.given, name.family]

    @cached_property
    def groups_of(self) -> dict[str, tuple[str, ...]]:
        """Written name, of either part and lower-cased -> its group; names that several groups share are in none."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for group in self.groups:
            for name in (*group.given, *group.family):
                found.setdefault(name.lower(), set()).add(group.values)
        return {name: next(iter(groups)) for name, groups in found.items() if len(groups) == 1}

    def value_of(self, text: str, attribute: str) -> str | None:
        """What the names of a text that are on the list go by, by one attribute; None where they differ, or none tells.

        A name that groups share, as women and men do a family name, tells nothing.
        """
        told = [self._values[attribute].get(word, set()) for word in text.lower().split()]
        found = {value for values in told if len(values) == 1 for value in values}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _values(self) -> dict[str, dict[str, set[str]]]:
        """Attribute -> written name, lower-cased -> what it goes by."""
        out: dict[str, dict[str, set[str]]] = {attribute: {} for attribute in self.attributes}
        for group in self.groups:
            for name in (*group.given, *group.family):
                for attribute, value in zip(self.attributes, group.values, strict=True):
                    out[attribute].setdefault(name.lower(), set()).add(value)
        return out

    def drawn(self, size: int, seed: int) -> dict[NameGroup, list[PersonName]]:
        """Draw the names that stand for each group: the same for every text, and equally many.

        Raises
        ------
        ConfigError
            If a group has fewer names than that.
        """
        out = {}
        for number, group in enumerate(self.groups):
            if len(group.given) < size:
                raise ConfigError(
                    f"{size} names for each group are asked for, and {' × '.join(group.values)!r} has "
                    f"{len(group.given)} given names",
                    where="exchange.names.per_group",
                    hint="ask for fewer, or name a longer list in exchange.names.file",
                )
            rng = np.random.default_rng([seed, 7, number])
            given = [group.given[i] for i in rng.permutation(len(group.given))[:size]]
            order = rng.permutation(len(group.family)).tolist()
            family = [group.family[order[i % len(order)]] if order else "" for i in range(size)]
            out[group] = [PersonName(*both) for both in zip(given, family, strict=True)]
        return out

    @property
    def sha256(self) -> str:
        """Hash of everything that decides which name is written."""
        plain = [
            self.language, self.attributes, self.between, self.family_first,
            [[group.values, group.given, group.family] for group in self.groups],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


def load_names(languages: Sequence[str], own: Path | None = None) -> NameList:
    """Load the name list of an audit: the user's, else the built-in one of the first language that has one.

    Raises
    ------
    ConfigError
        With the file and the key that is wrong, or if no list is built in for these languages.
    """
    if own is not None:
        try:
            text = own.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ConfigError(
                "no such file", where=str(own), hint="exchange.names.file names a list of names"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot be read: {error}", where=str(own)) from error
        return _parse(text, str(own))
    language = next((language for language in languages if language in BUILT_IN), None)
    if language is None:
        raise ConfigError(
            f"no names of people are built in for {some(list(languages))}; there are some for {some(list(BUILT_IN))}",
            where="exchange.languages",
            hint="name a list of your own in exchange.names.file",
        )
    return _parse((files("audit.terms") / "name_lists" / f"{language}.yaml").read_text(encoding="utf-8"), language)


def _parse(text: str, where: str) -> NameList:
    plain = parse_yaml(text, where, only_text=True)
    refuse_broken_text(plain, where)

    def refuse(what: str) -> NoReturn:
        raise ConfigError(what, where=where, hint="docs/counterfactuals.md shows a list of names")

    if not isinstance(plain, dict) or not {"language", "attributes", "groups"} <= set(plain):
        refuse("a list of names holds at least `language`, `attributes` and `groups`")
    if unknown := sorted(set(plain) - KEYS):
        refuse(f"unknown key {unknown[0]!r}")
    if plain.get("family_first") not in {None, "true", "false"}:
        refuse("family_first: true or false")
    attributes, groups = _texts(plain["attributes"]), plain["groups"]
    if not attributes or len(set(attributes)) < len(attributes) or set(attributes) & set(PARTS):
        refuse("attributes: what groups go by, for example [origin, gender], each once")
    if not isinstance(groups, list) or len(groups) < 2:
        refuse("groups: at least two, for otherwise there is nothing to compare")
    read = tuple(_group(number, group, attributes, refuse) for number, group in enumerate(groups, 1))
    if len({group.values for group in read}) < len(read):
        refuse("two groups are the same")
    return NameList(
        str(plain["language"]), " ".join(str(plain.get("provenance", "")).split()), attributes, read,
        str(plain.get("between", " ")), plain.get("family_first") == "true",
    )  # fmt: skip


def _group(number: int, group: Any, attributes: Sequence[str], refuse: Any) -> NameGroup:
    if not isinstance(group, dict) or set(group) - {*attributes, *PARTS} or not {*attributes, "given"} <= set(group):
        refuse(f"group {number}: it holds {some([*attributes, 'given'])}, may hold `family`, and nothing else")
    names = {part: _texts(group.get(part, [])) for part in PARTS}
    if not names["given"] or (group.get("family") and not names["family"]):
        refuse(f"group {number}: `given` and `family` are lists of names")
    if broken := [name for part in PARTS for name in names[part] if name.split() != [name]]:
        refuse(f"group {number}: {broken[0]!r} is no single word")
    if not all(isinstance(group[name], str) and group[name].strip() for name in attributes):
        refuse(f"group {number}: it has no name")
    return NameGroup(tuple(group[name] for name in attributes), names["given"], names["family"])


def _texts(value: Any) -> tuple[str, ...]:
    found = tuple(value) if isinstance(value, list) else ()
    return found if all(isinstance(item, str) and item for item in found) else ()

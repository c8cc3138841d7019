"""Another name in the place of a person's: the words of a text, and the place of the entity in them.

What stands around the name stays: a possessive, punctuation that no blank parts from it, and the way of its capitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.data.examples import Words
from audit.terms.people import NameList, PersonName

#: Signs of an address, a mention, a number: such a word is no name that another could stand for.
_NO_NAME = re.compile(r"[@#\d_/\\]|www\.")
_POSSESSIVE = re.compile(r"['’]s?$")
#: Why no name is put somewhere.
REFUSED = ("title", "no_plain_name")


@dataclass(frozen=True)
class Renamed:
    """A text with another name.

    Attributes
    ----------
    words
        The text.
    first, end
        First word of the entity in it, and the one after its last.
    written
        What stands in the place of the entity's characters.
    """

    words: Words
    first: int
    end: int
    written: str


def refused(words: Words, first: int, end: int, is_title: Callable[[str], bool]) -> str | None:
    """Say why no other name is put in the place of an entity, one of `REFUSED`; None if it can be.

    Parameters
    ----------
    is_title
        Whether a word is a title that tells the gender (Mrs.).
    """
    mine = words.words[first:end]
    if any(map(_NO_NAME.search, mine)) or _core("".join(mine)) is None:
        return "no_plain_name"
    return "title" if any(map(is_title, mine)) else None


def renamed(words: Words, first: int, end: int, name: PersonName, names: NameList) -> Renamed:
    """Put a name in the place of words `first` to `end` − 1 that `refused` lets pass.

    An entity of one word becomes a given name, one of several words a given and a family name. Where words are single
    characters, as of a text without blanks, the name's are too.
    """
    start, stop = words.starts[first], words.ends[end - 1]
    old = words.text[start:stop]
    found = _core(old)
    if found is None:
        raise ValueError(f"{old!r} is no name")
    parts = [_cased(part, old[slice(*found)]) for part in names.parts(name, alone=end - first == 1)]
    if not names.between:
        joined = "".join(parts)
        single = all(len(word) == 1 for word in words.words[first:end]) and end - first > 1
        parts = list(joined) if single else [joined]
    before, behind = old[: found[0]], old[found[1] :].rstrip()
    pieces = [*parts]
    pieces[0], pieces[-1] = before.lstrip() + pieces[0], pieces[-1] + behind
    written = names.between.join(pieces)
    return Renamed(_put(words, first, end, pieces, names.between), first, first + len(pieces), written)


def _core(old: str) -> tuple[int, int] | None:
    """Place of the name in the characters of an entity: from its first letter to its last, without a possessive."""
    letters = [at for at, character in enumerate(old) if character.isalpha()]
    if not letters:
        return None
    possessive = _POSSESSIVE.search(old)
    if possessive and possessive.start() > letters[0]:
        letters = [at for at in letters if at < possessive.start()]
    return letters[0], letters[-1] + 1


def _cased(part: str, old: str) -> str:
    """Write a name as the one before was: all capitals, none, or as a name."""
    letters = [character for character in old if character.isalpha()]
    if len(letters) > 1 and old.isupper():
        return part.upper()
    return part.lower() if old.islower() else part


def _put(words: Words, first: int, end: int, pieces: Sequence[str], between: str) -> Words:
    start, stop = words.starts[first], words.ends[end - 1]
    written = between.join(pieces)
    starts, at = [], start
    for piece in pieces:
        starts.append(at)
        at += len(piece) + len(between)
    grown = len(written) - (stop - start)
    return Words(
        words.text[:start] + written + words.text[stop:],
        (*words.starts[:first], *starts, *(place + grown for place in words.starts[end:])),
        (
            *words.ends[:first],
            *(place + len(piece) for place, piece in zip(starts, pieces, strict=True)),
            *(place + grown for place in words.ends[end:]),
        ),
    )

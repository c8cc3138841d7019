"""Emoji that only decorate, removed.

An emoji may be the message: a face turns praise into mockery, an animal or a gesture insults. So only those that say
nothing of their own are removed, and only at the end of a text or behind a mark. Refused: faces, people, gestures,
animals, food, flags, hearts, notes, which say that a song is quoted, and all others (`carries_meaning`), and those that
stand for a word (`in_sentence`: I ☕ every morning).
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from audit.probes.exchange import Edit
from audit.probes.robustness.text import Left, TextTransform
from audit.probes.robustness.transform import Draw

#: Stars, decoration, office and travel signs, arrows, weather.
_DECORATION = frozenset("✨🌟⭐💫🎉🎊🎈🎀📷📸📹🎥📺📻🔗📌📍📅📆📝📚📖📰📣📢🔔🎬🎨☀⛅☁🌞🌈🌸🌷🌼🌺🍀🍃🍂🍁➡⬇▶🔹🔸▪")
_EMOJI = regex.compile(
    r"(?:\p{Extended_Pictographic}|\p{Regional_Indicator})(?:\p{EMod}|\uFE0F|\u200D\p{Extended_Pictographic})*"
)
_RUN = regex.compile(rf"\s*(?:(?:{_EMOJI.pattern})\s*)+")


def _removed(text: str, draw: Draw) -> Iterator[Edit | Left]:
    for found in _RUN.finditer(text):
        start, end = found.span()
        signs = {one.group().rstrip("\ufe0f") for one in _EMOJI.finditer(found.group())}
        before, behind = text[:start], text[end:]
        if not signs <= _DECORATION:
            yield Left(start, end, "carries_meaning")
        elif not before.strip() or (behind.strip() and before[-1] not in ".!?…。！？"):
            yield Left(start, end, "in_sentence")
        else:
            yield Edit(start, end, found.group(), " " if behind else "")


TRANSFORMS = (TextTransform("emoji_removed", _removed, (1.0,)),)

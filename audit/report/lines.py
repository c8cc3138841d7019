"""Lines of words in scripts of wide characters (Chinese, Japanese, Korean), which take two columns and no blanks."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from string import Formatter
from typing import Any

import regex

#: What may stand at the beginning of no line, and at the end of none.
CLOSING, OPENING = "，。、；：？！）》〉」』】〕”’％…", "（《〈「『【〔“‘"
#: Between two of these a line may break: a character of an East Asian script with the marks that cling to it, a blank
#: that breaks, or a word, of which a hyphen ends a part.
_PIECE = regex.compile(
    rf"[^\S\u00a0]+|[{OPENING}]*[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}\p{{Hangul}}][{CLOSING}]*"
    rf"|[{OPENING}]*(?:[^\s\p{{Han}}\p{{Hiragana}}\p{{Katakana}}\p{{Hangul}}{OPENING}-]|\u00a0)+-*|-+|[{OPENING}]+"
)


def filled(message: str, params: Mapping[str, Any]) -> str:
    """Fill in a message, as `str.format` does, and drop the blank around a parameter where wide characters meet.

    Words of a language without blanks set a parameter off by blanks, as it may be a number or a name in Latin letters:
    `按 {attributes} 划分` is `按 gender 划分`, and `按性别划分`.
    """
    form, out, before = Formatter(), "", ""
    for literal, name, spec, conversion in form.parse(message):
        if literal.startswith(" ") and _wide(before[-1:]) and _wide(literal[1:2]):
            literal = literal[1:]
        out += literal
        before = ""
        if name is not None:
            value, _ = form.get_field(name, (), params)
            value = form.convert_field(value, conversion)
            before = form.format_field(value, form.vformat(spec or "", (), params))
            if literal.endswith(" ") and _wide(literal[-2:-1]) and _wide(before[:1]):
                out = out[:-1]
            out += before
    return out


def _wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"


def columns(text: str) -> int:
    """Width of a text in columns: wide characters take two, those that combine with the one before none."""
    return sum(0 if unicodedata.combining(letter) else 2 if _wide(letter) else 1 for letter in text)


def broken(text: str, width: int, most: int | None = None, more: str = "…") -> list[str]:
    """Break a text into lines.

    Parameters
    ----------
    width
        Columns of a line at most, two at least; longer words are broken.
    most
        Lines at most; the last one ends with `more` where something is left out. Default: as many as there are.
    """
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if columns(line + piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = ""
        line = (line + piece).lstrip() if not line else line + piece
        while columns(line.rstrip()) > width:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    lines += [line.rstrip()] if line.strip() else []
    if most is None or len(lines) <= most:
        return lines or [""]
    return [*lines[: most - 1], _head(lines[most - 1], width - columns(more)).rstrip() + more]


def _head(text: str, width: int) -> str:
    """As many characters as fit."""
    taken = 0
    for number, letter in enumerate(text):
        taken += columns(letter)
        if taken > width:
            return text[: max(number, 1)]
    return text

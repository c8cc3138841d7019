"""Marks and Latin letters of Chinese texts in full or in half width: ， and ,  Ａ and A.

Both forms are of one character (Unicode, UAX 11); digits keep theirs, and so do marks beside a digit (`number`).
Refused: texts without Chinese characters (`no_place`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.exchange import Edit
from audit.probes.robustness.text import Left, TextTransform
from audit.probes.robustness.transform import Draw

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_MARKS = ",!?:;()"
_FULL = {letter: chr(ord(letter) + 0xFEE0) for letter in _MARKS}
_HALF = {full: half for half, full in _FULL.items()} | {"。": "."}
_LATIN = re.compile(r"[A-Za-z]+")
_WIDE = re.compile(r"[Ａ-Ｚａ-ｚ]+")


def _full(text: str, draw: Draw) -> Iterator[Edit | Left]:
    if not _HAN.search(text):
        return
    for at, mark in enumerate(text):
        if mark in _FULL:
            yield _mark(text, at, _FULL[mark])
    for found in _LATIN.finditer(text):
        yield Edit(*found.span(), found.group(), "".join(chr(ord(letter) + 0xFEE0) for letter in found.group()))


def _half(text: str, draw: Draw) -> Iterator[Edit | Left]:
    if not _HAN.search(text):
        return
    for at, mark in enumerate(text):
        if mark in _HALF:
            yield _mark(text, at, _HALF[mark])
    for found in _WIDE.finditer(text):
        yield Edit(*found.span(), found.group(), "".join(chr(ord(letter) - 0xFEE0) for letter in found.group()))


def _mark(text: str, at: int, new: str) -> Edit | Left:
    beside = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    if any(map(str.isdigit, beside)):
        return Left(at, at + 1, "number")
    return Edit(at, at + 1, text[at], new)


TRANSFORMS = (
    TextTransform("full_width", _full, SHARES, guarded=False),
    TextTransform("half_width", _half, SHARES, guarded=False),
)

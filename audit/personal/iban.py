"""International bank account numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.personal.checksums import mod_97
from audit.personal.found import Found

#: Characters of an account number by country: SWIFT, IBAN Registry (release 99).
LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}", re.ASCII)


def find(text: str) -> Iterator[Found]:
    """Yield numbers with the length of their country and the check of ISO/IEC 7064 MOD 97-10."""
    for match in _START.finditer(text):
        length = LENGTHS.get(match.group()[:2].upper())
        if length is None:
            continue
        end = _end(text, match.start(), length)
        if end is not None and mod_97(re.sub(r"[ -]", "", text[match.start() : end])):
            yield Found(match.start(), end, "iban", "mod_97")


def _end(text: str, start: int, length: int) -> int | None:
    """Where so many letters and digits end, with single blanks or hyphens between; None where they do not."""
    at = start
    for number in range(length):
        if number and text[at : at + 1] in {" ", "-"}:
            at += 1
        letter = text[at : at + 1]
        if not (letter.isascii() and letter.isalnum()):
            return None
        at += 1
    following = text[at : at + 1]
    return None if following.isascii() and following.isalnum() else at

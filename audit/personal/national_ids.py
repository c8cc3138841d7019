"""Numbers by which states know people, of nine countries."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from audit.personal.around import is_called_otherwise, is_near, is_part_of_more
from audit.personal.checksums import mod_11_2, mod_11_10, mod_23_letter, verhoeff
from audit.personal.found import Found


@dataclass(frozen=True)
class Scheme:
    """One kind of number.

    Attributes
    ----------
    name
        Code.
    shape
        How it is written.
    holds
        Its rule, of the number without marks between its parts, in capitals.
    bare
        How it is written without marks, where that alone is not enough.
    called
        Words that must stand near a bare one.
    """

    name: str
    shape: re.Pattern[str]
    holds: Callable[[str], bool]
    bare: re.Pattern[str] | None = None
    called: re.Pattern[str] | None = None


def find(text: str) -> Iterator[Found]:
    """Yield numbers that hold the rule of their scheme: a check digit, or ranges where there is none."""
    for scheme in SCHEMES:
        for shape, needs_words in ((scheme.shape, False), (scheme.bare, True)):
            for match in shape.finditer(text) if shape else ():
                start, end = match.span()
                if not scheme.holds(re.sub(r"[ ./-]", "", match.group()).upper()) or is_part_of_more(text, start, end):
                    continue
                called = scheme.called is not None and is_near(scheme.called, text, start, end)
                if called or not (needs_words or is_called_otherwise(text, start)):
                    yield Found(start, end, "national_id", scheme.name)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return 1880 <= year <= 2100


#: First two digits: provinces and what is like one (GB/T 2260); 83 is for residents of Taiwan.
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123]")


def _chinese(number: str) -> bool:
    born = int(number[6:10]), int(number[10:12]), int(number[12:14])
    return bool(_PROVINCES.match(number)) and _is_day(*born) and mod_11_2(number)


#: Printed in advertisements, and used by thousands since: never given to anybody again.
_ADVERTISED = frozenset({"078051120", "219099999", "457555462"})


def _american(number: str) -> bool:
    area, group, serial = number[:3], number[3:5], number[5:]
    given = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return given and number not in _ADVERTISED and len(set(number)) > 1 and number != "123456789"


def _british(number: str) -> bool:
    return number[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def _french(number: str) -> bool:
    month, place = int(number[3:5]), number[5:7]
    # Corsica has letters, which the key reads as numbers.
    plain = int(number[:13].replace("2A", "19").replace("2B", "18"))
    known = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50
    return known and place != "00" and 97 - plain % 97 == int(number[13:])


def _german(number: str) -> bool:
    counts = sorted(number[:10].count(digit) for digit in set(number[:10]))
    # Of the first ten digits one occurs two or three times, the others once.
    return number[0] != "0" and counts[-1] in {2, 3} and set(counts[:-1]) == {1} and mod_11_10(number)


def _indian(number: str) -> bool:
    return number[0] not in "01" and verhoeff(number)


def _spanish(number: str) -> bool:
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return mod_23_letter(int(digits)) == number[-1]


_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
                 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def _italian(number: str) -> bool:
    odd = sum(_ODD[letter] for letter in number[0:15:2])
    even = sum(int(letter) if letter.isdigit() else ord(letter) - 65 for letter in number[1:15:2])
    return chr(65 + (odd + even) % 26) == number[15]


def _brazilian(number: str) -> bool:
    for at in (9, 10):
        total = sum(int(digit) * (at + 1 - place) for place, digit in enumerate(number[:at]))
        if total * 10 % 11 % 10 != int(number[at]):
            return False
    return len(set(number)) > 1


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_EDGE = r"(?<![0-9A-Za-z])"
SCHEMES = (
    Scheme("cn_resident_id", re.compile(rf"{_EDGE}[1-8]\d{{16}}[\dXx]", re.ASCII), _chinese),
    Scheme(
        "us_ssn",
        re.compile(rf"{_EDGE}(?!9)\d{{3}}([- ])(?!00)\d{{2}}\1\d{{4}}", re.ASCII),
        _american,
        re.compile(rf"{_EDGE}(?!9)\d{{9}}", re.ASCII),
        _words(r"\bssn\b|social security|\bss#"),
    ),
    Scheme(
        "uk_nino",
        re.compile(
            rf"{_EDGE}[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d\d([ -]?)\d\d\1\d\d[ -]?[A-D]",
            re.IGNORECASE | re.ASCII,
        ),
        _british,
    ),
    Scheme(
        "fr_nir",
        re.compile(
            rf"{_EDGE}[123478][ .]?\d\d[ .]?\d\d[ .]?(?:\d\d|2[AB])[ .]?\d{{3}}[ .]?\d{{3}}[ ./-]{{0,3}}\d\d", re.ASCII
        ),
        _french,
    ),
    Scheme(
        "de_tax_id",
        re.compile(rf"{_EDGE}[1-9]\d ?\d{{3}} ?\d{{3}} ?\d{{3}}", re.ASCII),
        _german,
        called=_words(r"steuer|\bid(?:-|entifikations)?nr|tin\b|tax id"),
    ),
    Scheme(
        "in_aadhaar",
        re.compile(rf"{_EDGE}[2-9]\d{{3}}([ -])\d{{4}}\1\d{{4}}", re.ASCII),
        _indian,
        re.compile(rf"{_EDGE}[2-9]\d{{11}}", re.ASCII),
        _words(r"aadhaar|aadhar|uidai|\buid\b|आधार"),
    ),
    Scheme(
        "es_dni",
        re.compile(
            rf"{_EDGE}(?:\d{{8}}|\d{{2}}\.\d{{3}}\.\d{{3}}|[XYZ][ -]?\d{{7}})[ -]?[A-HJ-NP-TV-Z]",
            re.IGNORECASE | re.ASCII,
        ),
        _spanish,
    ),
    Scheme(
        "it_codice_fiscale",
        re.compile(rf"{_EDGE}[A-Z]{{6}} ?\d\d ?[A-EHLMPRST]\d\d ?[A-Z]\d{{3}} ?[A-Z]", re.IGNORECASE | re.ASCII),
        _italian,
    ),
    Scheme("br_cpf", re.compile(rf"{_EDGE}\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d", re.ASCII), _brazilian),
)  # fmt: skip

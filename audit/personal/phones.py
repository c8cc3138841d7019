"""Telephone numbers: of six countries as they are written at home, of all as they are dialled from abroad.

The rules are those of the numbering plans (ITU-T E.164 and the national ones), in few lines. The tables that the
package `phonenumbers` keeps know which numbers are given out; tests hold these rules against them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.personal.around import is_called_otherwise, is_near, is_part_of_more
from audit.personal.found import Found

_ABROAD = re.compile(
    r"(?<![\w+])(?:\+|＋|(?<!\d[ -])00(?=[1-9]\d|1[ -]))(?P<number>\d{1,3}(?:[ ./-]{0,2}(?:\(\d{1,5}\)|\d)){5,17})",
    re.ASCII,
)
#: Codes of countries: one digit, two, or three (ITU-T E.164, annex).
_ONE, _TWO = re.compile("[17]"), re.compile("2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
_THREE = re.compile(
    "21[1-368]|22|23|24|25[0-8]|26|29[0179]|35|37[0-8]|38[0-25-79]|42[013]|50|59|67[02-9]|68[0-35-9]|69[0-2]|"
    "85[02356]|88[06]|96[0-8]|97[0-7]|99[2-68]"
)


@dataclass(frozen=True)
class Plan:
    """How numbers of one country are written at home.

    Attributes
    ----------
    country, code
        ISO code, and what is dialled from abroad.
    national
        What follows the code of the country, digits alone.
    clear
        Written so that it is nothing else.
    bare
        Written so that it may be something else: words must stand near it.
    """

    country: str
    code: str
    national: re.Pattern[str]
    clear: re.Pattern[str]
    bare: re.Pattern[str]


_NANP = r"[2-9](?!11)\d\d[2-9]\d{6}"
_CN_MOBILE = r"1(?:3\d|4[014-9]|5[0-35-9]|6[25-7]|7[0-8]|8\d|9[0-35-9])\d{8}"
_UK = r"(?:1\d{8,9}|2\d{9}|3\d{9}|7[1-57-9]\d{8}|800\d{6,7}|8[04-9]\d{8})"
_DE = r"(?:1(?:5\d{8,9}|6[0-9]\d{7,8}|7[0-9]\d{7,8})|(?:30|40|69|89)\d{5,9}|[2-9]\d{6,10})"
PLANS = (
    Plan(
        "us",
        "1",
        re.compile(_NANP),
        re.compile(
            r"(?:1[ .-])?(?:\([2-9]\d\d\)[ -]?|[2-9]\d\d(?P<mark>[ .-]))[2-9]\d\d(?(mark)(?P=mark)|[ .-])\d{4}",
            re.ASCII,
        ),
        re.compile(r"1?[2-9]\d\d[2-9]\d{6}", re.ASCII),
    ),
    Plan(
        "gb",
        "44",
        re.compile(_UK),
        re.compile(
            r"\(0\d{2,4}\)[ -]?\d{3,4}[ -]?\d{3,4}|02\d[ -]\d{4}[ -]?\d{4}|07\d{3}[ -]\d{3}[ -]?\d{3}|"
            r"01\d1[ -]\d{3}[ -]\d{4}|01\d{3}[ -]\d{5,6}|01\d{3}[ -]\d{3}[ -]\d{3}|0[38]\d\d[ -]\d{3}[ -]\d{3,4}|"
            r"07[1-57-9]\d{8}",
            re.ASCII,
        ),
        re.compile(r"0[1-38]\d{8,9}", re.ASCII),
    ),
    Plan(
        "de",
        "49",
        re.compile(_DE),
        re.compile(
            r"\(0\d{2,4}\)[ -/]{0,3}\d{2,4}(?:[ -]?\d{2,4}){1,3}|0\d{2,4}[ ]?/[ ]?\d{2,4}(?:[ -]?\d{2,4}){1,3}|"
            r"01[567]\d{1,3}[ -/][ ]?\d{3}(?:[ -]?\d{2,4}){1,2}|0(?:30|40|69|89)[ -]\d{2,4}(?:[ -]?\d{2,4}){1,2}|"
            r"01(?:5[0-9]\d|6[0-9]|7[0-9])\d{7,8}",
            re.ASCII,
        ),
        re.compile(r"0[2-9]\d{1,3}[ -]?\d{2,4}(?:[ -]?\d{2,4}){1,3}", re.ASCII),
    ),
    Plan(
        "fr",
        "33",
        re.compile(r"[1-9]\d{8}"),
        re.compile(r"0[1-9](?P<mark>[ .-])\d\d(?:(?P=mark)\d\d){3}", re.ASCII),
        re.compile(r"0[1-9]\d{8}", re.ASCII),
    ),
    Plan(
        "cn",
        "86",
        re.compile(rf"{_CN_MOBILE}|10\d{{8}}|2\d{{9}}|[3-9]\d{{9,10}}"),
        re.compile(
            r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\(0(?:10|2\d|[3-9]\d\d)\)[ -]?\d{3,4}[ -]?\d{4}|"
            r"0(?:10|2\d|[3-9]\d\d)(?:-\d{3,4}[ -]?|[ ]\d{3,4}[ ])\d{4}",
            re.ASCII,
        ),
        re.compile(r"0(?:10|2\d|[3-9]\d\d)[ ]?\d{7,8}", re.ASCII),
    ),
    Plan(
        "in",
        "91",
        re.compile(r"[1-9]\d{9}"),
        re.compile(
            r"0?[6-9]\d{4}[ -](?:\d{5}|\d{3}[ -]\d{3})|0[1-9]\d{2,4}[ ]\d{3}[ ]\d{3,4}|"
            r"0(?:11|22|33|40|44|79|80|20)[ -]\d{4}[ -]?\d{4}",
            re.ASCII,
        ),
        re.compile(r"0?[6-9]\d{9}|0\d{2,4}[ -]\d{6,8}", re.ASCII),
    ),
)  # fmt: skip
_CALLED = re.compile(
    r"\b(?:tel|tél|phone|telephone|telefon|téléphone|teléfono|call|called|ring|text|sms|whatsapp|wechat|signal|mobile|mob|"
    r"cell|handy|handynummer|rufnummer|anrufen|ruf|portable|appelle|appelez|joindre|dial|hotline|fax|reach me|"
    r"contact|number is|my number|rappel|fone|ph)\b|电话|手机|号码|联系|拨打|微信|致电|फ़ोन|मोबाइल",
    re.IGNORECASE,
)
_MOST = 15


def find(text: str) -> Iterator[Found]:
    """Yield numbers that their plan allows."""
    for match in _ABROAD.finditer(text):
        start, end = match.span()
        country = _country(re.sub(r"\D", "", match["number"].replace("(0)", "")))
        dialled = match.group()[0] in "+＋" or not is_called_otherwise(text, start)
        if country and dialled and not re.match(r"[\w]|[.,-]\d", text[end : end + 2], re.ASCII):
            yield Found(start, end, "phone", country)
    # What is clear in one country comes before what might be of another.
    shapes = [*((plan, plan.clear, False) for plan in PLANS), *((plan, plan.bare, True) for plan in PLANS)]
    for plan, shape, needs_words in shapes:
        for match in shape.finditer(text):
            if _is_home(plan, match.group()) and _stands_alone(text, *match.span(), needs_words=needs_words):
                yield Found(*match.span(), "phone", plan.country)


def _country(digits: str) -> str | None:
    """Which plan a number dialled from abroad is of: one of the six, or another with a known code."""
    for plan in PLANS:
        if digits.startswith(plan.code):
            # Some write the zero of home into it.
            national = digits[len(plan.code) :].removeprefix("0")
            return plan.country if plan.national.fullmatch(national) else None
    known = next((code.match(digits) for code in (_ONE, _TWO, _THREE) if code.match(digits)), None)
    return "abroad" if known and 8 <= len(digits) <= _MOST else None


def _is_home(plan: Plan, written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    if plan.country == "us":
        return bool(plan.national.fullmatch(digits.removeprefix("1")))
    if plan.country == "cn" and digits[0] == "1":
        return bool(re.fullmatch(_CN_MOBILE, digits))
    return bool(plan.national.fullmatch(digits.removeprefix("0")))


def _stands_alone(text: str, start: int, end: int, *, needs_words: bool) -> bool:
    if is_part_of_more(text, start, end) or is_called_otherwise(text, start):
        return False
    return not needs_words or is_near(_CALLED, text, start, end)

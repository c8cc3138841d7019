"""Numbers of payment cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.personal.around import is_called_otherwise, is_part_of_more
from audit.personal.checksums import ean_13, luhn
from audit.personal.found import Found

#: Groups as they are printed on cards, or no groups at all; the same mark between all of them.
_SHAPE = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{13,19}", re.ASCII)
#: Issuer, its first digits, and how many digits its numbers have (ISO/IEC 7812 register, as issuers publish it).
_ISSUERS = tuple(
    (name, re.compile(first), lengths)
    for name, first, lengths in (
        ("visa", r"4", {13, 16, 19}),
        ("mastercard", r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", {16}),
        ("american_express", r"3[47]", {15}),
        ("discover", r"6011|64[4-9]|65", {16, 19}),
        ("diners_club", r"30[0-5]|3[689]", {14, 16}),
        ("jcb", r"352[89]|35[3-8]", {16, 19}),
        ("unionpay", r"62|81", {16, 17, 18, 19}),
        ("maestro", r"50[123]8|5893|6304|6759|676[1-3]", {13, 14, 15, 16, 17, 18, 19}),
    )
)


def find(text: str) -> Iterator[Found]:
    """Yield numbers with the first digits and the length of an issuer, and the check of Luhn."""
    for match in _SHAPE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        issuer = next(
            (name for name, first, lengths in _ISSUERS if first.match(digits) and len(digits) in lengths), None
        )
        if issuer is None or not luhn(digits) or len(set(digits)) == 1:
            continue
        if len(digits) == 13 and digits[:3] in {"978", "979"} and ean_13(digits):
            continue
        if not is_part_of_more(text, *match.span()) and not is_called_otherwise(text, match.start()):
            yield Found(*match.span(), "payment_card", issuer)

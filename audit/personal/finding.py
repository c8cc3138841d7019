"""All finders, asked in turn."""

from __future__ import annotations

import re
from bisect import bisect_right as bisect
from collections.abc import Callable, Iterable, Iterator

from audit.personal import addresses, cards, coordinates, email, iban, national_ids, phones
from audit.personal.found import KINDS, Found, Kind

__all__ = ["KINDS", "Finder", "Found", "Kind", "find_personal"]

Finder = Callable[[str], Iterable[Found]]
#: Those with a checksum first: of two that overlap, the first stays.
OWN: tuple[Finder, ...] = (
    email.find,
    iban.find,
    cards.find,
    national_ids.find,
    addresses.find,
    coordinates.find,
    phones.find,
)
#: What every finder needs: an at sign, spelt out or not, or two digits.
_WORTH_A_LOOK = re.compile(r"[@＠]|\d.*\d|[(\[{]\s?at\s?[)\]}]", re.IGNORECASE | re.DOTALL)


def find_personal(text: str, more: Iterable[Finder] = ()) -> list[Found]:
    """Find personal data in a text.

    Parameters
    ----------
    text
        Any text.
    more
        Further finders, asked after our own: see `audit.data.presidio`.

    Returns
    -------
    list of Found
        In the order of the text; none overlaps another.
    """
    finders = (*(OWN if _WORTH_A_LOOK.search(text) else ()), *more)
    found: list[Found] = []
    for item in _in_turn(text, finders):
        at = bisect(found, item.start, key=lambda other: other.start)
        ends_before = not at or found[at - 1].end <= item.start
        if ends_before and (at == len(found) or item.end <= found[at].start):
            found.insert(at, item)
    return found


def _in_turn(text: str, finders: Iterable[Finder]) -> Iterator[Found]:
    for finder in finders:
        # Of two of one kind that overlap, the longer is the whole.
        yield from sorted(finder(text), key=lambda item: item.start - item.end)

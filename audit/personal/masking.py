"""Personal data in a text, covered without moving anything: what is known of other places in it stays true."""

from __future__ import annotations

from collections.abc import Iterable

from audit.personal.finding import Finder, find_personal
from audit.personal.found import Found, Kind

#: What stands in the place of each kind; short, so that it fits.
LABELS: dict[Kind, str] = {
    "email": "e-mail",
    "phone": "phone",
    "payment_card": "card",
    "iban": "IBAN",
    "national_id": "ID",
    "ip_address": "IP",
    "coordinates": "place",
    "other": "name",
}
_FILL = "·"


def masked(text: str, more: Iterable[Finder] = ()) -> tuple[str, list[Found]]:
    """Cover personal data by its kind: `[e-mail·······]` of as many characters as what it covers.

    Returns
    -------
    text, found
        A text of the same length, in which every place that was not found holds what it did.
    """
    found = find_personal(text, more)
    parts, at = [], 0
    for item in found:
        parts += [text[at : item.start], _cover(item.kind, item.end - item.start)]
        at = item.end
    return "".join([*parts, text[at:]]), found


def without_personal(text: str) -> str:
    """Put a blank in the place of each piece of personal data."""
    parts, at = [], 0
    for item in find_personal(text):
        parts.append(text[at : item.start])
        at = item.end
    return " ".join([*parts, text[at:]])


def _cover(kind: Kind, length: int) -> str:
    if length < 3:
        return _FILL * length
    return f"[{LABELS[kind][: length - 2].ljust(length - 2, _FILL)}]"

"""What a finder of personal data says of one place in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["email", "phone", "payment_card", "iban", "national_id", "ip_address", "coordinates", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, order=True)
class Found:
    """One place in a text that holds personal data. It does not hold the text itself, so that no output can.

    Attributes
    ----------
    start, end
        Characters, as Python counts them; the end is not part of it.
    kind
        What it is; `other`: what a finder of somebody else calls by a name that is not ours.
    rule
        Code of the rule that it holds, as `luhn` or `cn_resident_id`.
    """

    start: int
    end: int
    kind: Kind
    rule: str

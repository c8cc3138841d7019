"""Moments in their one spelling: in UTC, without a zone, to the microsecond."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_LENGTH = re.compile(r"(\d+)\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def moment(text: str) -> datetime:
    """Read a moment of ISO 8601; one without a zone is taken for UTC.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no date or time of ISO 8601, such as 2026-01-31 or 2026-01-31T06:00") from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def spelled(at: datetime) -> str:
    """Spell a moment; of midnight the date alone."""
    midnight = at == at.replace(hour=0, minute=0, second=0, microsecond=0)
    return at.date().isoformat() if midnight else at.isoformat()


def length(text: str) -> timedelta:
    """Read how long a window is: `24h`, `1d`, `2w`.

    Raises
    ------
    ValueError
        If it is no such length.
    """
    match = _LENGTH.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r} is no length of a window, such as 12h, 1d, 7d or 2w")
    return int(match[1]) * _UNITS[match[2]]

"""Tones of skin as cells write them: on the Monk scale, by whoever made the data, and never guessed."""

from __future__ import annotations

import re

_TONE = re.compile(r"(?:(?:monk|mst)\s*)?([1-9]|10)", re.IGNORECASE)


def tone_of(cell: str) -> int | None:
    """Read a tone from 1 to 10, as `3` or `Monk 3`; None for anything else."""
    found = _TONE.fullmatch(cell.strip())
    return int(found.group(1)) if found else None

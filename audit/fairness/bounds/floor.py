"""How much must be known of a group before anything is said of it."""

from __future__ import annotations

#: With fewer effective decisions than this in the denominator, nothing is known of a group.
EVIDENCE_FLOOR = 10.0

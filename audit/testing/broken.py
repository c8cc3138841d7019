"""What a check of promises raises."""

from __future__ import annotations


class Broken(AssertionError):
    """A promise that an adapter does not keep: which one, and what was seen."""

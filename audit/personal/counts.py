"""How many texts hold personal data, by group and kind: numbers alone leave this module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from audit.personal.finding import Finder, find_personal
from audit.personal.found import Kind

Group = TypeVar("Group", bound=Hashable)


@dataclass
class PersonalCounts:
    """Personal data in the texts of one group.

    Attributes
    ----------
    texts
        Texts looked at.
    holding
        Kind -> texts that hold it, once or more often.
    places
        Kind -> places in these texts.
    any
        Texts that hold some kind.
    """

    texts: int = 0
    holding: Counter[Kind] = field(default_factory=Counter)
    places: Counter[Kind] = field(default_factory=Counter)
    any: int = 0

    def add(self, kinds: Counter[Kind]) -> None:
        """Count one more text, with what was found in it."""
        self.texts += 1
        self.any += bool(kinds)
        self.places.update(kinds)
        self.holding.update(kinds.keys())


def count_personal(
    texts: Iterable[str], groups: Iterable[Iterable[Group]], more: Iterable[Finder] = ()
) -> dict[Group, PersonalCounts]:
    """Count personal data by group.

    Parameters
    ----------
    texts
        One for each row.
    groups
        For each text the groups that it belongs to, in any number.
    more
        Further finders.

    Returns
    -------
    dict
        Group -> counts, in the order in which groups occur.

    Raises
    ------
    ValueError
        If there are more texts than lists of groups, or fewer.
    """
    further = tuple(more)
    found: dict[Group, PersonalCounts] = {}
    for text, of in zip(texts, groups, strict=True):
        kinds = Counter(item.kind for item in find_personal(text, further))
        for group in of:
            found.setdefault(group, PersonalCounts()).add(kinds)
    return found

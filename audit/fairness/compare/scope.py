"""Which groups of a slicing a rule compares; the others neither enter its gap nor decide what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.result import Group

#: Groups with a smaller share of the data may be left out of impact ratios, with a reason (6 RCNY 5-301).
LEAST_SHARE = 0.02


@dataclass(frozen=True, order=True)
class Scope:
    """Groups that a rule leaves out: by name, or for their small share.

    Attributes
    ----------
    exempt
        Names of groups, or of one side of a crossing.
    min_share
        Groups with less than this share of decisions.
    """

    exempt: tuple[str, ...] = ()
    min_share: float = 0.0

    def small(self, groups: Sequence[Group]) -> list[str]:
        """Names of groups that would enter gaps but for their small share."""
        return [name_of(group.values) for group in groups if group.in_gaps and group.share < self.min_share]

    def left_out(self, groups: Sequence[Group]) -> list[str]:
        """Names of groups that would enter gaps but for this scope."""
        small = self.small(groups)
        return [
            name
            for group in groups
            if group.in_gaps and ((name := name_of(group.values)) in small or {*group.values, name} & {*self.exempt})
        ]


def name_of(values: Sequence[str]) -> str:
    """Name a group as rules do."""
    return " × ".join(values)

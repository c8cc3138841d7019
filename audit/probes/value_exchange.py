"""Named values exchanged: what does the model decide if a field says what it says of another group?

A field either *is* the group (the feature `sex`), and each of its values becomes every other one; or its values *stand
for* groups of an attribute (the name of a person for an ethnicity), and a value becomes one that only rows of another
group hold, drawn by the row's id, so that neither order nor company matters. All other fields stay as they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.config import MISSING, ValueExchangeConfig
from audit.config.spelling import as_label
from audit.data.examples import Example, Fields, Value, plain
from audit.errors import ConfigError, some
from audit.probes.edited import edited
from audit.probes.exchange import Edit, Exchange, Version
from audit.store.columns import group_column
from audit.terms.edits import Replacement

#: More values than this are no groups.
MOST_VALUES = 20
Groups = tuple[str, ...]


@dataclass
class SeenValues:
    """The values of one field in the data, by the groups that they stand for.

    Attributes
    ----------
    by_group
        Groups of the attribute and of `within` -> values that rows of them hold.
    """

    asked: ValueExchangeConfig
    by_group: dict[Groups, set[str]] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def add(self, example: Fields, row: Mapping[str, Any]) -> None:
        """Remember the value of one row."""
        value = dict(zip(example.names, example.values, strict=True))[self.asked.field]
        if value is None or (isinstance(value, str) and not value.strip()):
            return
        shown = as_label(value) if isinstance(value, float) else value
        if self.asked.attribute is None:
            self.values[shown] = value
        elif MISSING not in (groups := self.groups(row)):
            self.values[shown] = value
            self.by_group.setdefault(groups, set()).add(shown)

    def groups(self, row: Mapping[str, Any]) -> Groups:
        """The groups of a row: that of the attribute first."""
        names = [self.asked.attribute, *self.asked.within] if self.asked.attribute else []
        return tuple(row[group_column(name)] for name in names)


class ValueExchange:
    """Exchanges the values of one field.

    Raises
    ------
    ConfigError
        If the field has too many values to be groups, or only one.
    """

    def __init__(self, seen: SeenValues, seed: int) -> None:
        self._asked, self._seed, self._values = seen.asked, seed, seen.values
        self.axes = [self._asked.axis]
        if self._asked.attribute is None:
            self._others = self._among(seen)
        owners: dict[str, set[str]] = {}
        for groups, values in seen.by_group.items():
            for value in values:
                owners.setdefault(value, set()).add(groups[0])
        # A value that two groups share tells neither.
        self._pools = {
            groups: sorted(value for value in values if len(owners[value]) == 1)
            for groups, values in sorted(seen.by_group.items())
        }
        self._groups_of = seen.groups
        self._targets = sorted({groups[0] for groups in self._pools})
        if self._asked.attribute is not None and len(self._targets) < 2:
            raise ConfigError(
                f"the rows are of one group of {self._asked.attribute!r}: there is nothing to exchange",
                where="exchange.values",
            )

    def _among(self, seen: SeenValues) -> list[str]:
        """Name the values that become each other."""
        asked = seen.asked
        if asked.values:
            return list(asked.values)
        found = sorted(seen.values)
        if len(found) > MOST_VALUES:
            raise ConfigError(
                f"the field {asked.field!r} has {len(found):,} values, more than the {MOST_VALUES} that are exchanged",
                where="exchange.values",
                hint="list some in `values`, or name the `attribute` whose groups its values stand for",
            )
        if len(found) < 2:
            raise ConfigError(
                f"the field {asked.field!r} has no two values to exchange: {some(found)}", where="exchange.values"
            )
        return found

    def exchanges(self, example: Example, row: Mapping[str, Any]) -> list[Exchange]:
        """Put every other value, or one of every other group, in the place of a row's own."""
        found = plain(example)
        if not isinstance(found, Fields) or self._asked.field not in found.names:
            return []
        at = found.names.index(self._asked.field)
        own = found.shown[at]
        if not own.strip():
            return []
        if self._asked.attribute is None:
            return [self._exchange(example, at, own, own, other, other) for other in self._others if other != own]
        source, *within = self._groups_of(row)
        if MISSING in (source, *within):
            return []
        out = []
        for target in self._targets:
            if target != source:
                pool = self._pools.get((target, *within), [])
                ticket = zlib.crc32(f"{self._seed} {row['row_id']} {self._asked.field} {target}".encode())
                out.append(self._exchange(example, at, own, source, pool[ticket % len(pool)] if pool else None, target))
        return out

    def _exchange(self, example: Example, at: int, own: str, source: str, value: str | None, target: str) -> Exchange:
        if value is None:
            return Exchange(self._asked.axis, source, target, False, refused="no_value")
        found = plain(example)
        assert isinstance(found, Fields)  # noqa: S101 - `exchanges` looked
        _, begins, end = found.lines[at]
        edit = Edit(begins, end, own, value)
        version = Version(edited(example, [edit]), (edit,))
        return Exchange(self._asked.axis, source, target, False, (version,))

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Put the value there again."""
        return edited(example, edits)

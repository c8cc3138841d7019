"""Groups of entities by themselves, where an attribute is no column of the data: their type, or their name on a list.

A name on a list says how a text looks, and nothing of a person: groups by it are groups of *names*.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from audit.config import MISSING, AttributeConfig, AuditConfig
from audit.entities.entity import OUTSIDE
from audit.errors import ConfigError, some
from audit.pipeline.persons import is_person, names_of
from audit.store.columns import group_column
from audit.terms.people import NameList

TYPE = "type"
#: Group of an entity by its type and its text.
Grouper = Callable[[str, str], str]


class EntityGroups:
    """Puts the groups of entities into a decision table.

    Raises
    ------
    ConfigError
        If an attribute is neither `type` nor something that names go by.
    """

    def __init__(self, config: AuditConfig) -> None:
        self._groupers = {
            group_column(attribute.label): _grouper(config, attribute)
            for attribute in config.attributes
            if attribute.entity is not None
        }

    def put(self, rows: pa.Table, decided: pa.Table) -> pa.Table:
        """Say of each decision which groups its entity is in: the true one, else the one that was found.

        Parameters
        ----------
        rows
            Canonical rows.
        decided
            The decisions about them.
        """
        if not self._groupers:
            return decided
        texts = dict(zip(rows["row_id"].to_pylist(), rows["input"].to_pylist(), strict=True))
        columns = [decided[name].to_pylist() for name in ("example", "start", "end", "y_true", "y_pred")]
        entities = [
            (kind, "" if start is None else texts[row][start:end])
            for row, start, end, true, found in zip(*columns, strict=True)
            for kind in [found if true in {None, OUTSIDE} else true]
        ]
        for column, grouper in self._groupers.items():
            groups = [MISSING if kind in {None, OUTSIDE} else grouper(kind, text) for kind, text in entities]
            at = decided.schema.get_field_index(column)
            decided = decided.set_column(at, decided.schema.field(at), pa.array(groups, pa.string()))
        return decided


def groups_of_entities(config: AuditConfig, types: list[str]) -> dict[str, set[str]]:
    """Name the groups that there may be, by attribute."""
    return {
        attribute.label: set(types) if attribute.entity == TYPE else _values(config, attribute)
        for attribute in config.attributes
        if attribute.entity is not None
    }


def _grouper(config: AuditConfig, attribute: AttributeConfig) -> Grouper:
    if attribute.entity == TYPE:
        return lambda kind, _: kind
    names, by = _listed(config, attribute)
    types = config.exchange.names.types if config.exchange else ()

    def group(kind: str, text: str) -> str:
        return (names.value_of(text, by) if is_person(kind, types) else None) or MISSING

    return group


def _values(config: AuditConfig, attribute: AttributeConfig) -> set[str]:
    names, by = _listed(config, attribute)
    return {group.values[names.attributes.index(by)] for group in names.groups}


def _listed(config: AuditConfig, attribute: AttributeConfig) -> tuple[NameList, str]:
    names = names_of(config)
    if attribute.entity is None or attribute.entity not in names.attributes:
        raise ConfigError(
            f"entities have no {attribute.entity!r} but a {TYPE!r}, and names go by {some(list(names.attributes))}",
            where=f"attributes, {attribute.label}",
        )
    return names, attribute.entity

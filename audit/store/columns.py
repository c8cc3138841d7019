"""Names of columns that the user names, in every table: no attribute or control can be taken for a column of ours.

A table of decisions, a tally, a sample that is explained: each has columns of its own (`y_true`, `n`, `length`, ...)
beside one per attribute and control, which people may call anything, `prediction` or `n` included. So what a user
names stands under a prefix, and none of our own columns has a colon in its name.
"""

from __future__ import annotations

from collections.abc import Iterable

_GROUP, _CONTROL, _MEMBERS, _FURTHER = "group:", "control:", "members:", "further:"


def group_column(name: str) -> str:
    """Column that holds the group by this attribute (or column of discovery)."""
    return _GROUP + name


def control_column(name: str) -> str:
    """Column that holds the value of this control."""
    return _CONTROL + name


def members_column(group: str) -> str:
    """Column of the overlapping groups, with shares, of the attribute whose column is `group`."""
    return _MEMBERS + group


def further_column(name: str) -> str:
    """Column of what the data audit alone looks at."""
    return _FURTHER + name


def group_columns(names: Iterable[str]) -> list[str]:
    """Columns of several attributes."""
    return [group_column(name) for name in names]


def is_group_or_control(column: str) -> bool:
    """Tell a column that holds the group by an attribute, or the value of a control."""
    return column.startswith((_GROUP, _CONTROL))


def attribute_of(column: str) -> str:
    """Name of the attribute of a column made by `group_column`."""
    return column.removeprefix(_GROUP)

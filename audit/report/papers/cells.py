"""What a table is made of: cells, columns and grids, whatever they tell and however they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from audit.report.wording import Catalogue
from audit.result import AuditResult

Cell = str | int | float | None
#: How a column is shown. `measure`: a share or a number, as the row says (a `Quantity`).
Kind = Literal["text", "count", "measure", "share", "number", "p"]
KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}


@dataclass(frozen=True)
class Quantity:
    """A value whose unit depends on the row."""

    value: float | None
    share: bool


Row = Sequence[Cell | Quantity]


@dataclass(frozen=True)
class Grid:
    """One table.

    Attributes
    ----------
    code
        `paper.grid.<code>` are the words for its name, `paper.column.<column>` those of its columns.
    columns
        Code and kind of every column.
    rows
        One cell per column, lazily.
    """

    code: str
    columns: Sequence[tuple[str, Kind]]
    rows: Iterable[Row]


def columns_of(said: str) -> list[tuple[str, Kind]]:
    """Read codes of columns, each with its kind after a colon; without one it is text."""
    named = (name.partition(":") for name in said.split())
    return [(code, KINDS[kind or "text"]) for code, _, kind in named]


def shares(result: AuditResult) -> dict[str, bool]:
    """Metric -> whether its values are shares."""
    return {item.name: item.unit == "share" for item in result.metric_definitions}


def class_name(cls: str | None, t: Catalogue) -> str | None:
    """Name a class, if there is one."""
    return None if cls is None else t.cls(cls)


def yes(value: bool | None, t: Catalogue) -> str | None:
    """Say yes or no."""
    return None if value is None else t("data.yes") if value else t("decision.no")

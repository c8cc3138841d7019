"""Which column holds what: what a model reads, what is true, what was decided, and who is who."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.data.profile import ColumnProfile, Profile
from audit.start.draft import listed
from audit.start.hints import hints, names_people, says, words
from audit.start.question import Said, ask, named, offer

#: Values of a column of classes, and of one of groups, at most; and clusters, at least, that say something.
MOST_CLASSES, MOST_GROUPS, LEAST_CLUSTERS = 20, 50, 20
#: Numbers up to which each is a group of its own, as marks and codes are; ages are more.
MOST_NUMBERS = 12
#: Fields of a row that hold tags: how they begin.
TAG_MARKS = ("B-", "I-", "S-", "E-", "L-", "U-", "M-")


@dataclass(frozen=True)
class Chosen:
    """A column for a role, and why it was chosen."""

    column: ColumnProfile
    why: str

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name


@dataclass
class Columns:
    """The columns of a table, and which of them have a role already."""

    profile: Profile
    data: Path
    said: Said
    taken: dict[str, str] = field(default_factory=dict)

    @property
    def free(self) -> list[ColumnProfile]:
        """Columns without a role, that hold something and share their name with no other."""
        return [c for c in self.profile.columns if c.name and not c.twice and c.filled and c.name not in self.taken]

    def take(self, chosen: Chosen | None, role: str) -> Chosen | None:
        """Give a column its role."""
        if chosen is not None:
            self.taken[chosen.name] = role
        return chosen

    def told(self, name: str, option: str) -> Chosen:
        """Take the column that the user named."""
        return Chosen(named(self.profile, name, option, self.data), f"as {option} says.")

    def best(
        self,
        candidates: Sequence[ColumnProfile],
        kinds: Collection[str],
        what: str,
        also: Callable[[ColumnProfile], int] = lambda column: 0,
    ) -> tuple[list[ColumnProfile], str]:
        """Sort candidates by what their names say.

        Returns
        -------
        best, why
            Those that are equally good, and the reason of the first.
        """
        if not candidates:
            return [], ""
        score = {column.place: 2 * _named_so(column.name, kinds) + 2 * also(column) for column in candidates}
        most = max(score.values())
        best = [column for column in candidates if score[column.place] == most]
        others = [column.name for column in candidates if column is not best[0]]
        reason = "its name says so" if _named_so(best[0].name, kinds) else f"it holds {what}"
        instead = f" Other candidates: {listed(others)}." if others else f" No other column holds {what}."
        return best, f"{reason}.{instead}"


def _named_so(name: str, kinds: Collection[str]) -> int:
    """Say how much a name speaks for a kind: 2 if it is nothing but such a word, 1 if one of its words is one."""
    known = {word for kind in kinds for word in hints()["columns"][kind]}
    parts = words(name)
    return 2 if parts and all(word in known for word in parts) else int(any(word in known for word in parts))


def is_category(column: ColumnProfile, most: int = MOST_CLASSES) -> bool:
    """Whether a column holds a few values that come again."""
    if column.is_list or column.is_picture or column.is_date or column.is_text:
        return False
    return 2 <= column.distinct <= most and (column.rows < 50 or 2 * column.distinct <= column.rows)


def is_grouped(column: ColumnProfile) -> bool:
    """Whether each value of a column is a group as it is; many numbers, such as ages, are put together instead."""
    return is_category(column, MOST_NUMBERS if column.is_number else MOST_GROUPS)


def is_sensitive(column: ColumnProfile) -> bool:
    """Whether a column speaks of groups of people, by its name or its values."""
    return says(column.name, "sensitive") or (is_category(column, MOST_GROUPS) and names_people(column.values))


def holds_tags(column: ColumnProfile) -> bool:
    """Whether a column holds lists of tags of entities."""
    tags = [value for value in column.values if value != "O"]
    return column.is_list and "O" in column.values and all(tag.startswith(TAG_MARKS) for tag in tags)


def identity(columns: Columns) -> Chosen | None:
    """Choose the column that names a row."""
    found = [column for column in columns.free if column.unique and says(column.name, "id") and not column.is_text]
    if not found:
        return None
    found.sort(key=lambda column: ("id" not in words(column.name), len(column.name)))
    others = f" So has {listed([c.name for c in found[1:]])}." if len(found) > 1 else ""
    return Chosen(found[0], f"every row has one of its own, and the name says so.{others}")


def input_of(columns: Columns, reads: str) -> Chosen:
    """Choose what the model reads: texts, words or pictures.

    Raises
    ------
    Question
        If several columns may be it, or none.
    """
    if columns.said.input:
        return columns.told(columns.said.input, "--input")
    kinds = {"image": ("picture", "pictures"), "tokens": ("tokens", "lists of words")}
    kind, what = kinds.get(reads, ("text", "texts"))
    found = [column for column in columns.free if _can_be_read(column, kind)]
    best, why = columns.best(found, {kind}, what, lambda column: -int(says(column.name, "cluster")))
    if len(best) == 1:
        return Chosen(best[0], why)
    problem = f"which column does the model read? It reads {what}, and " + (
        f"{len(best)} columns hold some" if best else "no column seems to hold any"
    )
    raise ask(problem, offer("--input", best or columns.free), "say it again with one of these", columns.data)


def _can_be_read(column: ColumnProfile, kind: str) -> bool:
    if kind == "picture":
        return column.is_picture
    if kind == "tokens":
        return column.is_list and not holds_tags(column)
    few = column.is_number or column.distinct <= MOST_GROUPS
    return column.is_text or (says(column.name, "text") and not few and not column.is_list)


def cluster_of(columns: Columns) -> Chosen | None:
    """Choose the column that ties rows together."""
    found = [
        column
        for column in columns.free
        if says(column.name, "cluster")
        and not column.is_list
        and LEAST_CLUSTERS <= column.distinct < 0.95 * column.rows
    ]
    if not found:
        return None
    best = min(found, key=lambda column: (column.missing, column.is_text, column.place))
    others = [column.name for column in found if column is not best]
    instead = f" Other candidates: {listed(others)}." if others else ""
    return Chosen(
        best,
        f"rows that share a value are not independent of each other, by the name of the column: {best.distinct:,} "
        f"clusters in {best.rows:,} rows.{instead} Leave it out if they are independent.",
    )


def weight_of(columns: Columns) -> Chosen | None:
    """Choose the column of sampling weights."""
    found = [c for c in columns.free if says(c.name, "weight") and c.is_number and not c.missing and c.lowest >= 0]
    return Chosen(found[0], "its name says so, and it holds numbers from 0 on.") if len(found) == 1 else None


def count_of(columns: Columns) -> Chosen | None:
    """Choose the column that says how many cases a row stands for: of tables in which all else are categories."""
    found = [
        column
        for column in columns.free
        if column.name.casefold() in hints()["columns"]["count"]
        and column.whole == column.filled == column.rows
        and column.lowest >= 0
    ]
    others = [column for column in columns.free if column not in found]
    if len(found) != 1 or not all(is_category(column) for column in others):
        return None
    return Chosen(found[0], "all other columns hold a few values, so that a row seems to stand for so many cases.")


def split_of(columns: Columns) -> tuple[Chosen, str] | None:
    """Choose the column that says which rows a model was trained on, and the part that it was not."""
    for column in columns.free:
        parts = {value.casefold(): value for value in column.values}
        if says(column.name, "split") and is_category(column) and "test" in parts:
            value = parts["test"]
            why = (
                f"{column.values[value]:,} of {column.rows:,} rows: what a model says of rows that it was trained on "
                "tells little. Leave it out to audit all rows."
            )
            return Chosen(column, why), value
    return None


def attributes_of(columns: Columns) -> list[Chosen]:
    """Choose the columns whose groups are compared.

    Raises
    ------
    Question
        If nothing names groups of people.
    """
    said = columns.said.attributes
    if said:
        return [columns.told(name, "--attribute") for name in said]
    found = [column for column in columns.free if is_sensitive(column) and _has_groups(column)]
    # One of two that tell the same: `age` beside `age_cat`.
    kept = [c for c in found if is_category(c, MOST_GROUPS)]
    kept += [c for c in found if c not in kept and not any(set(words(c.name)) & set(words(k.name)) for k in kept)]
    if kept:
        return [Chosen(column, _groups_told(column)) for column in sorted(kept, key=lambda column: column.place)]
    left = [column for column in columns.free if is_category(column, MOST_GROUPS)]
    if len(left) == 1 and columns.said.model is not None and not says(left[0].name, "cluster"):
        why = f"no name speaks of groups of people, and no other column has 2 to {MOST_GROUPS} values: is it this one?"
        return [Chosen(left[0], f"{why} {_groups_told(left[0])}")]
    if left:
        problem, options = "which groups shall be compared? No column speaks of groups of people", left
    else:
        problem = f"which groups shall be compared? No column that is left has 2 to {MOST_GROUPS} values"
        options = [column for column in columns.free if column.is_number]
    hint = "say it again with one or more of these, or add a column to the data that says which group a row is of"
    raise ask(problem, offer("--attribute", options) or ["--attribute COLUMN"], hint, columns.data)


def _has_groups(column: ColumnProfile) -> bool:
    return is_category(column, MOST_GROUPS) or (column.is_number and column.distinct > 2)


def _groups_told(column: ColumnProfile) -> str:
    if not is_grouped(column):
        return f"{column.distinct:,} different numbers, so they are put together."
    most = [f"{value} {n:,}" for value, n in column.values.most_common()]
    missing = f"; missing in {column.missing:,} rows, which are shown and not compared" if column.missing else ""
    return f"{column.distinct} groups: {listed(most, 8)}{missing}."


def edges_of(column: ColumnProfile) -> list[float]:
    """Choose edges of bins near the thirds of a column of numbers, as round as its spread allows."""
    numbers = sorted((float(value), n) for value, n in column.values.items())
    total, seen, thirds = sum(n for _, n in numbers), 0, []
    for number, n in numbers:
        before, seen = seen, seen + n
        thirds += [number for third in (1, 2) if before < third * total / 3 <= seen]
    spread = column.highest - column.lowest
    step = next((unit for unit in (100.0, 50.0, 10.0, 5.0, 1.0) if spread >= 6 * unit), spread / 10 or 1.0)
    edges = sorted({round(third / step) * step for third in thirds})
    return [edge for edge in edges if column.lowest < edge <= column.highest] or [numbers[len(numbers) // 2][0]]

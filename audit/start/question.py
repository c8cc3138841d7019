"""The one question that is asked where nothing says what a column or a value means, and what was said beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.config.nearest import meant
from audit.data.profile import ColumnProfile, Profile
from audit.errors import AuditError, DataError, some
from audit.text import cut

#: Candidates that a question shows, and values of each.
MOST_OFFERED, MOST_VALUES = 12, 4


class Question(AuditError):
    """Something cannot be told from the data: the options that would say it."""

    code = "question"


@dataclass(frozen=True)
class Said:
    """What the user said beforehand, so that it is not guessed.

    Attributes
    ----------
    labelled
        False: there is no label, whatever columns are called.
    maps
        Value of the data -> class.
    """

    model: Path | None = None
    prompt: Path | None = None
    input: str | None = None
    label: str | None = None
    labelled: bool = True
    prediction: str | None = None
    score: str | None = None
    threshold: float | None = None
    positive: str | None = None
    attributes: tuple[str, ...] = ()
    maps: dict[str, str] = field(default_factory=dict)


def ask(what: str, options: Iterable[str], hint: str, data: Path) -> Question:
    """Ask what cannot be told."""
    return Question("\n".join([what, *options]), where=str(data), hint=hint)


def offer(option: str, columns: Sequence[ColumnProfile]) -> list[str]:
    """Offer columns as values of an option, with what they hold."""
    lines = [f"{option} {_quoted(column.name)}   {holds(column)}" for column in columns[:MOST_OFFERED] if column.name]
    return lines + ([f"… or another of {len(columns)} columns"] if len(columns) > MOST_OFFERED else [])


def holds(column: ColumnProfile) -> str:
    """Say what a column holds."""
    if column.is_picture:
        return "pictures"
    if column.is_list:
        return f"lists of {', '.join(map(cut, list(column.values)[:MOST_VALUES]))}, …"
    if column.is_text:
        return f"text, {column.words / max(column.filled, 1):.0f} words on average"
    if column.is_number and column.distinct > 2 * MOST_VALUES:
        return f"numbers from {column.lowest:g} to {column.highest:g}"
    most = column.values.most_common(MOST_VALUES)
    more = f", and {column.distinct - MOST_VALUES:,} more" if column.distinct > MOST_VALUES else ""
    return f"{column.distinct:,} values: " + ", ".join(f"{cut(value, 30)} {n:,}" for value, n in most) + more


def named(profile: Profile, name: str, option: str, data: Path) -> ColumnProfile:
    """Look up the column that an option names.

    Raises
    ------
    DataError
        If there is none, or two of this name.
    """
    found = profile.named(name)
    if found is None:
        places = [str(column.place) for column in profile.columns if column.name == name]
        if places:
            raise DataError(
                f"{option}: column {name!r} occurs {len(places)} times (columns {', '.join(places)})", where=str(data),
                hint="rename one of them, or write the configuration with columns by number: data.skip_rows: 1, "
                "data.header: false",
            )  # fmt: skip
        known = [column.name for column in profile.columns]
        raise DataError(
            f"{option}: there is no column {name!r}{meant(name, known)}", where=str(data),
            hint=f"columns are {some(known, 40)}",
        )  # fmt: skip
    return found


def _quoted(name: str) -> str:
    """Write a name as a shell takes it."""
    return name if name.replace("_", "").replace("-", "").replace(".", "").isalnum() else f"'{name}'"

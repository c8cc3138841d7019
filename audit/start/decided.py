"""What is true of a row, and what was decided about it: columns of labels, predictions and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.config.spelling import alike, as_label
from audit.data.profile import ColumnProfile
from audit.start.hints import hints, says, sides
from audit.start.question import ask, offer
from audit.start.roles import Chosen, Columns, holds_tags, is_category, is_sensitive

_YES_NO = ({"yes", "no"}, {"true", "false"}, {"0", "1"}, {"y", "n"})


@dataclass(frozen=True)
class Stored:
    """Where no model decides: the columns that say what was decided."""

    prediction: Chosen | None
    score: Chosen | None


def label_of(columns: Columns, classes: Sequence[str]) -> Chosen | None:
    """Choose the true class, where a model knows these classes; none if nothing seems to be it.

    Raises
    ------
    Question
        If several columns may be it.
    """
    if said := _said(columns):
        return said[0]
    own = {alike(as_label(cls)) for cls in classes}
    fits = {}
    for column in columns.free:
        values = {alike(value) for value in column.values}
        if is_category(column):
            spelled = 2 * (values <= own) + (sides(list(column.values)) is not None and sides(classes) is not None)
            numbers = all(value.isdecimal() and int(value) < len(classes) for value in values)
            fits[column.place] = spelled + (numbers and says(column.name, "label"))
    found = [column for column in columns.free if fits.get(column.place)]
    best, why = columns.best(found, {"label"}, "such classes", lambda column: fits[column.place])
    return _one(columns, best, why, "--label")


def tags_of(columns: Columns) -> Chosen | None:
    """Choose the tags that are true of the words of a row.

    Raises
    ------
    Question
        If several columns may be it.
    """
    if said := _said(columns):
        return said[0]
    found = [column for column in columns.free if holds_tags(column)]
    best, why = columns.best(found, {"tags", "label"}, "tags of entities")
    return _one(columns, best, why, "--label")


def label_columns(columns: Columns, classes: Sequence[str]) -> dict[str, str]:
    """Match labels of a model with columns of 0 and 1 that are called like them."""
    by_name = {alike(column.name): column for column in columns.free if set(column.values) <= {"0", "1"}}
    return {cls: by_name[alike(cls)].name for cls in classes if alike(cls) in by_name}


def stored_of(columns: Columns) -> Stored:
    """Choose what was decided, where there is no model.

    Raises
    ------
    Question
        If several columns may be it, or none.
    """
    said = columns.said
    if said.prediction or said.score:
        return Stored(
            columns.told(said.prediction, "--prediction") if said.prediction else None,
            columns.told(said.score, "--score") if said.score else None,
        )
    tagged = [column for column in columns.free if holds_tags(column)]
    if tagged:
        return Stored(_predicted_tags(columns, tagged), None)
    plain = [column for column in columns.free if not is_sensitive(column) and not column.unique]
    scores = [column for column in plain if says(column.name, "score") and column.is_number and column.distinct > 2]
    classes = [column for column in plain if is_category(column) and column not in scores]
    named = [column for column in classes if says(column.name, "prediction") or says(column.name, "score")]
    if len(named) == 1 or (len(scores) == 1 and not named):
        others = [column for column in classes if column not in named]
        more = f" Other columns with a few values: {', '.join(c.name for c in others[:6])}." if others else ""
        return Stored(
            Chosen(named[0], f"its name says so.{more}") if named else None,
            Chosen(scores[0], "its name says so, and it holds numbers.") if len(scores) == 1 else None,
        )
    yes_no = [c for c in classes if {alike(value) for value in c.values} in _YES_NO and not says(c.name, "label")]
    if not named and not scores and len(yes_no) == 1:
        return Stored(Chosen(yes_no[0], "the only column of yes and no. Is it what was decided?"), None)
    candidates = [*offer("--prediction", named or classes), *offer("--score", scores)]
    twice = sorted({column.name for column in columns.profile.columns if column.twice and says(column.name, "score")})
    candidates += [f"not {name}, which stands there more than once: rename one of them first" for name in twice]
    if named or scores:
        problem, hint = "which column says what was decided?", "say it again with one of these"
    else:
        problem = "what is to be audited? No column seems to say what was decided, and no model was named"
        candidates.insert(0, "--model FOLDER   a checkpoint that decides about these rows")
        hint = "say it again with one of these; a label is what is true, and not what was decided"
    raise ask(problem, candidates, hint, columns.data)


def _predicted_tags(columns: Columns, tagged: Sequence[ColumnProfile]) -> Chosen:
    """Of several columns of tags, the one that is not the truth."""
    true = {word for kind in ("tags", "label") for word in hints()["columns"][kind]}
    found = [column for column in tagged if column.name.casefold() not in true]
    if len(found) == 1 and len(tagged) > 1:
        return Chosen(found[0], "beside the true tags, it is the only other column of tags.")
    if len(tagged) == 1:
        raise ask(
            f"what is to be audited? {tagged[0].name!r} holds tags, and nothing else says what was found",
            ["--model FOLDER   a checkpoint that tags words", *offer("--prediction", tagged)],
            "say it again with one of these", columns.data,
        )  # fmt: skip
    raise ask(
        "which column holds the tags that a system gave?", offer("--prediction", found or tagged),
        "say it again with one of these", columns.data,
    )  # fmt: skip


def truth_of(columns: Columns, decided: Chosen | None) -> Chosen | None:
    """Choose the true class beside stored decisions; none if nothing seems to be it.

    Raises
    ------
    Question
        If several columns may be it.
    """
    if said := _said(columns):
        return said[0]
    same = {alike(value) for value in decided.column.values} if decided else set()
    found = [
        column
        for column in columns.free
        if is_category(column)
        and (says(column.name, "label") or not (says(column.name, "score") or says(column.name, "prediction")))
        and (
            says(column.name, "label")
            or says(column.name, "outcome")
            or (same and {alike(value) for value in column.values} == same and not is_sensitive(column))
        )
    ]
    best, why = columns.best(found, {"label"}, "what may have come true")
    return _one(columns, best, why, "--label")


def _said(columns: Columns) -> list[Chosen | None]:
    said = columns.said
    if not said.labelled:
        return [None]
    return [columns.told(said.label, "--label")] if said.label else []


def _one(columns: Columns, best: Sequence[ColumnProfile], why: str, option: str) -> Chosen | None:
    if not best:
        return None
    if len(best) == 1:
        return Chosen(best[0], why)
    raise ask(
        "which column says what is true?",
        [*offer(option, best), "--no-label   none of them: only metrics that need no truth"],
        "say it again with one of these", columns.data,
    )  # fmt: skip

"""Do values that should be the same share a spelling? Labels and predictions, keys of the configuration, groups.

A class that labels and predictions spell otherwise makes every decision wrong for everybody alike, which a gate takes
for fairness. Where nothing agrees the audit is refused; where something merely looks odd, the result says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from audit.config import MISSING, AuditConfig
from audit.config.nearest import nearest
from audit.config.spelling import alike, as_label
from audit.data.rows import key_of
from audit.errors import DataError, some
from audit.result import Note

if TYPE_CHECKING:
    from audit.data.survey import Survey

#: What stands between several labels in one cell.
BETWEEN = ("|", ";", ",", "/", "+")


def agree(config: AuditConfig, found: Survey, seen: Mapping[str, set[str]]) -> list[Note]:
    """Refuse what shares no spelling, and note what looks odd.

    Parameters
    ----------
    seen
        Key of the configuration -> values of the data that its keys were held against.

    Raises
    ------
    DataError
        If no class is both a label and a prediction, if cells hold several labels, or if `data.prediction_map` leaves
        out a spelling that is no class.
    """
    for key, classes in (("label", found.labels), ("prediction", found.predictions)):
        _refuse_several(config, key, sorted(classes))
    _refuse_unmapped(config, found)
    notes = [*_classes(config, sorted(found.labels), sorted(found.predictions)), *_unmatched(config, seen)]
    notes += _look_alikes("groups_alike", {name: sorted(groups) for name, groups in found.groups.items()})
    return notes


def spelled_like(word: str, known: Iterable[str]) -> str | None:
    """Return the value that another one is probably meant to be."""
    values = list(known)
    same = next((value for value in values if alike(value) == alike(word)), None)
    return same if same is not None else nearest(word, values)


def _classes(config: AuditConfig, labels: list[str], predictions: list[str]) -> list[Note]:
    if labels and not predictions and config.model is None and config.data.positive_label is not None:
        predictions = [config.data.positive_label]  # of a score
        if predictions[0] in labels:
            return []
        params: dict[str, str | int | float | list[str] | None] = {"labels": labels, "predictions": predictions}
        return [Note(code="classes_differ", params=params)]
    if not labels or not predictions:
        return []
    only_labels = [label for label in labels if label not in predictions]
    only_predictions = [label for label in predictions if label not in labels]
    if len(only_labels) == len(labels):
        columns = config.data.columns
        example = spelled_like(predictions[0], labels) or labels[0]
        raise DataError(
            f"no class is both a label and a prediction: column {columns.label!r} holds {some(labels)}, column "
            f"{columns.prediction!r} holds {some(predictions)}",
            where=str(config.data.path),
            hint=f"map one to the other, for example data.prediction_map: {{{predictions[0]!r}: {example!r}}}, or "
            f"data.label_map: {{{example!r}: {predictions[0]!r}}}",
        )
    if not only_labels and not only_predictions:
        return []
    params = {"labels": only_labels, "predictions": only_predictions}
    notes = [Note(code="classes_differ", params=params)]
    return notes + _look_alikes("classes_alike", {"": sorted({*labels, *predictions})})


def _refuse_several(config: AuditConfig, key: str, classes: list[str]) -> None:
    """Refuse a column of classes whose cells are made of other cells of it: "a|b" beside "a" and "b"."""
    known = set(classes)
    for cls in classes:
        for between in BETWEEN:
            parts = [as_label(part) for part in cls.split(between)]
            listed = cls.startswith("[") and cls.endswith("]") and between == ","
            if (len(parts) > 1 and set(parts) <= known) or listed:
                raise DataError(
                    f"column {getattr(config.data.columns, key)!r}: the cell {cls!r} holds several labels",
                    where=str(config.data.path),
                    hint="one decision has one label: write one column of 0 and 1 per label and audit each by itself, "
                    f"or name the combination with data.{key}_map",
                )


def _refuse_unmapped(config: AuditConfig, found: Survey) -> None:
    """Refuse a stored prediction that the map leaves out and that is no class: it would be a class of its own."""
    mapping, data = config.data.prediction_map, config.data
    if not mapping or data.outcome != "class":
        return
    classes = sorted({*found.labels, *mapping.values(), *([data.positive_label] if data.positive_label else [])})
    left = {name: n for name, n in sorted(found.predictions.items()) if name not in classes}
    if left:
        name, n = next(iter(left.items()))
        others = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
        near = spelled_like(name, classes)
        raise DataError(
            f"column {data.columns.prediction!r}: {name!r}, in {n:,} decisions, is neither a key of "
            f"data.prediction_map nor one of the classes {some(classes)}{others}",
            where=str(data.path),
            hint=f"map every spelling to a class{f', for example {{{name!r}: {near!r}}}' if near else ''}",
        )


def _unmatched(config: AuditConfig, seen: Mapping[str, set[str]]) -> list[Note]:
    """Tell the keys that match no cell: what they were meant to do did not happen."""
    asked: dict[str, Iterable[str]] = {
        "data.label_map": config.data.label_map,
        "data.prediction_map": config.data.prediction_map,
    }
    for column, wanted in config.data.where.items():
        asked[f"data.where.{column}"] = wanted if isinstance(wanted, list) else [wanted]
    for number, attribute in enumerate(config.read_as_groups):
        asked[f"{key_of(config, number)}.values"] = [value for value in attribute.values if value not in {"", MISSING}]
    notes = []
    for key, values in asked.items():
        known = sorted(seen.get(key, ()))
        for value in values:
            if key in seen and value not in seen[key]:
                params: dict[str, str | int | float | list[str] | None] = {"key": key, "value": value}
                near = spelled_like(value, known)
                code = "key_matches_nothing" if near is None else "key_matches_nothing_but"
                notes.append(Note(code=code, params=params if near is None else {**params, "nearest": near}))
    return notes


def _look_alikes(code: str, values: Mapping[str, list[str]]) -> list[Note]:
    """Tell values that differ only in case, blanks, invisible characters, or the way a number is written."""
    notes = []
    for name, known in values.items():
        same: dict[str, list[str]] = {}
        for value in known:
            same.setdefault(alike(value), []).append(value)
        for together in same.values():
            if len(together) > 1:
                params: dict[str, str | int | float | list[str] | None] = {"values": together}
                notes.append(Note(code=code, params={"attribute": name, **params} if name else params))
    return notes

"""Labels of the data and classes of the model: which is which."""

from __future__ import annotations

from audit.config import AuditConfig
from audit.config.spelling import as_label
from audit.data.agreement import spelled_like
from audit.data.decided import NOTHING
from audit.errors import DataError, some


def match_labels(config: AuditConfig, labels: list[str], classes: list[str]) -> tuple[dict[str, str], bool]:
    """Map labels to classes by name, or else by class number.

    Returns
    -------
    mapping, by_number
        `by_number` says that the labels are class numbers.

    Raises
    ------
    DataError
        If the model does not know a label.
    """
    classes = [cls for cls in classes if cls != NOTHING.get(config.data.outcome)]
    own = {as_label(cls): cls for cls in reversed(classes)} | {cls: cls for cls in classes}
    unknown = [label for label in labels if label not in own]
    if not unknown:
        return {label: own[label] for label in labels}, False
    if all(label.isdecimal() and int(label) < len(classes) for label in labels):
        return {label: classes[int(label)] for label in labels}, True
    columns = config.data.columns
    column, meant = columns.label or columns.labels.get(unknown[0]), spelled_like(unknown[0], classes) or classes[-1]
    raise DataError(
        f"column {column!r}: the model knows no class {some(unknown)}; its classes are {some(classes)}",
        where=str(config.data.path),
        hint=f"map them with data.label_map, for example {{{unknown[0]!r}: {meant!r}}}",
    )


def without_column(config: AuditConfig, classes: list[str]) -> list[str]:
    """Name labels of the model that no column is about, where each label has a column of its own."""
    columns = config.data.columns.labels
    named = {as_label(config.data.label_map.get(label, label)) for label in columns}
    if not columns or all(name.isdecimal() for name in named):
        return []
    return [cls for cls in classes if cls != NOTHING.get(config.data.outcome) and as_label(cls) not in named]

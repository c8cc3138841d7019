"""Labels of the data and classes of the model: which is which."""

from __future__ import annotations

from audit.config import AuditConfig
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
    unknown = [label for label in labels if label not in classes]
    if not unknown:
        return {label: label for label in labels}, False
    if all(label.isdecimal() and int(label) < len(classes) for label in labels):
        return {label: classes[int(label)] for label in labels}, True
    column = config.data.columns.label
    raise DataError(
        f"column {column!r}: the model knows no class {some(unknown)}; its classes are {some(classes)}",
        where=str(config.data.path),
        hint=f"map them with data.label_map, for example {{{unknown[0]}: {classes[-1]}}}",
    )

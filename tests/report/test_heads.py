"""What stands over a decision says what it is about and what kind of error it is."""

from __future__ import annotations

import pytest

from audit.report.heads import head
from audit.report.wording import Catalogue

ENTITIES = Catalogue(outcome="entities", nothing="O")
LABELS = Catalogue(outcome="labels", nothing="(none)")


@pytest.mark.parametrize(
    ("true", "found", "error", "both"),
    [
        ("person", "O", "missed", "person → no entity"),
        ("O", "person", "invented", "no entity → person"),
        ("person", "group", "wrong type", "person → group"),
        ("person", "person", None, "person"),
        (None, "person", None, "person"),
        ("person", None, None, "person → nothing (it failed)"),
    ],
)
def test_entities(true: str | None, found: str | None, error: str | None, both: str) -> None:
    got = head({"y_true": true, "y_pred": found}, ENTITIES)
    assert (got.error, got.both, got.about) == (error, both, None)
    assert got.wrong == (true is not None and true != found)


@pytest.mark.parametrize(
    ("true", "found", "error", "predicted", "label"),
    [
        ("violence", "(none)", "missed", "predicted no", "true: yes"),
        ("(none)", "violence", "wrongly given", "predicted yes", "true: no"),
        ("(none)", "(none)", None, "predicted no", "true: no"),
        (None, "violence", None, "predicted yes", "no label"),
    ],
)
def test_labels(true: str | None, found: str, error: str | None, predicted: str, label: str) -> None:
    got = head({"y_true": true, "y_pred": found, "output": "violence"}, LABELS)
    assert (got.error, got.predicted, got.label, got.about) == (error, predicted, label, "label: violence")


def test_one_class_of_a_text() -> None:
    got = head({"y_true": "yes", "y_pred": "no"}, Catalogue())
    assert (got.error, got.about, got.predicted, got.label) == (None, None, "predicted no", "label yes")

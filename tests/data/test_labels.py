"""Labels of the data beside the labels that a model gives."""

from __future__ import annotations

import pytest

from audit.config import parse_config
from audit.data.labels import without_column

CLASSES = ["(none)", "rude", "threat", "place"]


@pytest.mark.parametrize(
    ("columns", "label_map", "lacking"),
    [
        ({"labels": {"rude": "a", "threat": "b", "place": "c"}}, {}, []),
        ({"labels": {"rude": "a"}}, {}, ["threat", "place"]),
        ({"labels": {"unkind": "a", "threat": "b"}}, {"unkind": "rude"}, ["place"]),
        ({"labels": {"0": "a", "1": "b"}}, {}, []),  # class numbers
        ({"label": "tags"}, {}, []),  # of lists, nobody can say what they might hold
    ],
)
def test_labels_that_no_column_is_about(
    columns: dict[str, object], label_map: dict[str, str], lacking: list[str]
) -> None:
    config = parse_config(
        {
            "model": {"path": "m"},
            "data": {
                "path": "d.csv",
                "outcome": "labels",
                "columns": {"input": "text", **columns},
                "label_map": label_map,
            },
            "attributes": ["g"],
        }
    )
    assert without_column(config, CLASSES) == lacking

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.config import parse_config
from audit.data.labels import match_labels
from audit.data.survey import positive_class, survey
from audit.errors import DataError

Make = Callable[..., dict[str, Any]]


def test_counts_reconcile(table: Callable[..., Path], stored: Make) -> None:
    path = table(y=[1, 0, None, 1], p=[1, 0, 1, 1], g=["a", None, "b", "a"], s=["t", "t", "t", "v"])
    found = survey(parse_config(stored(path, data__where={"s": "t"})))
    assert (found.rows_read, found.rows_kept, found.unlabelled) == (4, 3, 1)
    assert found.groups["g"] == {"a": 1, "(missing)": 1, "b": 1}
    assert sum(found.groups["g"].values()) == found.rows_kept


def test_duplicate_ids_name_their_rows(table: Callable[..., Path], stored: Make) -> None:
    path = table(y=[1, 0, 1], p=[1, 0, 1], g=["a", "b", "a"], key=["x", "y", "x"])
    with pytest.raises(DataError, match=r"1 ids occur more than once, for example 'x' in rows 1, 3"):
        survey(parse_config(stored(path, data__columns__id="key")))


def test_no_row_left(table: Callable[..., Path], stored: Make) -> None:
    path = table(y=[1], p=[1], g=["a"])
    with pytest.raises(DataError, match=r"no row to audit.*\n.*data.where"):
        survey(parse_config(stored(path, data__where={"g": "z"})))


def test_an_id_is_no_attribute_and_no_label(table: Callable[..., Path], stored: Make) -> None:
    many = [f"g{i}" for i in range(1500)]
    with pytest.raises(DataError, match="over 1,000 different groups"):
        survey(parse_config(stored(table(y=[1] * 1500, p=[1] * 1500, g=many))))
    with pytest.raises(DataError, match="over 200 different values"):
        survey(parse_config(stored(table(y=many, p=many, g=["a"] * 1500))))


def test_outside_gaps_must_be_a_group(table: Callable[..., Path], stored: Make) -> None:
    path = table(y=[1, 0], p=[1, 0], g=["a", "b"])
    attributes = [{"column": "g", "outside_gaps": ["c"]}]
    with pytest.raises(DataError, match=r"outside_gaps names 'c'.*\n.*'a', 'b'"):
        survey(parse_config(stored(path, attributes=attributes)))


def test_string_labels_need_a_positive_one(table: Callable[..., Path], stored: Make) -> None:
    config = stored(table(y=["yes", "no"], p=["no", "no"], g=["a", "b"]))
    del config["data"]["positive_label"]
    parsed = parse_config(config)
    with pytest.raises(DataError, match=r"classes are 'no', 'yes' and nothing says which counts as positive"):
        positive_class(parsed, survey(parsed).classes_seen)


@pytest.mark.parametrize("classes", [["0", "1"], ["false", "true"]])
def test_ones_and_truths_are_positive(table: Callable[..., Path], stored: Make, classes: list[str]) -> None:
    config = stored(table(y=[1], p=[1], g=["a"]))
    del config["data"]["positive_label"]
    assert positive_class(parse_config(config), classes) == classes[1]
    assert positive_class(parse_config(config), ["a", "b", "c"]) is None


def test_a_positive_label_must_occur(table: Callable[..., Path], stored: Make) -> None:
    config = parse_config(stored(table(y=[1], p=[1], g=["a"]), data__positive_label="good"))
    with pytest.raises(DataError, match="'good' is not among the classes '0', '1'"):
        positive_class(config, ["0", "1"])


def test_labels_the_model_does_not_know(table: Callable[..., Path], stored: Make) -> None:
    config = parse_config(stored(table(y=[1], p=[1], g=["a"])))
    assert match_labels(config, ["no", "yes"], ["no", "yes"]) == ({"no": "no", "yes": "yes"}, False)
    assert match_labels(config, ["0", "1"], ["no", "yes"]) == ({"0": "no", "1": "yes"}, True)
    with pytest.raises(DataError, match=r"column 'y': the model knows no class 'hateful'.*'no', 'yes'\n.*label_map"):
        match_labels(config, ["hateful", "no"], ["no", "yes"])


def test_clusters_are_counted(table: Callable[..., Path], stored: Make) -> None:
    path = table(y=[1] * 4, p=[1] * 4, g=["a"] * 4, c=["k", "k", "l", None])
    assert survey(parse_config(stored(path, data__columns__cluster="c"))).clusters == 3

"""Social impact of whole audits: stored decisions, counts, what is refused, what the public reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.disclosure.public import made_public
from audit.errors import ConfigError, DataError
from tests.impact.helpers import drawn


def config(folder: Path, rows: pd.DataFrame, **more: Any) -> dict[str, Any]:
    rows.to_csv(folder / "rows.csv", index=False)
    columns = {"label": "y_true", "prediction": "y_pred"} | more.pop("columns", {})
    return {
        "data": {"path": str(folder / "rows.csv"), "columns": columns, "positive_label": "yes"},
        "attributes": ["group"],
        "output": {"folder": str(folder / "run")},
        **more,
    }


def test_counts_tell_the_same_as_rows(tmp_path: Path) -> None:
    rows = drawn(1)
    counted = rows.groupby(["group", "y_true", "y_pred"]).size().rename("how_many").reset_index()
    asked = {"deployment": {"decisions_per_year": 1e5, "positive_is": "burden", "costs": {"false_positive": 3}}}
    results = []
    for name, frame, columns in (("rows", rows, {}), ("counts", counted, {"count": "how_many"})):
        (tmp_path / name).mkdir()
        results.append(audit.run(config(tmp_path / name, frame, columns=columns, **asked)).social_impact)
    assert results[0] == results[1]
    found = results[0]
    assert found is not None and found.unit == "EUR"
    assert {line.harm for line in found.people} == {"false_negative", "false_positive", "unfavourable"}
    everybody = [line for line in found.people if not line.attributes]
    for line in everybody:
        parts = [one.in_sample for one in found.people if one.attributes and one.harm == line.harm]
        assert line.in_sample == sum(n or 0 for n in parts)


def test_without_a_volume_and_without_labels(tmp_path: Path) -> None:
    rows = drawn(2).drop(columns="y_true")
    asked = config(tmp_path, rows, deployment={"positive_is": "benefit"})
    del asked["data"]["columns"]["label"]
    found = audit.run(asked).social_impact
    assert found is not None and found.concentration == []
    for line in found.people:
        if line.harm == "unfavourable":
            assert line.in_sample == ((rows.y_pred == "no") & rows.group.isin(line.group or ["a", "b", "c"])).sum()
            assert line.note == "no_volume"
        else:
            assert (line.in_sample, line.rate, line.note) == (None, None, "no_labels")


def test_nothing_is_counted_unless_asked_for(tmp_path: Path) -> None:
    assert audit.run(config(tmp_path, drawn(3))).social_impact is None


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        ({"shares": {"group": {"d": 0.5}}}, "no group is called 'd'"),
        ({"shares": {"grope": {"a": 0.5}}}, "'grope' is no attribute or crossing"),
        ({"shares": {"group": {"a": 0.7, "b": 0.5}}}, "add up to 1.2, which is more than 1"),
        ({"costs": {"false_negative": -1}}, "greater than or equal to 0"),
        ({"decisions_per_year": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, deployment: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        audit.run(config(tmp_path, drawn(4, rows=60), deployment=deployment))


def test_costs_of_several_classes_are_refused(tmp_path: Path) -> None:
    rows = drawn(5, rows=90)
    rows.loc[::3, "y_true"] = "maybe"
    asked = config(tmp_path, rows, deployment={"costs": {"false_negative": 1}})
    del asked["data"]["positive_label"]
    with pytest.raises(ConfigError, match=r"deployment\.costs: goes with two classes"):
        audit.run(asked)


def test_the_public_reads_numbers_of_large_groups_alone(tmp_path: Path) -> None:
    asked = {"deployment": {"decisions_per_year": 1e5, "positive_is": "benefit"}}
    (tmp_path / "large").mkdir()
    (tmp_path / "small").mkdir()
    large = audit.run(config(tmp_path / "large", drawn(6, rows=3000), **asked))
    told = made_public(large).social_impact
    assert told is not None and told == large.social_impact
    rows = pd.concat([drawn(6, rows=3000), drawn(7, rows=30).assign(group="d")], ignore_index=True)
    small = audit.run(config(tmp_path / "small", rows, **asked))
    copy = made_public(small)
    assert small.social_impact is not None and copy.social_impact is None
    assert copy.publication is not None and "social_impact" in copy.publication.left_out
    weighted = rows.assign(weight=1.5)
    asked["columns"] = {"weight": "weight"}
    (tmp_path / "weighted").mkdir()
    assert made_public(audit.run(config(tmp_path / "weighted", weighted, **asked))).social_impact is None


def test_the_report_tells_it_in_both_languages(tmp_path: Path) -> None:
    asked = config(tmp_path, drawn(8), deployment={"decisions_per_year": 9e4, "positive_is": "benefit"})
    asked["output"]["language"] = "zh"
    audit.run(asked)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "社会影响" in page and "每年比最好待遇多出的人数" in page

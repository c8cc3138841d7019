"""What leaves the house: numbers under plain names, documents without texts, and nothing that was not asked for."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.cli import call
from audit.errors import AuditError, ConfigError
from audit.publish.numbers import LONGEST, numbers_of
from audit.publish.parcel import Parcel, packed
from audit.store.runfolder import RunFolder
from tests.publish.conftest import SECRET


def read(parcel: Parcel) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in parcel.folder.rglob("*") if path.is_file()}


def parcel(run: Path, **how: Any) -> tuple[Parcel, dict[str, bytes]]:
    place = RunFolder(run)
    with packed(place, place.read_result(), **how) as made:
        return made, read(made)


def test_texts_leave_only_where_they_are_asked_for(audited: Path) -> None:
    for how, told in (({}, False), ({"audience": "internal"}, False), ({"audience": "internal", "texts": True}, True)):
        _, files = parcel(audited, **how)
        assert any(SECRET.encode() in content for content in files.values()) is told, how
        assert set(files) >= {"report.html", "result.json", "metrics.csv", "summary.md", "modelcard.md"}
        assert not [name for name in files if name.endswith((".parquet", ".jsonl"))]


def test_texts_are_not_for_everybody(audited: Path) -> None:
    with pytest.raises(ConfigError, match="not for everybody"):
        parcel(audited, texts=True)


def test_nothing_is_left_behind(audited: Path) -> None:
    made, _ = parcel(audited)
    assert not made.folder.exists()


def test_numbers_are_those_of_the_result(audited: Path) -> None:
    made, _ = parcel(audited)
    assert made.numbers["groups/gender/female/true_positive_rate"] == 0.5
    assert made.numbers["gaps/gender/true_positive_rate/difference"] == pytest.approx(0.35)
    assert made.numbers["gaps/gender/true_positive_rate/difference_lower"] > 0.1
    assert (made.numbers["rules/failed"], made.numbers["rules/passed"]) == (1, 0)
    assert made.facts["fairaudit.verdict"] == "fail"
    assert made.facts["fairaudit.audience"] == "public"


def values(*groups: str, attributes: tuple[str, ...] = ("g",)) -> Any:
    metrics = [
        SimpleNamespace(
            stratum={}, attributes=list(attributes), group=[group], metric="accuracy", cls=None, value=float(i)
        )
        for i, group in enumerate(groups)
    ]
    return SimpleNamespace(metrics=metrics, disparities=[], judgement=None, classes=["a", "b"], data=None)


@pytest.mark.parametrize(
    "groups",
    [("a/b", "a b", "a?b", "a*b"), ("..", ".", ""), ("女性", "男性"), ("x" * 300, "x" * 301), ("\ud800", "\n")],
)
def test_every_group_has_a_name_of_its_own_that_tools_take(groups: tuple[str, ...]) -> None:
    numbers = numbers_of(values(*groups))
    assert sorted(numbers.values()) == [float(i) for i in range(len(groups))]
    for name in numbers:
        assert len(name) <= LONGEST
        assert re.fullmatch(r"[/\w.\- ]+", name)
        assert all(part.strip(" .") for part in name.split("/"))


def test_too_few_decisions_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("label,prediction,g\n" + "1,1,a\n0,1,b\n" * 4)
    (tmp_path / "audit.yaml").write_text(
        "data: {path: d.csv, columns: {label: label, prediction: prediction}}\nattributes: [g]\noutput: {folder: run}\n"
    )
    assert call(["run", str(tmp_path / "audit.yaml"), "--quiet"]) == 0
    with pytest.raises(AuditError, match="can be told to everybody"):
        parcel(tmp_path / "run")

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.report.tables import (
    _csv,
    adverse_impact_csv,
    disparities_csv,
    impact_ratios_csv,
    metrics_csv,
    spreadsheet_cell,
)

Make = Callable[..., dict[str, Any]]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def result(table: Callable[..., Path], stored: Make) -> Any:
    path = table(y=[1, 0] * 8, p=[1, 1, 0, 0] * 4, g=["=cmd()", "b"] * 8, c=list("kkkkkkkkllllllll"))
    return audit.run(stored(path, controls=["c"]))


def test_columns_are_the_published_ones(result: Any) -> None:
    assert metrics_csv(result).split("\n")[0] == "attribute,group,metric,class,n,value,lower,upper,note"
    header = "attribute,metric,class,aggregate,value,lower,upper,worst_group,best_group,note"
    assert disparities_csv(result).split("\n")[0] == header


def test_values_round_trip(result: Any) -> None:
    lines = read(metrics_csv(result))
    for item in result.metrics:
        if item.stratum or not item.group:
            continue
        (line,) = [
            x for x in lines
            if x["attribute"] == "g" and x["group"].lstrip("'") == item.group[0] and x["metric"] == item.metric
            and x["class"] == (item.cls or "")
        ]  # fmt: skip
        assert (float(line["value"]) if line["value"] else None) == item.value
        assert int(line["n"]) == item.n


def test_every_comparison_has_the_columns_of_ugesp(result: Any) -> None:
    lines = read(adverse_impact_csv(result))
    assert len(lines) == len(result.adverse_impact) == 1
    (line, item) = (lines[0], result.adverse_impact[0])
    asked = ("n", "selected", "rate", "reference_n", "reference_rate", "difference", "impact_ratio", "ratio_lower")
    asked += ("ratio_upper", "z", "fisher_p", "mid_p", "holm_p", "shortfall", "flip_flop", "minimum_detectable")
    for name in asked:
        value = getattr(item, name)
        assert line[name] == ("" if value is None else str(value))
    assert {line["group"], line["reference"]} == {"'=cmd()", "b"}


def test_impact_ratios_have_a_line_for_every_category(result: Any) -> None:
    lines = read(impact_ratios_csv(result))
    (table,) = result.impact_ratios
    assert [(int(line["n"]), int(line["selected"]), float(line["impact_ratio"])) for line in lines] == [
        (row.n, row.selected, row.impact_ratio) for row in table.groups
    ]
    assert {line["standing"] for line in lines} == {"compared"}


def test_each_line_is_named_once(result: Any) -> None:
    lines = [
        tuple(line[key] for key in ("attribute", "group", "metric", "class")) for line in read(metrics_csv(result))
    ]
    assert len(lines) == len(set(lines))


def test_precision_recall_f1_and_support_of_every_class_are_there(result: Any) -> None:
    lines = read(metrics_csv(result))
    for cls in ("0", "1"):
        found = {line["metric"] for line in lines if line["class"] == cls and line["group"] == "b"}
        assert {"precision", "recall", "f1_score", "support"} <= found


def test_formulas_are_quoted_and_strata_named(result: Any) -> None:
    lines = read(metrics_csv(result))
    assert {line["group"] for line in lines if line["attribute"] == "g"} == {"'=cmd()", "b"}
    assert {"g | c=k", "g | c=l", "(all)"} <= {line["attribute"] for line in lines}
    assert not any(cell[:1] in "=+@" for line in lines for cell in line.values() if cell)


@pytest.mark.parametrize("blank", ["", "\n", " ", "\t", "\r", "\u00a0", "\u200b", "\u3164", "\ufeff", "\n \r"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b"])
def test_whatever_a_spreadsheet_overlooks_before_a_formula_it_stays_text(blank: str, sign: str) -> None:
    assert spreadsheet_cell(f"{blank}{sign}cmd()")[0] == "'"
    (_, line) = csv.reader(io.StringIO(_csv(["g"], [[f"{blank}{sign}cmd()"]])))
    assert line[0].startswith("'")


def test_control_characters_are_shown_in_the_tables() -> None:
    assert spreadsheet_cell("\x1b]0;x\x07\x00") == "⟨U+001B⟩]0;x⟨U+0007⟩⟨U+0000⟩"
    assert spreadsheet_cell("a = b") == "a = b"
    assert spreadsheet_cell(-0.5) == -0.5


def test_gaps_of_proportions_have_bounds_around_them(result: Any) -> None:
    for item in result.disparities:
        if item.value is not None and item.metric not in {"equalized_odds"}:
            assert item.lower <= item.value <= item.upper

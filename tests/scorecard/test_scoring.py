"""Σ p·x with everything that is left open: unknown is a range, never zero."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import AuditResult, run
from audit.errors import ConfigError
from audit.report.documents import Telling
from audit.report.html import render_html
from audit.scorecard.fields import check_path, found_at
from audit.scorecard.loading import Card, load_card
from audit.scorecard.scoring import scored
from audit.store.runfolder import RunFolder

Audited = Callable[..., AuditResult]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Audit stored predictions in which b is missed more often."""

    def make(**changes: Any) -> AuditResult:
        folder = tmp_path_factory.mktemp("scorecard")
        rng = np.random.default_rng(3)
        label = rng.random(600) < 0.5
        group = np.where(rng.random(600) < 0.5, "a", "b")
        hit = rng.random(600) < np.where(group == "a", 0.9, 0.6)
        frame = pd.DataFrame({"y": label.astype(int), "p": np.where(hit, label, ~label).astype(int), "g": group})
        frame.to_csv(folder / "rows.csv", index=False)
        columns = {"label": "y", "prediction": "p"}
        config = {
            "data": {"path": str(folder / "rows.csv"), "columns": columns, "positive_label": "1"},
            "attributes": ["g"],
            "output": {"folder": str(folder / "run")},
            "scorecard": {},
        }
        return run(config | changes)

    return make


def card(**indicator: Any) -> Card:
    field = "metrics[metric=accuracy][attributes=][stratum=]"
    plain = {"code": "one", "field": field, "zero": 1, "one": 0.5, "weight": 2, "reason": "a test"}
    return Card.model_validate({"dimensions": {"V": [plain | indicator]}})


def test_a_path_keeps_the_parts_that_its_conditions_ask_for() -> None:
    plain = {"a": [{"k": "x", "n": []}, {"k": "y", "n": ["p", "q"], "b": {"c": 3}}], "e": None}
    assert found_at("a[k=y].b.c", plain) == [3]
    assert found_at("a[n=]", plain) == [plain["a"][0]]
    assert found_at("a[n=p × q].k", plain) == ["y"]
    assert found_at("e.f", plain) == found_at("nowhere", plain) == found_at("a[missing=1]", plain) == []


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a[b]", "a[b=c", "a b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        check_path(path)


def test_with_nothing_measured_a_dimension_may_be_anything(audited: Audited) -> None:
    result = audited()
    assert result.scorecard is not None
    by_code = {item.code: item for item in result.scorecard.dimensions}
    for code in ("P", "S"):
        assert (by_code[code].lowest, by_code[code].highest, by_code[code].score) == (0, 1, None)
        assert by_code[code].known == 0 and not by_code[code].drivers
    vulnerable = by_code["V"]
    accuracy = next(v for v in result.metrics if v.metric == "accuracy" and not v.attributes)
    assert accuracy.value is not None and accuracy.lower is not None and accuracy.upper is not None
    # Weights of what ships: 2 for wrong decisions, of 8 in all.
    assert vulnerable.score == pytest.approx((1 - accuracy.value) / 0.5)
    assert vulnerable.lowest == pytest.approx(2 / 8 * (1 - accuracy.upper) / 0.5)
    assert vulnerable.highest == pytest.approx(2 / 8 * (1 - accuracy.lower) / 0.5 + 6 / 8)
    assert vulnerable.measure_next[0] == "fragile"


def test_every_measurement_narrows_the_range(audited: Audited) -> None:
    open_ended = audited()
    measured = audited(deployment={"decisions_per_year": 10_000, "positive_is": "benefit"})
    assert open_ended.scorecard is not None and measured.scorecard is not None
    for before, after in zip(open_ended.scorecard.dimensions, measured.scorecard.dimensions, strict=True):
        assert after.lowest >= before.lowest - 1e-12 and after.highest <= before.highest + 1e-12
    narrowed = {item.code: item for item in measured.scorecard.dimensions}["S"]
    assert narrowed.known == 1 and narrowed.highest < 1


@given(st.floats(-2, 2), st.floats(0, 1), st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=60, deadline=None)
def test_a_score_lies_within_its_range_and_the_range_within_zero_and_one(
    value: float, half: float, zero: float, one: float
) -> None:
    if zero == one:
        return
    plain = {"value": value, "lower": value - half, "upper": value + half}

    class Fake:
        @staticmethod
        def model_dump(mode: str) -> dict[str, Any]:
            return {"metrics": [{"metric": "accuracy", "attributes": [], "stratum": {}, **plain}]}

    found = scored(Fake(), card(zero=zero, one=one), None).dimensions[0]  # type: ignore[arg-type]
    assert found.score is not None
    assert 0 <= found.lowest <= found.score + 1e-12 and found.score <= found.highest + 1e-12 <= 1 + 2e-12


def test_of_several_parts_the_worst_counts_and_one_without_a_value_leaves_it_open() -> None:
    class Fake:
        def __init__(self, values: list[float | None]) -> None:
            self.values = values

        def model_dump(self, mode: str) -> dict[str, Any]:
            return {"parts": [{"value": v, "lower": v and v - 0.1, "upper": v and v + 0.1} for v in self.values]}

    asked = card(field="parts", zero=0, one=1)
    (worst,) = scored(Fake([0.2, 0.5]), asked, None).dimensions[0].indicators  # type: ignore[arg-type]
    assert (worst.value, worst.parts) == (0.5, 2)
    assert (worst.x, worst.x_lower, worst.x_upper) == pytest.approx((0.5, 0.4, 0.6))
    (one,) = scored(Fake([0.2, None]), asked, None).dimensions[0].indicators  # type: ignore[arg-type]
    assert (one.x_lower, one.x_upper) == pytest.approx((0.1, 1.0))


@pytest.mark.parametrize(("limit", "status"), [(0.99, "pass"), (0.01, "fail"), (0.6, "inconclusive")])
def test_a_rule_judges_the_upper_end(audited: Audited, tmp_path: Path, limit: float, status: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps({"dimensions": {"E": [
        {"code": "misses", "field": "disparities[metric=true_positive_rate][aggregate=difference][stratum=]", "zero": 0,
         "one": 0.5, "weight": 1, "reason": "a test"}]}}))  # fmt: skip
    rules = [{"metric": "scorecard:E", "at_most": limit}]
    result = audited(policy={"rules": rules}, scorecard={"file": str(own)})
    assert result.judgement is not None and result.scorecard is not None
    (rule,) = result.judgement.rules
    dimension = next(item for item in result.scorecard.dimensions if item.code == "E")
    assert (rule.lower, rule.upper) == (dimension.lowest, dimension.highest)
    assert rule.status == status
    assert result.scorecard.file == "own.yaml"


def test_a_rule_on_what_nobody_measured_never_passes(audited: Audited) -> None:
    result = audited(policy={"rules": [{"metric": "scorecard:P", "at_most": 0.9}]})
    assert result.judgement is not None
    assert [rule.status for rule in result.judgement.rules] == ["inconclusive"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dimensions: {X: []}", "there is no dimension 'X'"),
        ("dimensions: {E: [{code: a, field: m, zero: 1, one: 1, weight: 1, reason: r}]}", "are the same"),
        ("dimensions: {E: [{code: a, field: m..n, zero: 0, one: 1, weight: 1, reason: r}]}", "is no path"),
        ("dimensions: {E: [{code: a, field: m, zero: 0, one: 1, weight: 0, reason: r}]}", "greater than 0"),
        ("dimensions: {E: [{code: a, field: m, zero: 0, one: 1, weight: 1}]}", "reason"),
    ],
)
def test_a_wrong_scorecard_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_card(file)


def test_every_indicator_that_ships_reads_a_field_of_the_schema_and_the_docs_name_it() -> None:
    schema = AuditResult.model_json_schema()
    page = (Path(__file__).parents[2] / "docs" / "scorecard.md").read_text(encoding="utf-8")
    for indicators in load_card().dimensions.values():
        for indicator in indicators:
            node = schema
            for name in [*indicator.field.replace("]", "").split("."), indicator.value]:
                node = _resolved(node, schema)["properties"][name.split("[")[0]]
            assert f"`{indicator.field}`, `{indicator.value}`" in page


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The part that a node of the schema is about, be it a list of them or one that may be missing."""
    while "properties" not in node:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        elif "items" in node:
            node = node["items"]
        else:
            node = next(item for item in node["anyOf"] if item.get("type") != "null")
    return node


def test_the_report_tells_ranges_in_both_languages(audited: Audited, tmp_path: Path) -> None:
    result = audited()
    folder = RunFolder(tmp_path)
    page = render_html(Telling(folder, result))
    assert 'id="scorecard"' in page and 'class="radar"' in page
    assert "技术脆弱性" in render_html(Telling(folder, result, language="zh"))

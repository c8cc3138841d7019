from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from audit.report.documents import Telling
from audit.report.papers.cyclonedx import render_cyclonedx
from audit.report.stories import told as stories_told
from audit.store.files import sha256
from audit.text import visible
from tests.report.papers.conftest import SECRET, of, with_model


def model_of(telling: Telling) -> dict[str, Any]:
    model: dict[str, Any] = json.loads(render_cyclonedx(telling))["components"][0]
    return model


@pytest.mark.parametrize("changed", [{}, {"judgement": None}, {"model": "facts"}])
def test_it_is_what_the_schema_asks_for(told: Telling, changed: dict[str, Any]) -> None:
    if "model" in changed:
        changed = {"model": with_model(told.result)}
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(render_cyclonedx(of(told, **changed))) is None


def test_every_defined_value_is_told_by_slice(told: Telling) -> None:
    told_metrics = model_of(told)["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    expected = [item for item in told.result.metrics if not item.stratum and item.value is not None]
    assert len(told_metrics) == len(expected)
    for shown, item in zip(told_metrics, expected, strict=True):
        assert float(shown["value"]) == pytest.approx(item.value, rel=1e-9)
        assert ("slice" in shown) == bool(item.attributes)
        assert ("confidenceInterval" in shown) == (item.lower is not None and item.doubt is None)
    rate = next(shown for shown in told_metrics if shown["type"] == "selection_rate" and shown.get("slice") == "h=x")
    assert float(rate["confidenceInterval"]["lowerBound"]) < float(rate["value"])


def test_who_is_at_risk(told: Telling) -> None:
    assessments = model_of(told)["modelCard"]["considerations"]["fairnessAssessments"]
    stories = [finding for finding in told.result.findings.items if finding.kind == "gap"]
    harms = " ".join(item["harms"] for item in assessments)
    for finding in stories:
        assert visible(stories_told(finding, told.t).headline) in harms
    told_of = {(tuple(f.attributes), m.metric) for f in stories for m in f.measures}
    for gap in told.result.clear_gaps.items:
        assert (tuple(gap.attributes), gap.metric) in told_of or told.t.metric(gap.metric) in harms
    assert assessments[0]["groupAtRisk"] == "g==1+1"
    assert assessments[0]["mitigationStrategy"]


def test_hashes_of_model_data_and_result(told: Telling) -> None:
    model, data = json.loads(render_cyclonedx(of(told, model=with_model(told.result))))["components"]
    assert model["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert data["hashes"] == [{"alg": "SHA-256", "content": told.result.data.sha256}]
    assert model["externalReferences"][0]["hashes"][0]["content"] == sha256(told.folder.result)
    assert "hashes" not in model_of(told)  # predictions were stored: there is no model to hash


def test_why_a_value_is_missing(told: Telling) -> None:
    items = [item for item in told.result.metrics if item.value is None and not item.stratum]
    without = told.result.metrics[0].model_copy(update={"value": None, "note": "no_rows"})
    plain = model_of(of(told, metrics=[without, *told.result.metrics[1:]]))["modelCard"]["properties"]
    said = [item["value"] for item in plain if item["name"] == "fairaudit:undefined"]
    assert len(said) == len(items) + 1
    assert f"{without.metric}: no rows" in said


def test_the_same_audit_gives_the_same_bill(told: Telling) -> None:
    assert render_cyclonedx(told) == render_cyclonedx(told)
    other = json.loads(render_cyclonedx(replace(told, audience="public")))["serialNumber"]
    assert other != json.loads(render_cyclonedx(told))["serialNumber"]


def test_it_shows_control_characters_and_no_text_of_the_data(told: Telling) -> None:
    text = render_cyclonedx(told)
    assert "a⟨U+202E⟩b" in text
    assert "\u202e" not in text
    assert SECRET not in text

"""What was measured beside fairness reaches summary, terminal, model card, bill of materials and workbook."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import yaml

import audit
from audit.disclosure.public import made_public
from audit.report.beside import beside
from audit.report.documents import Telling
from audit.report.markdown import render_markdown, safe
from audit.report.papers.cyclonedx import render_cyclonedx
from audit.report.papers.facts import further
from audit.report.papers.grids import grids
from audit.report.papers.modelcard import render_model_card
from audit.report.papers.xlsx import render_xlsx, sheet_name
from audit.report.terminal import tell_audit
from audit.report.wording import Catalogue
from audit.result import CanaryExposure, ExtractedPair, ExtractedRate, Leakage
from audit.result.review import (
    FlagPrecision,
    GapBound,
    LabelErrorRate,
    Review,
    ReviewAgreement,
    ReviewCounts,
    ReviewDesign,
    ReviewRate,
)
from audit.scorecard.loading import load_card
from audit.store.runfolder import RunFolder
from tests.conftest import make_texts
from tests.report.papers.conftest import of

ROWS = 150
SECTIONS = ["scorecard", "data_audit", "privacy", "probes", "social_impact", "remedies"]


def written(path: Path, seed: int) -> Path:
    """A table of texts of two groups."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "id": f"{path.stem}{i}",
            "text": f"broad grades reward @secret{i} {text}",
            "label": rng.choice(["no", "yes"]).item(),
            "group": "ab"[i % 2],
        }
        for i, text in enumerate(make_texts(ROWS, seed))
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Telling:
    """A small model that was asked everything that does not take long."""
    folder = tmp_path_factory.mktemp("beside")
    audit.run(
        {
            "model": {"path": str(checkpoints["bert"])},
            "data": {
                "path": str(written(folder / "rows.jsonl", 1)),
                "columns": {"input": "text", "label": "label", "id": "id"},
                "positive_label": "yes",
            },
            "attributes": ["group"],
            "explanations": {"which": "none"},
            "data_audit": {"reference": {"group": {"a": 0.3, "b": 0.7}}},
            "probes": {
                "sample": 40,
                "adversarial": None,
                "robustness": {"transforms": ["swapped_letters"], "severities": [1]},
                "membership": {"members": str(written(folder / "members.jsonl", 2))},
            },
            "deployment": {
                "decisions_per_year": 1000,
                "positive_is": "benefit",
                "costs": {"false_negative": 2, "false_positive": 1},
            },
            "remedies": {"frontier": 0},
            "scorecard": {},
            "output": {"folder": str(folder / "run")},
        }
    )
    run = RunFolder(folder / "run")
    return Telling(run, run.read_result())


def leaked() -> Leakage:
    rates = [
        ExtractedRate(side=side, attributes=[], group=[], n=50, extracted=n, rate=n / 50, lower=0, upper=0.5)
        for side, n in (("members", 12), ("held_out", 0))
    ]
    pair = ExtractedPair(
        attributes=[], low_group=["held_out"], high_group=["members"], low_value=0, high_value=0.24, difference=0.24,
        lower=0.1, upper=0.4, p_value=0.001, holm_p=0.001,
    )  # fmt: skip
    canary = CanaryExposure(
        name="=pin", planted=True, bits=10, compared=1023, whole=True, ahead=0, exposure=10, lower=9, upper=10,
        p_value=0.001, holm_p=0.001,
    )  # fmt: skip
    return Leakage(
        level=0.95, canaries_sha256="0" * 64, canaries=[canary], prefix=5, continuation=5, members=None, held_out=None,
        groups=[], rates=rates, pairs=[pair],
    )  # fmt: skip


def reviewed() -> Review:
    rate = ReviewRate(n=20, hits=7, rate=0.35, lower=0.2, upper=0.5)
    return Review(
        level=0.95, rows_sha256="0" * 64, key_sha256="0" * 64, answers_sha256="0" * 64,
        design=ReviewDesign(
            flagged=20, others=100, drawn_flagged=20, drawn_controls=20, reviewers=2, overlap=1, decision_first=False,
            reasons=False,
        ),
        reviewers=2, reviewed=40, changed=0,
        counts=[ReviewCounts(question="label", answers=80, unsure=0, missing=0, decisions=40)],
        agreement=[ReviewAgreement(question="label", alpha=0.7, lower=0.6, upper=0.8, units=40, ratings=80, differing=4,
                                   note=None)],
        reviewer_error=0.05, reviewer_error_upper=0.1, reviewer_error_from="measured",
        precision=[FlagPrecision(code="probe_hit", outcome="wrong", flagged=rate, controls=rate, undecided=0,
                                 unmatched=0, difference=0.3, lower=0.1, upper=0.5, p=0.01, holm_p=0.01)],
        label_errors=[LabelErrorRate(attributes=[], group=[], differs=rate, undecided=0, reviewer_error=0.05,
                                     reviewer_error_upper=0.1, lower=0.1, upper=0.4)],
        metrics=[],
        gaps=[GapBound(attributes=["group"], group=["a"], other=["b"], metric="accuracy", cls=None, recorded=0.1,
                       lower=0.05, upper=0.2)],
        notes=[],
    )  # fmt: skip


@pytest.fixture
def everything(told: Telling) -> Telling:
    """The same with what is not cheap to measure."""
    telling = of(told, leakage=leaked())
    telling.__dict__["review"] = reviewed()
    return telling


def sheets(telling: Telling) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render_xlsx(telling)))


def test_a_line_for_each_part_that_was_asked_for_and_none_else(told: Telling, everything: Telling) -> None:
    assert [said.section for said in beside(told.result, told.t)] == SECTIONS
    last = beside(everything.result, everything.t, everything.review)[-1]
    assert (last.section, last.text) == (
        "review",
        "Called wrong or biased more often than decisions without a flag: Altered by what should not matter (wrong). "
        "Reviewers name another class than the label in 35.0\u00a0% of decisions.",
    )
    nothing = dict.fromkeys(("scorecard", "data_audit", "membership", "social_impact", "remedies"))
    assert beside(of(told, probes=[], **nothing).result, told.t) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_summary_terminal_and_card_tell_the_same_lines(told: Telling, language: str) -> None:
    telling = replace(told, language=language)
    said = beside(telling.result, telling.t)
    card = render_model_card(telling)
    summary = render_markdown(telling.result, telling.t)
    terminal = "".join("".join(span.text for span in line) for line in tell_audit(telling.result, telling.t, 200))
    for _, name, text in said:
        assert f"- {telling.t.pair(f'**{safe(name)}**', safe(text))}" in summary
        assert f"- {telling.t.pair(f'**{safe(name)}**', safe(text))}" in card
        assert "".join(text.split()) in "".join(terminal.split())
    assert telling.t("beside.title") in terminal


def test_the_card_has_ranges_of_dimensions_and_metrics_for_the_hub(everything: Telling) -> None:
    card = render_model_card(everything)
    assert "| Dimension | Range | Known alone | Weight measured |" in card
    index = next(yaml.safe_load_all(card))["model-index"][0]["results"]
    metrics = {metric["type"]: metric for entry in index for metric in entry["metrics"]}
    expected = {item.code: item for item in further(everything) if not item.attributes}
    assert {"probe:robustness", "membership_inference_auc:loss", "verbatim_extraction:members"} <= set(expected)
    for code, item in expected.items():
        assert metrics[code]["value"] == pytest.approx(item.value, abs=1e-6)


def test_the_bill_has_them_by_group(everything: Telling) -> None:
    card = json.loads(render_cyclonedx(everything))["components"][0]["modelCard"]
    metrics = {(one["type"], one.get("slice")): one for one in card["quantitativeAnalysis"]["performanceMetrics"]}
    for item in further(everything):
        where = ", ".join(f"{name}={value}" for name, value in zip(item.attributes, item.group, strict=True)) or None
        assert float(metrics[item.code, where]["value"]) == pytest.approx(item.value)
    risks = " ".join(risk["name"] for risk in card["considerations"]["ethicalConsiderations"])
    assert all(said.text in risks for said in beside(everything.result, everything.t))


def test_every_table_is_a_sheet_with_numbers_as_numbers(everything: Telling) -> None:
    book = sheets(everything)
    t = everything.t
    for grid in grids(everything):
        rows = [list(row) for row in grid.rows]
        name = sheet_name(t(f"paper.grid.{grid.code}"))
        assert (name in book.sheetnames) == bool(rows)
        for shown, row in zip(book[name].iter_rows(min_row=2, values_only=True) if rows else (), rows, strict=True):
            for cell, value, (code, kind) in zip(shown, row, grid.columns, strict=True):
                if isinstance(value, int | float):
                    assert cell == pytest.approx(value), (grid.code, code)
                    assert kind != "text" or grid.code == "summary"
    for code in (
        "data_checks",
        "data_shares",
        "data_proxies",
        "probes",
        "changes",
        "membership",
        "named",
        "remembered",
    ):
        assert sheet_name(t(f"paper.grid.{code}")) in book.sheetnames
    for code in ("canaries", "extracted", "people", "bearing", "costs", "remedies", "thresholds", "weights", "collect"):
        assert sheet_name(t(f"paper.grid.{code}")) in book.sheetnames
    for code in ("dimensions", "indicators", "review_flags", "review_labels", "review_gaps", "review_agreement"):
        assert sheet_name(t(f"paper.grid.{code}")) in book.sheetnames


def test_names_of_sheets_differ_in_every_language(everything: Telling) -> None:
    for language in ("en", "zh"):
        names = [sheet_name(Catalogue(language)(f"paper.grid.{grid.code}")) for grid in grids(everything)]
        assert len(set(names)) == len(names)


def test_no_text_stands_in_any(everything: Telling) -> None:
    cells = [str(cell) for sheet in sheets(everything) for row in sheet.iter_rows(values_only=True) for cell in row]
    assert not any("@secret" in cell for cell in cells)
    assert not any("@secret" in paper for paper in (render_model_card(everything), render_cyclonedx(everything)))


def test_everybody_reads_what_everybody_may(everything: Telling) -> None:
    public = replace(everything, result=made_public(everything.result), audience="public")
    assert public.review is None
    told = {said.section for said in beside(public.result, public.t, public.review)}
    assert not told & {"data_audit", "privacy", "remedies", "review"}
    assert public.result.publication is not None and "privacy" in public.result.publication.left_out
    hidden = {"data_checks", "data_proxies", "membership", "named", "canaries", "extracted", "thresholds", "weights"}
    hidden |= {"review_flags", "review_labels", "review_gaps", "review_agreement", "remedies", "collect"}
    shown = {grid.code: [list(row) for row in grid.rows] for grid in grids(public)}
    assert not any(shown[code] for code in hidden)
    counts = {
        cell
        for grid in grids(public)
        for row in grid.rows
        for cell, (code, kind) in zip(row, grid.columns, strict=True)
        if kind == "count" and isinstance(cell, int) and code in {"n", "altered", "in_sample", "selected", "flagged"}
    }
    assert counts and not counts & set(range(1, 10))


def test_a_probe_that_may_not_be_told_is_not_said_to_have_made_no_change(told: Telling) -> None:
    (found,) = told.result.probes
    hidden = of(told, probes=[found.model_copy(update={"metrics": []})])
    said = {item.name: item.text for item in beside(hidden.result, told.t)}
    assert said["Robustness"] == "Numbers are suppressed for the public."


def test_reasons_of_the_scorecard_that_ships_have_words_in_every_language(told: Telling) -> None:
    shipped = {item.code: item.reason for items in load_card().dimensions.values() for item in items}
    assert {code: Catalogue("en")(f"scorecard.reason.{code}") for code in shipped} == shipped
    reasons = {
        row[-2] for grid in grids(replace(told, language="zh")) if grid.code == "indicators" for row in grid.rows
    }
    assert reasons == {Catalogue("zh")(f"scorecard.reason.{code}") for code in shipped}

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest

import audit
from audit.report.html import FIRST_IN_MAIN, content_security_policy, templates_folder
from audit.report.marked import heat
from audit.report.sections import all_sections

Make = Callable[..., dict[str, Any]]


def test_policy_names_the_hash_of_each_script() -> None:
    digest = base64.b64encode(hashlib.sha256(b"let x = 1").digest()).decode()
    policy = content_security_policy(["let x = 1"])
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" in policy.split("style-src")[1].split(";")[0]


def test_sections_stand_in_the_order_of_the_page() -> None:
    assert [section.code for section in all_sections()] == [
        "banner", "summary", "scorecard", "clear_gaps", "unsettled", "scope", "data_audit", "data", "performance",
        "disparities", "scores", "why", "counterfactuals", "privacy", "names", "probes", "explanations",
        "social_impact", "remedies", "flags", "comparison", "review", "gate", "bias_audit", "compliance",
        "limits", "method", "sign_off", "glossary",
    ]  # fmt: skip


def test_every_section_but_the_first_is_folded_and_says_what_it_found() -> None:
    sections = [section for section in all_sections() if section.order >= FIRST_IN_MAIN]
    assert [section.code for section in sections if not section.folded] == ["summary"]
    assert all(section.conclude for section in sections if section.folded)


def test_no_number_is_computed_in_a_template() -> None:
    for path in templates_folder().rglob("*.j2"):
        tree = jinja2.Environment(autoescape=True).parse(path.read_text())
        products = list(tree.find_all((jinja2.nodes.Mul, jinja2.nodes.Div, jinja2.nodes.Pow)))
        assert not products, path


def test_the_same_run_renders_the_same_page(model_case: Make, tmp_path: Path) -> None:
    from audit.report.documents import Telling
    from audit.report.write import write_documents
    from audit.store.runfolder import RunFolder

    audit.run(model_case())
    before = (tmp_path / "run" / "report.html").read_bytes()
    folder = RunFolder(tmp_path / "run")
    write_documents(Telling(folder, folder.read_result()))
    assert (tmp_path / "run" / "report.html").read_bytes() == before


def test_a_heat_map_is_the_whole_text_in_signed_pieces() -> None:
    text = "He is  good 🙂."
    explanation = {
        "starts": [0, 3, 7, 12, 13],
        "ends": [2, 5, 11, 13, 14],
        "attributions": [0.1, -0.5, 0.02, 0.0, 0.25],
    }
    pieces = heat(text, explanation)
    assert "".join(piece["text"] for piece in pieces) == text
    steps = {piece["text"]: piece["step"] for piece in pieces}
    assert (steps["He"], steps["is"], steps["good"]) == (1, -5, 0)


def test_overlapping_spans_show_no_character_twice() -> None:
    explanation = {"starts": [0, 0], "ends": [1, 1], "attributions": [0.5, 0.5]}
    assert "".join(piece["text"] for piece in heat("好", explanation)) == "好"


@pytest.mark.parametrize("values", [[0.0, 0.0], []])
def test_nothing_attributed_is_no_colour(values: list[float]) -> None:
    n = len(values)
    explanation = {"starts": [0, 1][:n], "ends": [1, 2][:n], "attributions": values}
    assert all(piece["step"] == 0 for piece in heat("ab", explanation))

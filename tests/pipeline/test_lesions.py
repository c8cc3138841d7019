"""The sample of pictures: what was planted on dark skin is found and confirmed, and nothing where nothing was."""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow.parquet as pq
import pytest

from audit import run
from audit.config import load_config
from audit.report import islands
from audit.report.documents import Telling
from audit.report.html import render_html
from audit.result import AuditResult
from audit.store.runfolder import RunFolder

SAMPLE = Path(__file__).parents[2] / "sample_data" / "lesions"


def audited(folder: Path, *overrides: str) -> AuditResult:
    settings = ("gaps.sample=0", "explanations.sanity=0", *overrides, f"output.folder={folder}")
    return run(load_config(SAMPLE / "audit.yaml", settings))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    folder = tmp_path_factory.mktemp("lesions") / "run"
    settings = ("explanations.sample=6", "explanations.most_flagged=2", "explanations.shown=4", "exchange.shown=3")
    return audited(folder, *settings), folder


def test_the_generator_draws_the_same_pictures_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("make_lesions", SAMPLE / "make_lesions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    again, stored = module.audited(), pq.read_table(SAMPLE / "lesions.parquet")
    assert again.drop_columns(["image"]).equals(stored.drop_columns(["image"]))
    pictures = zip(again["image"].to_pylist(), stored["image"].to_pylist(), strict=True)
    for new, old in pictures:
        pixels = [np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB")) for content in (new, old)]
        assert np.array_equal(*pixels)


def rules(result: AuditResult) -> dict[str, Any]:
    assert result.judgement is not None
    return {rule.metric: rule for rule in result.judgement.rules if rule.counts}


def test_more_is_overlooked_on_dark_skin_and_the_rule_says_on_which(planted: tuple[AuditResult, Path]) -> None:
    result, _ = planted
    found = rules(result)["true_positive_rate"]
    assert found.status == "fail"
    assert found.low_group == ["8-10"]
    rates = {v.group[0]: v.value for v in result.metrics if v.metric == "true_positive_rate" and len(v.group) == 1}
    assert rates["8-10"] < 0.6 < 0.9 < min(rates["1-4"], rates["5-7"])
    named = {(item.metric, tuple(item.low_group)) for item in result.clear_gaps.items}
    assert ("true_positive_rate", ("8-10",)) in named


def test_the_exchange_of_tone_confirms_it(planted: tuple[AuditResult, Path]) -> None:
    result, _ = planted
    assert result.exchange is not None
    assert result.exchange.kinds == ["tone", "light"]
    pairs = {(pair.source, pair.target): pair for pair in result.exchange.pairs if pair.axis == "tone"}
    # Lighter pictures moved to dark skin become benign, and dark ones moved to light skin malignant; not the reverse.
    for source in ("1-4", "5-7"):
        pair = pairs[source, "Monk 9"]
        assert pair.to_negative is not None
        assert pair.lower > 0.15
        assert (pair.to_positive, pair.shift < -0.1) == (0, True)
    for target in ("Monk 2", "Monk 6"):
        pair = pairs["8-10", target]
        assert pair.lower > 0.15
        assert (pair.to_negative, pair.shift > 0.1) == (0, True)
    assert pairs["1-4", "Monk 6"].upper < 0.1
    assert rules(result)["flip_rate"].status == "fail"


def test_other_light_is_told_and_flags_nobody(planted: tuple[AuditResult, Path]) -> None:
    result, folder = planted
    assert result.exchange is not None
    assert {pair.target for pair in result.exchange.pairs if pair.axis == "light"} == {"darker", "brighter"}
    axes = {item["axis"] for row in RunFolder(folder).read_flagged() for item in row["evidence"].get("exchanges", [])}
    assert axes == {"tone"}


def test_pictures_are_in_one_file_and_gone_without_it(planted: tuple[AuditResult, Path], tmp_path: Path) -> None:
    result, folder = planted
    html = (folder / "report.html").read_text()
    assert html.count('src="data:image/png;base64,') > 8
    kept = pq.read_table(folder / "inputs.parquet").to_pylist()
    exchanged = [row for row in kept if row["exchanged"] is not None]
    assert len(exchanged) == len(result.exchange.shown if result.exchange else [])
    assert all(row["image"] != row["exchanged"] for row in exchanged)
    for name in ("result.json", "decisions.parquet", "counterfactuals.parquet", "flagged.jsonl"):
        assert b"\x89PNG" not in (folder / name).read_bytes()
    copy = Path(shutil.copytree(folder, tmp_path / "run"))
    (copy / "inputs.parquet").unlink()
    redacted = render_html(Telling(RunFolder(copy), result))
    assert 'src="data:image/' not in redacted
    assert not any("data:image/" in text for text in islands.texts(redacted))
    assert "redacted" in redacted


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_pictures_are_seen_in_a_browser_and_by_who_cannot_see_them(
    browser: Any, planted: tuple[AuditResult, Path], scheme: str, width: int
) -> None:
    _, folder = planted
    page = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True, bypass_csp=False
    ).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((folder / "report.html").as_uri())
    widths = page.evaluate("() => [...document.querySelectorAll('.picture img')].map(image => image.naturalWidth)")
    assert len(widths) > 8
    assert set(widths) == {48}
    patches = page.locator(".patches svg")
    assert all(patch.get_attribute("aria-label") for patch in patches.all())
    assert page.locator(".strongest tbody tr").count() > 8
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert said == []


def test_where_nothing_was_planted_nothing_is_named(tmp_path: Path) -> None:
    result = audited(tmp_path / "run", "model.path=classifier-even", "explanations.which=none", "exchange.light=0")
    assert result.clear_gaps.items == []
    assert {name: rule.status for name, rule in rules(result).items()} == {
        "true_positive_rate": "pass",
        "flip_rate": "pass",
    }

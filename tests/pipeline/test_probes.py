"""Probes from configuration to report: the model is asked again, and every output tells what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from audit import run
from audit.errors import ConfigError, DataError, ModelError
from audit.pipeline.probes import drawn_again
from audit.report.documents import Telling
from audit.report.html import render_html
from audit.store.runfolder import RunFolder

Make = Callable[..., dict[str, Any]]
CHANGES = """
def first(text):
    return "word " + text

def same(text):
    return text

def none(text):
    return None

def number(text):
    return 3
"""


@pytest.fixture
def probing(model_case: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    (tmp_path / "own_changes.py").write_text(CHANGES)
    monkeypatch.chdir(tmp_path)

    def make(*functions: str, **changes: Any) -> dict[str, Any]:
        asked = [{"function": f"own_changes:{name}"} for name in functions]
        probes = {"sample": 30, "invariance": asked, "robustness": None, "adversarial": None} | changes.pop(
            "probes", {}
        )
        return model_case(rows=40, probes=probes, explanations={"which": "none"}, **changes)

    return make


def by_hand(folder: str, texts: list[str]) -> list[list[float]]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    model.eval()
    with torch.inference_mode():
        return [
            model(**tokenizer(text, return_tensors="pt", truncation=True)).logits.softmax(-1)[0].tolist()
            for text in texts
        ]


def test_outcomes_are_those_of_asking_one_by_one(probing: Make, tmp_path: Path) -> None:
    config = probing("first")
    result = run(config)
    (found,) = result.probes
    table = pd.read_parquet(tmp_path / "run" / "variants.parquet")
    texts = pd.read_csv(tmp_path / "texts.csv", dtype=str).set_index("id")["text"]
    scored = table[table["status"] == "scored"]
    assert len(scored) == found.variants == found.asked == 30
    before = by_hand(config["model"]["path"], [texts[row] for row in scored["row_id"]])
    after = by_hand(config["model"]["path"], ["word " + texts[row] for row in scored["row_id"]])
    positive = result.classes.index("yes")
    assert scored["f"].tolist() == pytest.approx([p[positive] for p in before], abs=1e-4)
    assert scored["f_after"].tolist() == pytest.approx([p[positive] for p in after], abs=1e-4)
    changed = [(a[positive] > 0.5) != (b[positive] > 0.5) for a, b in zip(before, after, strict=True)]
    assert scored["hit"].tolist() == changed
    assert result.work["variant_queries"] == found.queries == 60


def test_what_changes_nothing_is_refused_and_counted(probing: Make) -> None:
    (found,) = run(probing("same", "none", "first")).probes
    assert {(item.transform, item.reason): item.n for item in found.refused} == {
        ("same", "unchanged"): 30,
        ("none", "unchanged"): 30,
    }
    assert {rate.transform for rate in found.rates} == {"first"}


def test_rules_and_flags_read_what_probes_found(probing: Make, tmp_path: Path) -> None:
    rules = [{"metric": "probe:invariance", "at_most": 0.9}, {"metric": "probe:invariance", "limit": 0.9}]
    result = run(probing("first", policy={"rules": rules}))
    assert result.judgement is not None
    judged = [rule for rule in result.judgement.rules if rule.metric == "probe:invariance"]
    assert {rule.kind for rule in judged} == {"gap", "level"} or len(judged) == 2
    (rate,) = [rate for rate in result.flags.rates if rate.code == "probe_hit"]
    hits = pd.read_parquet(tmp_path / "run" / "variants.parquet")["hit"].eq(True).sum()
    assert rate.flagged == hits
    page = render_html(Telling(RunFolder(tmp_path / "run"), result))
    assert 'id="probes"' in page


def test_an_interrupted_run_asks_nothing_twice(probing: Make, tmp_path: Path) -> None:
    first = run(probing("first"))
    again = run(probing("first", output={"folder": str(tmp_path / "again")}))
    assert first.probes == again.probes


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"functions": ["number"]}, ModelError, "returned a int"),
        ({"functions": ["nothing_like_it"]}, ConfigError, "names nothing in it"),
        (
            {"policy": {"rules": [{"metric": "probe:nobody", "at_most": 0.1}]}},
            ConfigError,
            "is no metric of this audit",
        ),
        ({"policy": {"rules": [{"metric": "probe:invariance", "margin": 0.1}]}}, ConfigError, "not by its change"),
        ({"probes": {"own": {"unheard_of": {}}}}, ConfigError, "no installed package has a probe 'unheard_of'"),
    ],
)
def test_what_cannot_be_asked_is_said(probing: Make, changes: dict[str, Any], error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        run(probing(*changes.pop("functions", ["first"]), **changes))


def test_stored_predictions_cannot_be_probed(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("y,p,g\n1,1,a\n0,0,b\n")
    with pytest.raises(ConfigError, match="probes: changed rows need a `model`"):
        run({"data": {"path": str(tmp_path / "rows.csv"), "columns": {"label": "y", "prediction": "p"}},
             "attributes": ["g"], "probes": {}})  # fmt: skip


def test_pairs_of_a_file_are_held_to_what_is_expected(model_case: Make, tmp_path: Path) -> None:
    config = model_case(rows=40, explanations={"which": "none"})
    first = pd.read_csv(tmp_path / "texts.csv")["text"].tolist()[:4]
    second = [first[1], first[0], first[2], "word " + first[3]]
    table = pd.DataFrame({"first": first, "second": second, "who": ["a", "b", "a", None]})
    table.to_csv(tmp_path / "pairs.csv", index=False)
    asked = [{"file": str(tmp_path / "pairs.csv"), "groups": {"group": "who"}, "expect": "rises"}]
    probes = {"pairs": asked, "robustness": None, "adversarial": None}
    (found,) = run(config | {"probes": probes}).probes
    assert (found.metric, found.population, found.variants) == ("probe:pairs", 4, 3)
    assert [(item.reason, item.n) for item in found.refused] == [("unchanged", 1)]
    before, after = (by_hand(config["model"]["path"], texts) for texts in (first, second))
    fails = [b[1] <= a[1] for a, b in zip(before, after, strict=True)]
    (everybody,) = [rate for rate in found.rates if not rate.group]
    assert everybody.hits == sum(fails[at] for at in (0, 1, 3))
    stored = pd.read_parquet(tmp_path / "run" / "variants.parquet")
    assert not any(len(new) for new in stored["replacements"])


def test_a_pair_without_a_text_is_named(model_case: Make, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("first,second\na,b\nc,\n")
    with pytest.raises(DataError, match="row 2: there is no text in 'second'"):
        run(model_case(rows=40, probes={"pairs": [{"file": str(tmp_path / "pairs.csv")}]}))


def test_a_sample_of_explained_decisions_stands_for_all_of_them() -> None:
    """Those drawn again count by both probabilities; the first rows of a table would stand for themselves alone."""
    n = 4000
    late = np.arange(n) >= n // 2  # what is asked about lies in the second half of the table
    explained = pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(n)],
            "y_true": "yes",
            "y_pred": "yes",
            "group:g": np.where(late, "a", "b"),
            "inclusion_probability": np.where(late, 0.5, 0.25),
        }
    )  # fmt: skip
    drawn = drawn_again(explained, 400, seed=0)
    assert len(drawn) == 400
    weight = 1 / drawn["inclusion_probability"]
    assert weight.sum() == pytest.approx((1 / explained["inclusion_probability"]).sum(), rel=0.02)
    share = weight[drawn["group:g"] == "a"].sum() / weight.sum()
    assert share == pytest.approx(1 / 3, abs=0.02)
    assert drawn_again(explained, n, seed=0) is explained

"""A whole audit with exchanges, gaps and flags, held against independent computations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from audit import run
from audit.config import ModelConfig
from audit.errors import ConfigError
from audit.models.text_classification import TextClassification
from audit.policy.judge import judge
from audit.probes.exchange import exchanges
from audit.report.sarif import FLAG_LEVELS, MOST_FLAGGED
from audit.result import AuditResult
from audit.store.columns import group_column
from audit.terms.loading import load_lexicons

Make = Callable[..., dict[str, Any]]
EXPLAIN = {"sample": 10, "sanity": 0, "shown": 4, "most_flagged": 5}


@pytest.fixture
def audited(model_case: Make) -> tuple[dict[str, Any], AuditResult, Path]:
    config = model_case(
        rows=120,
        exchange={"threshold": 0.01},
        explanations=EXPLAIN,
        gaps={"sample": 60, "metrics": ["selection_rate", "true_positive_rate"], "resamples": 200},
        policy={
            "rules": [
                {"metric": "flip_rate", "at_most": 0.9},
                {"metric": "flag_rate:counterfactual_flip", "at_most": 0.001},
            ]
        },
    )
    return config, run(config), Path(config["output"]["folder"])


def test_flips_equal_an_independent_computation(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    config, result, _ = audited
    adapter = TextClassification.load(ModelConfig(path=config["model"]["path"], device="cpu"))

    def decide(text: str) -> np.ndarray:
        with torch.no_grad():
            return adapter.logits(adapter.collate(adapter.encode([text]))).softmax(-1)[0].numpy()

    expected: dict[tuple[Any, ...], list[tuple[bool, float]]] = {}
    lexicons = load_lexicons(["en"])
    for text in pd.read_csv(config["data"]["path"])["text"]:
        before = decide(text)
        for found in exchanges(lexicons, text):
            if not found.versions:
                continue
            # Of open readings the one that moves the decision least counts.
            versions = [decide(str(version.text)) for version in found.versions]
            after = min(versions, key=lambda p: (p.argmax() != before.argmax(), abs(float(p[1] - before[1]))))
            key = (found.axis, found.source, found.target, found.both)
            expected.setdefault(key, []).append((before.argmax() != after.argmax(), float(after[1] - before[1])))
    assert result.exchange is not None
    assert result.exchange.exchanged == sum(map(len, expected.values()))
    pairs = {(p.axis, p.source, p.target, p.both): p for p in result.exchange.pairs}
    assert set(pairs) == set(expected)
    for key, pair in pairs.items():
        assert pair.flips == sum(flip for flip, _ in expected[key])
        assert pair.flip_rate == pytest.approx(np.mean([flip for flip, _ in expected[key]]))
        assert pair.shift == pytest.approx(np.mean([moved for _, moved in expected[key]]), abs=1e-6)
        assert pair.token_gap == pytest.approx(np.mean([abs(moved) for _, moved in expected[key]]), abs=1e-6)
        assert pair.lower <= pair.flip_rate <= pair.upper


def test_gaps_add_up_to_the_gap_over_all_decisions(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    _, result, folder = audited
    decisions = pd.read_parquet(folder / "decisions.parquet")
    assert result.gaps
    for gap in result.gaps:
        rows = decisions if gap.condition == "all" else decisions[decisions["y_true"] == "yes"]
        means = rows.groupby(group_column(gap.attributes[0]))["score"].mean()
        assert gap.score_gap == pytest.approx(means[gap.high_group[0]] - means[gap.low_group[0]], abs=1e-6)
        assert sum(part.value for part in gap.parts) == pytest.approx(gap.score_gap, abs=1e-9)
        assert gap.why == "asked"


def test_every_flag_has_its_evidence(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    _, result, folder = audited
    flagged = [json.loads(line) for line in (folder / "flagged.jsonl").read_text().splitlines()]
    assert len(flagged) == result.flags.decisions
    assert [row["rank"] for row in flagged] == list(range(1, len(flagged) + 1))
    levels = [("high", "medium", "low").index(row["severity"]) for row in flagged]
    assert levels == sorted(levels)
    table = pd.read_parquet(folder / "counterfactuals.parquet")
    scored = table[table["status"] == "scored"]
    moved = (scored["f_exchanged"] - scored["f"]).abs() >= 0.01
    flips = scored["y_pred"] != scored["y_pred_exchanged"]
    by_code = {row["row_id"] for row in flagged if "counterfactual_flip" in row["codes"]}
    assert by_code == set(scored["row_id"][moved | flips])
    for row in flagged:
        if "counterfactual_flip" in row["codes"]:
            assert row["evidence"]["exchanges"][0]["edits"]
        if row["explanation"]:
            assert len(row["explanation"]["attributions"]) == len(row["explanation"]["starts"])
    explained = set(pd.read_parquet(folder / "attributions.parquet")["row_id"])
    assert {row["row_id"] for row in flagged[:5]} <= explained
    assert any(note.code == "flagged_not_explained" for note in result.notes) == (len(by_code) > 5)


def test_sarif_holds_the_worst_flags_and_no_text(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    config, _, folder = audited
    flagged = [json.loads(line) for line in (folder / "flagged.jsonl").read_text().splitlines()]
    run = json.loads((folder / "audit.sarif").read_text())["runs"][0]
    found = [finding for finding in run["results"] if finding["ruleId"].startswith("flag/")]
    assert [item["properties"]["row"] for item in found] == [row["row_id"] for row in flagged[:MOST_FLAGGED]]
    assert {item["ruleId"] for item in found} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    worst = found[0]
    assert (worst["level"], worst["ruleId"]) == (FLAG_LEVELS[flagged[0]["severity"]], "flag/counterfactual_flip")
    place = worst["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == Path(config["data"]["path"]).name
    assert all(item["level"] != "error" for item in found)
    content = (folder / "audit.sarif").read_text()
    texts = pd.read_csv(config["data"]["path"])["text"]
    assert not any(text in content for text in texts if len(text) > 60)
    prints = [item["partialFingerprints"]["fairaudit/v1"] for item in found]
    assert len(set(prints)) == len(prints)


def test_flagged_decisions_alone(model_case: Make) -> None:
    config = model_case(rows=60, exchange={"threshold": 0.05}, explanations={**EXPLAIN, "which": "flagged"})
    result = run(config)
    folder = Path(config["output"]["folder"])
    flagged = [json.loads(line) for line in (folder / "flagged.jsonl").read_text().splitlines()]
    certain = {row["row_id"] for row in flagged if any(not code.startswith("unexpl") for code in row["codes"])}
    assert set(pd.read_parquet(folder / "attributions.parquet")["row_id"]) == certain
    assert result.explanations is not None
    assert result.explanations.sampled == len(certain)


def test_rules_on_rates_are_judged_by_bounds(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    _, result, _ = audited
    assert result.judgement is not None
    by_metric = {rule.metric: rule for rule in result.judgement.rules}
    # Pairs of groups that few texts name stay in scope, and nothing is known of them.
    assert result.exchange is not None
    few = [pair for pair in result.exchange.pairs if pair.effective_n < 10]
    assert few
    assert by_metric["flip_rate"].status == "inconclusive"
    assert by_metric["flip_rate"].groups == len(result.exchange.pairs) - len(few)
    assert by_metric["flip_rate"].kind == "level"
    flag = by_metric["flag_rate:counterfactual_flip"]
    assert flag.status == "fail"
    assert flag.lower is not None
    assert flag.lower > 0.001
    again = judge(result, result_policy(at_most=0.999))
    assert [rule.status for rule in again.rules] == ["pass"]


def result_policy(**rule: Any) -> Any:
    from audit.config import PolicyConfig

    return PolicyConfig.model_validate({"rules": [{"metric": "flag_rate:counterfactual_flip", **rule}]})


def test_values_of_any_metric_can_be_bounded(stored: Make, table: Callable[..., Path]) -> None:
    rng = np.random.default_rng(0)
    p = (rng.random(2000) < 0.3).astype(int)
    path = table(y=list(rng.integers(0, 2, 2000)), p=list(p), g=["a", "b"] * 1000)
    rules = [{"metric": "selection_rate", "at_most": limit, "name": str(limit)} for limit in (0.2, 0.3, 0.4)]
    judgement = run(stored(path, policy={"rules": rules})).judgement
    assert judgement is not None
    assert {rule.rule: rule.status for rule in judgement.rules} == {"0.2": "fail", "0.3": "inconclusive", "0.4": "pass"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"metric": "flip_rate", "limit": 0.1}, "is held by `at_most`"),
        ({"metric": "flag_rate:disparate_error", "at_most": 1.5}, "can never fail"),
        ({"metric": "flag_rate:nothing", "at_most": 0.1}, "is not known in this audit"),
        ({"metric": "flip_rate", "at_most": 0.1}, "is not known in this audit"),
    ],
)
def test_rules_that_cannot_be_answered(stored: Make, table: Callable[..., Path], rule: Any, message: str) -> None:
    path = table(y=[0, 1] * 20, p=[0, 1] * 20, g=["a", "b"] * 20)
    with pytest.raises(ConfigError, match=message):
        run(stored(path, policy={"rules": [rule]}))


def test_text_lives_in_one_place(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    config, result, folder = audited
    texts = pd.read_csv(config["data"]["path"]).set_index("id")["text"]
    kept = pd.read_parquet(folder / "inputs.parquet").set_index("row_id")["input"]
    assert result.exchange is not None
    assert result.explanations is not None
    allowed = {*result.explanations.shown, *result.flags.shown, *(pair.row_id for pair in result.exchange.shown)}
    allowed |= {row for gap in result.gaps for part in gap.parts for row in part.rows}
    assert set(kept.index) == allowed
    assert (texts[kept.index] == kept).all()
    long = [text for text in texts if len(text) > 60]
    for name in ("result.json", "flagged.jsonl", "counterfactuals.parquet", "contributions.parquet"):
        content = (folder / name).read_bytes()
        assert not any(text.encode() in content for text in long)
    page = (folder / "report.html").read_text()
    assert all(f'id="{code}"' in page for code in ("why", "counterfactuals", "flags"))


def test_disparate_errors_are_those_that_make_the_gap(stored: Make, table: Callable[..., Path]) -> None:
    rng = np.random.default_rng(1)
    n = 1200
    g, y = np.array(["a", "b"])[rng.integers(0, 2, n)], rng.integers(0, 2, n)
    p = np.where((g == "a") & (y == 0) & (rng.random(n) < 0.6), 1, np.where(rng.random(n) < 0.1, 1 - y, y))
    path = table(id=list(map(str, range(n))), y=list(y), p=list(p), g=list(g))
    rules = [{"metric": "false_positive_rate", "limit": 0.1}]
    config = stored(path, policy={"rules": rules}, data__columns__id="id")
    result = run(config)
    flagged = [
        json.loads(line) for line in (Path(config["output"]["folder"]) / "flagged.jsonl").read_text().splitlines()
    ]
    assert {int(row["row_id"]) for row in flagged} == set(np.flatnonzero((g == "a") & (y == 0) & (p == 1)))
    (rate,) = result.flags.rates
    assert (rate.code, rate.n, rate.flagged) == ("disparate_error", n, len(flagged))

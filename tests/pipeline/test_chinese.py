"""The example of Chinese comments, on a slice: topics, speech against bias, words as units, terms exchanged."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

import audit
from tests.conftest import ROOT, shared

EXAMPLE = ROOT / "docs" / "examples" / "chinese_offensive_language.yaml"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[audit.AuditResult, Path, pd.DataFrame]:
    """The example on 240 rows, a tenth of its explanations, and no gap taken apart."""
    model, data = shared("models", "bert-cold-zh"), shared("data", "cold_zh_test.csv")
    folder = tmp_path_factory.mktemp("cold")
    rows = pd.read_csv(data).head(240)
    rows.to_csv(folder / "cold_zh_test.csv", index=False)
    plain = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    plain["model"]["path"] = str(model)
    plain["explanations"] |= {"sample": 6, "most_flagged": 2, "sanity": 0}
    plain["gaps"]["sample"] = 0
    plain["exchange"]["shown"] = 2
    (folder / "audit.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    return audit.run(folder / "audit.yaml"), folder / "runs" / "cold", rows


def test_the_false_positive_rate_of_speech_against_bias_topic_by_topic(
    found: tuple[audit.AuditResult, Path, pd.DataFrame],
) -> None:
    result, folder, rows = found
    decided = pd.read_parquet(folder / "decisions.parquet").merge(
        rows.astype({"id": str}), left_on="row_id", right_on="id"
    )
    told = {
        tuple(value.group): value
        for value in result.metrics
        if value.attributes == ["topic", "kind"] and value.metric == "false_positive_rate"
    }
    for topic in ("region", "race", "gender"):
        mine = decided[(decided["topic"] == topic) & (decided["fine_label"] == 3)]
        assert told[topic, "against bias"].value == pytest.approx((mine["y_pred"] == "offensive").mean())
        assert told[topic, "attacks a group"].value is None
        assert told[topic, "attacks a group"].note is not None
    assert [rule.rule for rule in result.judgement.rules] == [
        "topics are judged alike",
        "speech against bias is not accused",
    ]


def test_units_are_words(found: tuple[audit.AuditResult, Path, pd.DataFrame]) -> None:
    _, folder, rows = found
    texts = rows.astype({"id": str}).set_index("id")["text"]
    explained = pd.read_parquet(folder / "attributions.parquet")
    words = [
        texts[row["row_id"]][start:end]
        for row in explained.to_dict("records")
        for start, end in zip(row["starts"], row["ends"], strict=True)
    ]
    assert sum(len(word) > 1 for word in words) > 0.3 * len(words)
    assert all(word.strip() == word for word in words)


def test_terms_are_exchanged(found: tuple[audit.AuditResult, Path, pd.DataFrame]) -> None:
    result, *_ = found
    assert result.exchange is not None
    assert result.exchange.languages == ["zh"]
    assert {pair.axis for pair in result.exchange.pairs} >= {"gender", "race"}

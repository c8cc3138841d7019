"""A whole audit that exchanges values of fields, held against a computation of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit import run
from audit.errors import ConfigError
from audit.result import AuditResult
from tests.models.decoders import one_by_one, save

TEMPLATE = "Name: {name}, years: {years}. Is it good? Answer:"
#: Names that no lexicon knows.
NAMES = {"a": ["Anlo", "Amru", "Alka"], "b": ["Bexo", "Bolu", "Benka"]}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], AuditResult, Path]:
    folder = tmp_path_factory.mktemp("hiring")
    rows = [
        {"id": f"r{i}-{group}", "who": name, "years": str(i), "group": group, "y": ["no", "yes"][i % 2]}
        for group, names in NAMES.items()
        for i, name in enumerate(names * 3)
    ]
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    config: dict[str, Any] = {
        "model": {
            "path": str(save(folder / "decoder")),
            "prompt": {"template": TEMPLATE, "labels": {"no": [" no"], "yes": [" yes"]}},
        },
        "data": {
            "path": str(folder / "rows.csv"),
            "columns": {"fields": {"name": "who", "years": "years"}, "label": "y", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": ["group"],
        "exchange": {"values": [{"field": "name", "attribute": "group"}, {"field": "years", "values": ["0", "8"]}]},
        "explanations": {"sample": 4, "sanity": 0, "shown": 2, "most_flagged": 2, "most_gradients": 9},
        "gaps": {"sample": 0},
        "policy": {"rules": [{"metric": "flip_rate", "at_most": 0.99}]},
        "output": {"folder": str(folder / "run")},
    }
    return config, run(config), folder


def test_scores_are_those_of_the_prompt_with_the_other_value(
    audited: tuple[dict[str, Any], AuditResult, Path],
) -> None:
    _, result, folder = audited
    assert result.exchange is not None
    assert (result.exchange.kinds, result.exchange.axes) == (
        ["terms", "values"],
        [*result.exchange.axes[:-2], "group", "years"],
    )
    table = pd.read_parquet(folder / "run" / "counterfactuals.parquet")
    rows = pd.read_csv(folder / "rows.csv", dtype=str).set_index("id")
    scored = table[table["status"] == "scored"]
    assert len(scored[scored["axis"] == "group"]) == len(rows)
    prompts = []
    for one in scored.to_dict("records"):
        field = {"group": "name", "years": "years"}[one["axis"]]
        (new,) = one["replacements"]
        assert field != "name" or new in NAMES[one["target"]]
        row = rows.loc[one["row_id"]]
        prompts.append(TEMPLATE.format(**({"name": row["who"], "years": row["years"]} | {field: new})))
    expected = one_by_one(folder / "decoder", prompts, [" no", " yes"]).softmax(-1)[:, 1].numpy()
    assert abs(scored["f_exchanged"].to_numpy() - expected).max() < 1e-4 * max(1.0, float(abs(expected).max()))
    flips = {(pair.axis, pair.source, pair.target): pair.n for pair in result.exchange.pairs}
    assert flips["group", "a", "b"] == flips["group", "b", "a"] == 9


def test_the_report_shows_what_stood_there_and_what_came(audited: tuple[dict[str, Any], AuditResult, Path]) -> None:
    _, result, folder = audited
    text = (folder / "run" / "report.html").read_text()
    assert "Every row was decided again with another value" in text
    assert result.exchange is not None and any(pair.original for pair in result.exchange.shown)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([{"field": "nobody"}], "there is no field 'nobody'"),
        ([{"field": "name", "attribute": "who"}], "'who' is no attribute"),
        ([{"field": "name", "attribute": "group", "values": ["Bo"]}], "either `values` or `attribute`"),
        ([{"field": "name", "within": ["group"]}], "`within` goes with `attribute`"),
        ([{"field": "name", "attribute": "group", "within": ["group"]}], "cannot stay"),
        ([{"field": "name", "values": ["Bo"]}], "holds one value"),
    ],
)
def test_what_is_asked_wrongly_is_one_clear_error(
    audited: tuple[dict[str, Any], AuditResult, Path], values: list[dict[str, Any]], problem: str
) -> None:
    config, _, _ = audited
    with pytest.raises(ConfigError, match=problem):
        run({**config, "exchange": {"values": values}})

"""Names exchanged in tweets under a real model: recall by group is what plain transformers gives on the same texts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

from audit import run
from audit.store.columns import group_columns
from audit.terms.people import load_names
from tests.conftest import shared

ROWS, NAMES = 8, 2


def spans(tags: list[str]) -> set[tuple[int, int, str]]:
    """Read entities off tags: words of one type that follow each other, where none of them but the first begins one."""
    out, start = set(), 0
    for at in range(1, len(tags) + 1):
        goes_on = at < len(tags) and tags[at].startswith("I-") and tags[at][2:] == tags[start][2:]
        if not goes_on:
            if tags[start] != "O":
                out.add((start, at, tags[start][2:]))
            start = at
    return out


def test_recall_by_name_is_that_of_plain_transformers(tmp_path: Path) -> None:
    path, data = shared("models", "minilm-wnut17"), shared("data", "wnut17_test.jsonl")
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    plain = [
        row for row in rows if "B-person" in row["tags"] and row["tokens"][row["tags"].index("B-person")].isalpha()
    ]
    chosen = {row["id"]: row for row in plain[:ROWS]}
    (tmp_path / "rows.jsonl").write_text(
        "\n".join(json.dumps(row | {"half": "ab"[i % 2]}) for i, row in enumerate(chosen.values())), encoding="utf-8"
    )
    result = run(
        {
            "model": {"path": str(path), "device": "cpu"},
            "data": {
                "path": str(tmp_path / "rows.jsonl"),
                "outcome": "entities",
                "columns": {"input": "tokens", "label": "tags", "id": "id"},
            },
            "attributes": ["half"],
            "exchange": {"names": {"per_group": NAMES}},
            "explanations": {"which": "none"},
            "output": {"folder": str(tmp_path / "run")},
        }
    ).names
    assert result is not None
    table = pd.read_parquet(tmp_path / "run" / "names.parquet")
    groups = {group.values for group in load_names(["en"]).groups}
    columns = group_columns(["name_origin", "name_gender"])
    assert result.exchanged >= ROWS
    assert result.persons == result.exchanged + sum(result.refused.values())
    assert len(table) == result.decisions == result.exchanged * len(groups) * NAMES
    # Every person is tried under equally many names of each group, and under the same.
    tried = Counter(map(tuple, table[["row_id", *columns]].to_numpy().tolist()))
    assert set(tried.values()) == {NAMES}
    assert {key[1:] for key in tried} == groups
    assert table.groupby(columns)[["given", "family"]].apply(lambda part: len(part.drop_duplicates())).eq(NAMES).all()

    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForTokenClassification.from_pretrained(path, dtype=torch.float32).eval()
    hits = []
    for one in table.to_dict("records"):
        words, first = chosen[one["example"]]["tokens"], int(one["position"])
        own = next(end for start, end, _ in spans(chosen[one["example"]]["tags"]) if start == first)
        name = one["written"].split()
        words = [*words[:first], *name, *words[own:]]
        encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        with torch.inference_mode():
            said = model(**encoded).logits[0].argmax(1).tolist()
        of_token = encoded.word_ids()
        read = [of_token.index(word) if word in of_token else None for word in range(len(words))]
        tags = ["O" if at is None else model.config.id2label[said[at]] for at in read]
        hits.append((first, first + len(name), "person") in spans(tags))
    table["hit"] = hits
    assert 0 < sum(hits) < len(hits)
    for attributes in (["name_origin"], ["name_gender"], ["name_origin", "name_gender"]):
        expected = table.groupby(group_columns(attributes))["hit"].mean()
        for value in result.metrics:
            if value.metric == "name_recall" and value.attributes == attributes:
                key = value.group[0] if len(value.group) == 1 else tuple(value.group)
                assert value.value == pytest.approx(expected.loc[key])
                assert value.lower is not None
                assert value.upper is not None
                assert value.lower <= value.value <= value.upper
    assert {tuple(item.attributes) for item in result.disparities} == {
        ("name_origin",), ("name_gender",), ("name_origin", "name_gender"),
    }  # fmt: skip

"""WNUT-17: tags that two systems handed in give the F1 that the shared task published (Derczynski et al. 2017)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from seqeval.metrics import classification_report

from audit.entities.decisions import match
from audit.entities.scores import score
from audit.entities.tags import TagColumn, read_tags
from tests.conftest import shared


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    path = shared("data", "wnut17_test.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def column(rows: list[dict[str, Any]], name: str) -> TagColumn:
    lengths = [len(row["tokens"]) for row in rows]
    return read_tags([row[name] for row in rows], column=name, where="wnut17_test.jsonl", lengths=lengths)


@pytest.mark.parametrize(("system", "f1"), [("tags_arcada", "39.98"), ("tags_uh_ritual", "41.86")])
def test_entity_f1(rows: list[dict[str, Any]], system: str, f1: str) -> None:
    gold, said = column(rows, "tags"), column(rows, system)
    assert (gold.scheme, said.scheme, gold.malformed, said.malformed, gold.missing) == ("IOB2", "IOB2", 0, 0, 0)
    scores = score((g or [], s or []) for g, s in zip(gold.rows, said.rows, strict=True))
    assert f"{100 * (scores.overall['strict'].f1 or 0):.2f}" == f1
    decided = [d for g, s in zip(gold.rows, said.rows, strict=True) for d in match(g or [], s or [])]
    assert sum(d.y_true != "O" for d in decided) == 1079
    report = classification_report([row["tags"] for row in rows], [row[system] for row in rows], output_dict=True)
    for kind, own in scores.by_type.items():
        hits = sum(d.y_true == d.y_pred == kind for d in decided)
        assert own["strict"].correct == hits
        assert own["strict"].gold == report[kind]["support"]
        assert own["strict"].f1 == pytest.approx(report[kind]["f1-score"], abs=1e-12)

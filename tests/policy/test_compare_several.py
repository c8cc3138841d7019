"""Two versions with several decisions about a row are compared decision by decision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.policy.baseline import load_baseline
from audit.policy.comparison import compare_runs
from audit.report.markdown import render_comparison
from audit.report.wording import Catalogue
from audit.result import Change, Comparison
from audit.store.runfolder import RunFolder
from tests.conftest import shared

TYPES = ("person", "place")


def entities(seed: int, keep: float) -> list[dict[str, Any]]:
    """Draw rows whose labels are the same for every seed, and what a version found in them."""
    gold, mine = np.random.default_rng(0), np.random.default_rng(seed)
    rows = []
    for i in range(240):
        tags = [f"B-{TYPES[gold.integers(2)]}" if gold.random() < 0.25 else "O" for _ in range(8)]
        found = [tag if mine.random() < keep else "O" for tag in tags]
        found = ["B-person" if tag == "O" and mine.random() < 0.06 else tag for tag in found]
        rows.append({"id": i, "w": list("abcdefgh"), "t": tags, "p": found, "g": "ab"[i % 2]})
    return rows


def run(folder: Path, rows: list[dict[str, Any]], outcome: str, columns: dict[str, Any]) -> RunFolder:
    folder.mkdir()
    path = folder.parent / f"{folder.name}.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    data = {"path": str(path), "outcome": outcome, "columns": {"id": "id", **columns}}
    audit.run({"data": data, "attributes": ["g"], "output": {"folder": str(folder / "run")}})
    return RunFolder(folder / "run")


def compared(before: RunFolder, after: RunFolder) -> Comparison:
    return compare_runs(after.read_result(), after.decisions, load_baseline(before.path))


def of(found: Comparison, metric: str, cls: str | None) -> Change:
    (change,) = [c for c in found.changes if (c.metric, c.cls, c.attributes) == (metric, cls, [])]
    return change


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, RunFolder]:
    folder = tmp_path_factory.mktemp("versions")
    columns = {"input": "w", "label": "t", "prediction": "p"}
    before, after = (
        run(folder / name, entities(seed, keep), "entities", columns)
        for name, seed, keep in (("before", 1, 0.8), ("after", 2, 0.6))
    )
    return before, after


def test_versions_that_found_other_entities_are_paired(versions: tuple[RunFolder, RunFolder]) -> None:
    found = compared(*versions)
    assert found.paired
    before, after = (folder.read_result() for folder in versions)
    for change in found.changes:
        if change.difference is not None and change.metric != "visible_characters":
            assert change.lower is not None
            assert change.upper is not None
            assert change.lower <= change.difference + 1e-9, change.metric
            assert change.difference <= change.upper + 1e-9, change.metric
            assert change.sketch is not None, change.metric
    assert (of(found, "true_positive_rate", "person").upper or 0) < 0
    (everybody,) = [flips for flips in found.flips if not flips.attributes]
    sides = [{(row["example"], row["position"]) for row in _decisions(folder)} for folder in versions]
    assert everybody.n == len(sides[0] | sides[1])
    assert before.data.rows_sha256 == after.data.rows_sha256


def _decisions(folder: RunFolder) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return [row for row in pq.read_table(folder.decisions).to_pylist() if row["status"] != "nothing"]


def test_a_version_is_the_same_as_itself(versions: tuple[RunFolder, RunFolder]) -> None:
    found = compared(versions[0], versions[0])
    assert found.paired
    assert all(abs(change.difference or 0) < 1e-9 for change in found.changes)
    assert all(rate.flips == 0 for flips in found.flips for rate in flips.rates)


def test_what_is_said_of_it(versions: tuple[RunFolder, RunFolder]) -> None:
    found, result = compared(*versions), versions[1].read_result()
    said = "\n".join(render_comparison(found, Catalogue.of(result), 0.02))
    assert "labelled entities one by one" in said
    assert "recall of “person”" in said
    assert "rue positive rate" not in said
    assert "bounded as if the two versions had decided on different texts" in said


def test_labels_are_compared_label_by_label(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((200, 2)) < 0.5
    runs = []
    for name, keep in (("before", 0.9), ("after", 0.7)):
        said = np.where(rng.random((200, 2)) < keep, truth, ~truth).astype(int)
        rows = [
            {"id": i, "a": int(truth[i, 0]), "b": int(truth[i, 1]), "pa": int(said[i, 0]), "pb": int(said[i, 1])}
            | {"g": "xy"[i % 2]}
            for i in range(200)
        ]
        columns = {"labels": {"a": "a", "b": "b"}, "predictions": {"a": "pa", "b": "pb"}}
        runs.append(run(tmp_path / name, rows, "labels", columns))
    found = compared(*runs)
    assert found.paired
    (everybody,) = [flips for flips in found.flips if not flips.attributes]
    assert everybody.n == 400
    change = of(found, "exact_match", None)
    assert change.sketch is not None
    assert (change.upper or 0) < 0


def test_two_systems_of_a_shared_task(tmp_path: Path) -> None:
    """Published systems of WNUT-17 (Derczynski et al. 2017): strict F1 of 39.98 and 41.86."""
    rows = [json.loads(line) for line in shared("data", "wnut17_test.jsonl").read_text().splitlines()]
    for row in rows:
        row["g"] = "handle" if any(token.startswith("@") for token in row["tokens"]) else "none"
    runs = [
        run(tmp_path / name, rows, "entities", {"input": "tokens", "label": "tags", "prediction": f"tags_{name}"})
        for name in ("arcada", "uh_ritual")
    ]
    found = compared(*runs)
    change = of(found, "micro_f1", None)
    assert found.paired
    assert round(100 * (change.baseline.value or 0), 2) == 39.98
    assert round(100 * (change.candidate.value or 0), 2) == 41.86
    unpaired = compare_runs(runs[1].read_result(), None, load_baseline(runs[0].path))
    wide = of(unpaired, "micro_f1", None)
    assert (change.upper or 0) - (change.lower or 0) < 0.9 * ((wide.upper or 0) - (wide.lower or 0))

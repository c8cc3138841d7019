"""A result whose parts contradict each other is refused when it is read, by the name of the part; a true one is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.cli import call
from audit.errors import RunFolderError
from audit.store.runfolder import RunFolder

Plain = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("audit")
    rows = [f"r{i},{i % 2},{i // 2 % 2},0.{i * 7 % 9 + 1},{'ab'[i % 2]},{'uv'[i // 3 % 2]}" for i in range(60)]
    (place / "rows.csv").write_text("\n".join(["id,y,p,s,g,h", *rows]) + "\n")
    (place / "audit.yaml").write_text(
        "data: {path: rows.csv, columns: {label: y, score: s, id: id}, positive_label: 1, threshold: 0.5}\n"
        "attributes: [g, h]\ncrossings: [[g, h]]\npolicy: {rules: [{metric: selection_rate, limit: 0.2}]}\n"
    )
    assert call(["run", str(place / "audit.yaml"), "--out", str(place / "run"), "--quiet"]) == 0
    return place / "run"


def forged(run: Path, place: Path, change: Callable[[Plain], Any]) -> Path:
    """Change the result, and hash it anew as whoever hides a change would."""
    place.mkdir()
    for path in run.iterdir():
        if path.is_file():
            (place / path.name).write_bytes(path.read_bytes())
    plain = json.loads((place / "result.json").read_bytes())
    change(plain)
    body = json.dumps(plain).encode()
    (place / "result.json").write_bytes(body)
    manifest = json.loads((place / "manifest.json").read_bytes())
    manifest["files"]["result.json"] = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    (place / "manifest.json").write_text(json.dumps(manifest))
    return place


def test_a_true_result_is_read(run: Path, tmp_path: Path) -> None:
    assert RunFolder(forged(run, tmp_path / "same", lambda plain: None)).read_result()


def test_a_finding_may_tell_of_a_rule_about_an_axis(run: Path, tmp_path: Path) -> None:
    """As of the tones that pictures are moved along, which are no groups of decisions."""
    finding = {
        "id": "0", "kind": "level", "severity": "error", "attributes": ["tone"], "low_group": ["1"],
        "high_group": ["1"], "measures": [], "carried": None, "exchanged": None, "flagged": 0, "examples": [],
        "undecided": 0, "share": None, "sureness": {"code": "failed", "level": 0.95}, "next_steps": [],
    }  # fmt: skip
    told = forged(run, tmp_path / "axis", lambda plain: plain["findings"].update(items=[finding]))
    assert RunFolder(told).read_result().findings.items
    gap = {**finding, "kind": "gap"}
    with pytest.raises(RunFolderError, match="'tone' is no slicing"):
        RunFolder(forged(run, tmp_path / "gap", lambda plain: plain["findings"].update(items=[gap]))).read_result()


def _mean(plain: Plain) -> Plain:
    return next(item for item in plain["metrics"] if item["sketch"])  # type: ignore[no-any-return]


CHANGES: dict[str, tuple[Callable[[Plain], Any], str]] = {
    "a group that is not there": (lambda r: r["metrics"][9].update(group=["z"]), "no group of this result"),
    "an attribute that is not there": (lambda r: r["disparities"][0].update(attributes=["z"]), "no slicing"),
    "a group of a test": (lambda r: r["adverse_impact"][0].update(reference=["z"]), "no group of this result"),
    "a group of a report of scores": (lambda r: r["scores"][1]["groups"][0].update(group=["z"]), "no group"),
    "a report of scores without a group": (lambda r: r["scores"][1]["groups"].pop(), "not among its groups"),
    "a slicing without groups": (lambda r: r["slicings"][1].update(groups=[]), "has no groups"),
    "a slicing less": (lambda r: r["slicings"].pop(1), "not among them"),
    "no slicing of all decisions": (lambda r: r["slicings"].pop(0), "all decisions together"),
    "a group twice": (lambda r: r["slicings"][1]["groups"].append(r["slicings"][1]["groups"][0]), "a group twice"),
    "a slicing nobody asked for": (lambda r: r["config"].update(crossings=[]), "not in the configuration"),
    "a label too many": (lambda r: r["slicings"][1]["groups"][0]["by_label"].update(z=1), "not those of the result"),
    "more labels than decisions": (lambda r: r["slicings"][1]["groups"][0].update(n=0), "labelled decisions of 0"),
    "a metric that is not defined": (lambda r: r["metric_definitions"].pop(0), "not among metric_definitions"),
    "a metric twice": (lambda r: r["metrics"].append(r["metrics"][4]), "the same question as metrics.4"),
    "a share of two": (lambda r: r["metrics"][0].update(value=2.0), "lies between 0 and 1"),
    "a difference without a ratio": (lambda r: r["disparities"].pop(0), "without a"),
    "a positive class of no class": (lambda r: r.update(positive_class="z"), "not among the classes"),
    "a configuration without keys": (lambda r: r.update(config={}), "config: 2 problems"),
    "a sketch of nothing": (lambda r: _mean(r)["sketch"].update(values=[], shares=[]), "0 values with 0 shares"),
    "a threshold less": (lambda r: r["scores"][0]["thresholds"].pop(), "thresholds"),
    "a negative size": (lambda r: r["metrics"][0].update(effective_n=-1.0), "metrics.0.effective_n"),
    "a negative count": (lambda r: r["data"].update(rows=-1), "data.rows"),
    "certainty": (lambda r: r.update(level=1.0), "level"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_contradiction_is_named(run: Path, tmp_path: Path, what: str) -> None:
    change, told = CHANGES[what]
    with pytest.raises(RunFolderError, match=r"result\.json") as caught:
        RunFolder(forged(run, tmp_path / "forged", change)).read_result()
    assert told in str(caught.value)


@pytest.mark.parametrize("command", ["gate", "report", "verify"])
def test_a_code_without_words_is_no_defect(
    run: Path, tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def change(plain: Plain) -> None:
        plain["notes"].append({"code": "nobody_says_so", "params": {}})

    code = call([command, str(forged(run, tmp_path / "forged", change))])
    said = capfd.readouterr().err
    assert code == (2 if command == "report" else code)
    assert "Traceback" not in said
    assert ("nobody_says_so" in said) is (command == "report")


@pytest.mark.parametrize(
    "path", [["output", "intended_use"], ["controls"], ["data", "columns", "cluster"], ["attributes", 1, "name"]]
)
def test_a_key_of_the_configuration_that_is_missing(run: Path, tmp_path: Path, path: list[Any]) -> None:
    def drop(plain: Plain) -> None:
        holder = plain["config"]
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]

    with pytest.raises(RunFolderError) as caught:
        RunFolder(forged(run, tmp_path / "forged", drop)).read_result()
    assert f"config.{'.'.join(map(str, path))} is missing" in str(caught.value)

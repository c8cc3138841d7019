"""Weights & Biases and Trackio: what each is handed, and the packages themselves where they are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from audit.cli import call
from audit.errors import ExitCode
from tests.publish.conftest import SECRET


class Artifact:
    """What a tracker is handed as files: read at once, for they are removed afterwards."""

    def __init__(self, name: str, type: str, metadata: dict[str, str] | None = None) -> None:
        self.name, self.type, self.files = name, type, {}

    def add_dir(self, folder: str) -> None:
        self.files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}


class Run:
    id, dir, url = "run1", "/runs/run1", "https://tracker.example.org/run1"

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.facts: dict[str, str] = {}
        self.artifacts: list[Artifact] = []
        self.ended: list[int | None] = []
        self.summary = self
        self.config = SimpleNamespace(update=lambda facts, allow_val_change: self.facts.update(facts))

    def update(self, numbers: dict[str, float]) -> None:
        self.numbers |= numbers

    log = update

    def log_artifact(self, artifact: Artifact) -> None:
        self.artifacts.append(artifact)

    def finish(self, exit_code: int | None = None) -> None:
        self.ended.append(exit_code)


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stand-ins for both packages, which write down what they are asked."""
    made = SimpleNamespace(run=Run(), asked={})

    def init(**how: Any) -> Run:
        made.asked = how
        made.run.facts |= how.get("config") or {}
        return made.run

    for name in ("wandb", "trackio"):
        module = ModuleType(name)
        module.init, module.Artifact = init, Artifact  # type: ignore[attr-defined]
        module.Settings = lambda **how: how  # type: ignore[attr-defined]
        module.errors = SimpleNamespace(Error=ZeroDivisionError)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.delitem(sys.modules, f"audit.publish.to_{name}", raising=False)
    yield made
    for name in ("wandb", "trackio"):
        sys.modules.pop(f"audit.publish.to_{name}", None)


@pytest.mark.parametrize("name", ["wandb", "trackio"])
def test_a_tracker_is_handed_numbers_facts_and_documents(
    name: str, audited: Path, tracker: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["publish", str(audited), "--to", name, "--project", "gate"]) == 0
    assert tracker.asked["project"] == "gate" and tracker.asked["name"] == "Published"
    run = tracker.run
    assert run.numbers["gaps/gender/true_positive_rate/difference"] == pytest.approx(0.35)
    assert run.facts["fairaudit.verdict"] == "fail"
    (artifact,) = run.artifacts
    assert {"report.html", "result.json"} <= set(artifact.files)
    assert not any(SECRET.encode() in content for content in artifact.files.values())
    assert run.ended == [None]
    assert f"{name}: " in capsys.readouterr().out


@pytest.mark.parametrize(("name", "key"), [("wandb", "id"), ("trackio", "name")])
def test_a_run_that_is_there_is_added_to(name: str, key: str, audited: Path, tracker: SimpleNamespace) -> None:
    assert call(["publish", str(audited), "--to", name, "--run", "training"]) == 0
    assert tracker.asked[key] == "training" and tracker.asked["resume"] == "allow"


def test_nothing_of_the_machine_is_sent_to_wandb(audited: Path, tracker: SimpleNamespace) -> None:
    assert call(["publish", str(audited), "--to", "wandb"]) == 0
    settings = tracker.asked["settings"]
    assert settings["console"] == "off"
    assert all(settings[key] for key in ("disable_code", "disable_git", "x_disable_stats", "x_disable_machine_info"))


def test_what_the_server_refuses_is_told(
    audited: Path, tracker: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(numbers: dict[str, float]) -> None:
        raise ZeroDivisionError("the server is away\nTraceback")

    tracker.run.summary = SimpleNamespace(update=refuse)
    assert call(["publish", str(audited), "--to", "wandb"]) == ExitCode.USAGE
    assert "audit: wandb: did not take the audit: the server is away\n" in capsys.readouterr().err
    assert tracker.run.ended == [1], "a run that failed is closed as one"


def alone(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: these packages leave threads and hooks behind."""
    pytest.importorskip(name, reason=f"needs fairaudit[{name}]")
    return subprocess.run(
        [sys.executable, "-m", "audit", "publish", *arguments, "--to", name],
        env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_wandb_offline(audited: Path, tmp_path: Path) -> None:
    done = alone("wandb", str(audited), WANDB_MODE="offline", WANDB_DIR=str(tmp_path), WANDB_SILENT="true")
    assert done.returncode == 0, done.stderr
    (log,) = tmp_path.rglob("run-*.wandb")
    assert b"gaps/gender/true_positive_rate/difference" in log.read_bytes()
    assert "offline" in done.stdout


def test_trackio_on_this_machine(audited: Path, tmp_path: Path) -> None:
    done = alone("trackio", str(audited), TRACKIO_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    code = "import trackio, json; r = trackio.Api().runs('fairaudit')[0]; print(json.dumps([r.name, r.config]))"
    asked = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TRACKIO_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    name, config = json.loads(asked.stdout.splitlines()[-1])
    assert name == "Published"
    assert config["fairaudit.verdict"] == "fail"

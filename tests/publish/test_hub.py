"""The Hugging Face Hub: a section in the card of a folder, and uploads to a stand-in for the hub."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from audit.cli import call
from audit.errors import ConfigError, ExitCode
from audit.publish.card import BEGIN, END, joined
from tests.publish.conftest import SECRET

CARD = """---
license: mit
tags: [toxicity]
model-index:
- name: screener
  results:
  - task: {type: text-classification}
    dataset: {name: test, type: own}
    metrics: [{type: accuracy, value: 0.9}]
---
# Screener

What others wrote.
"""


def publish(run: Path, *more: str) -> int:
    return int(call(["publish", str(run), "--to", "hub", *more]))


def test_the_card_of_a_folder_gets_a_section(audited: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD)
    assert publish(audited, "--folder", str(tmp_path)) == 0
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.license == "mit"
    assert card.data.tags == ["toxicity", "fairness", "fairaudit"]
    assert card.data.eval_results[0].metric_type == "accuracy", "what others measured stays"
    assert {item.metric_type for item in card.data.eval_results} >= {"accuracy", "true_positive_rate"}
    assert "What others wrote." in card.text and "## Fairness audit" in card.text
    assert SECRET not in card.content


def test_publishing_again_replaces_the_section_alone(audited: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD)
    publish(audited, "--folder", str(tmp_path))
    once = (tmp_path / "README.md").read_text()
    (tmp_path / "README.md").write_text(once + "\nAdded below.\n")
    publish(audited, "--folder", str(tmp_path))
    assert (tmp_path / "README.md").read_text() == once + "\nAdded below.\n"


def test_a_folder_without_a_card_gets_one(audited: Path, tmp_path: Path) -> None:
    assert publish(audited, "--folder", str(tmp_path)) == 0
    card = ModelCard.load(tmp_path / "README.md")
    assert card.text.lstrip().startswith("# ")
    assert card.data.eval_results


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (f"# x\n{BEGIN}\n", "one mark of an earlier section"),
        (f"# x\n{END}\n{BEGIN}\n", "one mark of an earlier section"),
        ("---\na: [\n---\n", "no YAML"),
        ("---\n- a\n---\n", "no mapping"),
    ],
)
def test_a_card_that_cannot_be_read_is_left_alone(card: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        joined(card, "---\ntags: []\n---\n\ntext", "README.md")


def test_a_place_is_needed(audited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(audited) == ExitCode.USAGE
    assert "--folder checkpoints/model" in capsys.readouterr().err
    assert call(["publish", str(audited), "--to", "mlflow", "--folder", "x"]) == ExitCode.USAGE


class Hub(ThreadingHTTPServer):
    """As much of the hub as an upload asks for: https://huggingface.co/docs/hub/api."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files: dict[str, bytes] = {"README.md": CARD.encode()}
        self.commits: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/api/models/user/model":
            self._answer(200, b'{"id": "user/model"}')
            return
        name = self.path.partition("/resolve/main/")[2].partition("?")[0]
        if name not in self.server.files:
            self._answer(404, b"", X_Error_Code="EntryNotFound", X_Repo_Commit="0" * 40)
            return
        self._answer(200, self.server.files[name], ETag='"1"', X_Repo_Commit="0" * 40)

    def do_POST(self) -> None:
        body = self._body()
        self.server.tokens.add(self.headers.get("authorization"))
        if self.path == "/api/validate-yaml":
            self._answer(200, b'{"errors": [], "warnings": []}')
            return
        if "/preupload/" in self.path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._answer(200, json.dumps({"files": files}).encode())
            return
        lines = [json.loads(line) for line in body.decode().splitlines()]
        if self.headers.get("authorization") != "Bearer hf_stand_in":
            self._answer(401, b'{"error": "Unauthorized"}')
            return
        files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in lines if line["key"] == "file"
        }
        self.server.commits.append({"head": lines[0]["value"], "files": files, "path": self.path})
        address = f"{self.server.address}/user/model"
        told = {"success": True, "commitOid": "1" * 40, "commitUrl": f"{address}/commit/{'1' * 40}"}
        if "create_pr=1" in self.path:
            told["pullRequestUrl"] = f"{address}/discussions/1"
        self._answer(200, json.dumps(told).encode())


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def upload(hub: Hub, run: Path, *more: str, token: str = "hf_stand_in") -> subprocess.CompletedProcess[str]:
    """In a process of its own: whether the hub may be reached is settled when its package is imported."""
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    return subprocess.run(
        [sys.executable, "-m", "audit", "publish", str(run), "--to", "hub", "--address", hub.address, *more],
        env=environment | {"HF_TOKEN": token}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_repository_gets_card_and_documents(hub: Hub, audited: Path) -> None:
    done = upload(hub, audited, "--project", "user/model")
    assert done.returncode == 0, done.stderr
    assert "/user/model/commit/" in done.stdout
    (commit,) = hub.commits
    assert commit["head"]["summary"] == "Fairness audit: fail"
    assert {"README.md", "fairaudit/report.html", "fairaudit/result.json"} <= set(commit["files"])
    card = commit["files"]["README.md"].decode()
    assert "What others wrote." in card and BEGIN in card
    assert not any(SECRET.encode() in content for content in commit["files"].values())


def test_a_repository_without_a_card_gets_one(hub: Hub, audited: Path) -> None:
    hub.files.clear()
    assert upload(hub, audited, "--project", "user/model").returncode == 0
    metadata = hub.commits[0]["files"]["README.md"].decode().split("---\n")[1]
    assert yaml.safe_load(metadata)["tags"] == ["fairness", "fairaudit"]


def test_a_pull_request_proposes_it(hub: Hub, audited: Path, tmp_path: Path) -> None:
    done = upload(hub, audited, "--project", "user/model", "--folder", str(tmp_path), "--pull-request")
    assert done.returncode == 0, done.stderr
    assert "/discussions/1" in done.stdout
    assert (tmp_path / "README.md").exists()


def test_a_hub_that_is_away_is_told_at_once(hub: Hub, audited: Path, tmp_path: Path) -> None:
    hub.server_close()
    hub.shutdown()
    done = upload(hub, audited, "--project", "user/model", "--folder", str(tmp_path))
    assert done.returncode == ExitCode.USAGE, done.stderr
    assert "audit: hub: did not take the audit:" in done.stderr
    assert "Retry" not in done.stderr, "what is tried again keeps people waiting"
    assert not list(tmp_path.iterdir()), "nor is a card changed for an upload that does not come"


def test_a_repository_that_is_not_there_is_told(hub: Hub, audited: Path) -> None:
    done = upload(hub, audited, "--project", "user/other")
    assert done.returncode == ExitCode.USAGE
    assert "audit: hub: did not take the audit:" in done.stderr
    assert not hub.commits


def test_what_the_hub_refuses_is_told(hub: Hub, audited: Path) -> None:
    done = upload(hub, audited, "--project", "user/model", token="hf_wrong")
    assert done.returncode == ExitCode.USAGE
    assert "audit: hub: did not take the audit:" in done.stderr
    assert not hub.commits

"""Pages that tell a story are lived through: files are written, commands run, and what is shown is what is printed.

Figures are not compared, since the last digit of a score may differ from machine to machine; the words around them are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from audit.cli import call
from tests.conftest import ROOT
from tests.documentation.blocks import Block, Command, blocks

#: Pages whose every block is executed, in their order.
STORIES = sorted(
    page
    for page in (ROOT / "docs").rglob("*.md")
    if "<!-- Every block of this page is executed by the tests. -->" in page.read_text(encoding="utf-8")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it after a checkout: with the embedded samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", lambda url: True)
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    (tmp_path / "bin").mkdir()
    for name, started in (("audit", "-m audit"), ("python", "")):
        shim = tmp_path / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {started} "$@"\n')
        shim.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("page", STORIES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_it_happens_as_told(page: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.title:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            live(block, folder, capfd)
        elif block.language == "python":
            exec(compile(block.text, f"{page}:{block.line}", "exec"), names)


def live(block: Block, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a block and hold what they print; each exits with 0 unless the page asks for its code."""
    commands = block.commands
    for command, following in zip(commands, [*commands[1:], None], strict=True):
        if command.words == ["echo", "$?"]:
            continue
        code, said = run(command, folder, capfd)
        asked = following is not None and following.words == ["echo", "$?"]
        expected = int(following.shown[0]) if asked and following else 0
        assert code == expected, f"line {block.line}: {command.line} exits with {code}\n{said}"
        rest = plain(said)
        for line in command.shown:
            if line.strip() != "…":
                wanted = plain(line)
                assert wanted in rest, f"line {block.line}: {command.line} does not print {line!r} there but\n{said}"
                rest = rest[rest.index(wanted) + len(wanted) :]


def run(command: Command, folder: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run one command: ours within this process, which is faster, others by a shell."""
    words = command.words
    if words[:2] == ["pip", "install"]:
        return 0, ""
    if words[0] == "audit" and not set(command.line) & set("|>;&$"):
        capfd.readouterr()
        code = call(words[1:])
        printed = capfd.readouterr()
        return int(code), printed.out + printed.err
    surroundings = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command.line], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def plain(text: str) -> str:
    """Words alone: blanks are one, figures are #."""
    return re.sub(r"\d[\d,.]*(?<![,.])", "#", re.sub(r"\s+", " ", text)).strip()


def test_there_are_stories() -> None:
    told = {page.relative_to(ROOT / "docs").as_posix() for page in STORIES}
    assert {"start.md", "tutorials/before-release.md", "tutorials/compliance.md", "tutorials/ci.md"} <= told

"""Living through a page: files that it names are written, its commands run, and what is shown is what is printed.

Figures are not compared, since the last digit of a score may differ from machine to machine; the words around them are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli import call
from tests.conftest import ROOT
from tests.documentation.blocks import Block, Command, blocks


def live_through(page: Path, folder: Path, capfd: pytest.CaptureFixture[str], more: str = "") -> None:
    """Write files and run commands of a page, in their order.

    Parameters
    ----------
    folder
        Where the reader is.
    more
        Put at the end of each `audit run`, where the page asks for more than a test has time for.
    """
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.title:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            live(block, folder, capfd, more)
        elif block.language == "python":
            exec(compile(block.text, f"{page}:{block.line}", "exec"), names)


def live(block: Block, folder: Path, capfd: pytest.CaptureFixture[str], more: str = "") -> None:
    """Run the commands of a block and hold what they print; each exits with 0 unless the page asks for its code."""
    commands = block.commands
    for command, following in zip(commands, [*commands[1:], None], strict=True):
        if command.words == ["echo", "$?"]:
            continue
        run = Command(f"{command.line} {more}", command.shown) if command.words[:2] == ["audit", "run"] else command
        code, said = run_command(run, folder, capfd)
        asked = following is not None and following.words == ["echo", "$?"]
        expected = int(following.shown[0]) if asked and following else 0
        assert code == expected, f"line {block.line}: {command.line} exits with {code}\n{said}"
        rest = plain(said)
        for line in command.shown:
            if line.strip() != "…":
                wanted = plain(line)
                assert wanted in rest, f"line {block.line}: {command.line} does not print {line!r} there but\n{said}"
                rest = rest[rest.index(wanted) + len(wanted) :]


def run_command(command: Command, folder: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run one command: ours within this process, which is faster, others by a shell."""
    words = command.words
    if words[:2] == ["pip", "install"] or words[1:3] == ["-m", "venv"] or words[0] == ".":
        return 0, ""  # everything is installed here; clean environments are tried by `make release-check`
    if words[0] == "audit" and not set(command.line.partition(" #")[0]) & set("|>;&$"):
        capfd.readouterr()
        code = call(words[1:])
        printed = capfd.readouterr()
        return int(code), printed.out + printed.err
    surroundings = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command.line], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def shims(folder: Path) -> None:
    """Commands `audit` and `python` for shells, which are those of this checkout."""
    (folder / "bin").mkdir()
    for name, started in (("audit", "-m audit"), ("python", "")):
        shim = folder / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {started} "$@"\n')
        shim.chmod(0o755)


def plain(text: str) -> str:
    """Words alone: blanks are one, figures are #."""
    return re.sub(r"\d[\d,.]*(?<![,.])", "#", re.sub(r"\s+", " ", text)).strip()

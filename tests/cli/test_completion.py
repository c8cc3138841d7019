"""Completion at the Tab key, as a shell asks for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli import call


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert call(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("audit ver", "verify"),
        ("audit run --bas", "--baseline"),
        ("audit schema con", "config"),
        ("audit review exp", "export"),
    ],
)
def test_bash_completes(words: str, offered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # A real bash sources the script; `audit` is this checkout.
    (tmp_path / "audit").write_text(f'#!/bin/sh\nexec {sys.executable} -m audit "$@"\n')
    (tmp_path / "audit").chmod(0o755)
    (tmp_path / "script").write_text(script("bash", capsys))
    asked = f"""
        PATH={tmp_path}:$PATH; source {tmp_path}/script
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _audit_completion audit; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert offered in done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_is_printed_is_valid(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert "_AUDIT_COMPLETE" in text
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    (tmp_path / "script").write_text(text)
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_other_shells_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["completion", "csh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err

"""What every check shares: where the project is, how what was found is told, and how a program is run."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Wrong(Exception):
    """Something that keeps a release back, and what to do."""


class Partly(str):
    """What was held of something that could not be tried whole on this machine, and why: too little for a release."""


def output_of(command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it prints.

    Raises
    ------
    Wrong
        If it fails, with the last lines it said.
    """
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = " | ".join((done.stdout + done.stderr).strip().splitlines()[-6:])
        raise Wrong(f"{' '.join(str(word) for word in command)} ended with {done.returncode}: {last}")
    return done.stdout

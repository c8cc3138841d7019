"""How torch comes into a clean environment: a build for CPUs, or none. Builds for GPUs are gigabytes: never taken."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from release.found import ROOT, Wrong, output_of

#: Where builds for CPUs alone are published; and, in the version of `make setup`, wherever pip was set up to look.
PLACES = (
    ("torch", "--index-url", "https://download.pytorch.org/whl/cpu"),
    ("torch", "--constraint", str(ROOT / "constraints.txt")),
)
#: Beginnings of the names that builds for GPUs need beside them.
GPU = ("nvidia-", "cuda-")


def found(pip: Sequence[str | Path], environment: dict[str, str]) -> tuple[list[str] | None, str]:
    """Look for a build, without fetching it.

    Parameters
    ----------
    pip
        The command of the environment that it is for.
    environment
        Its variables. `FAIRAUDIT_TORCH`: the words for pip to try instead of `PLACES`.

    Returns
    -------
    Words for pip, or None if there is no build, and why.
    """
    given = os.environ.get("FAIRAUDIT_TORCH", "").split()
    why = ""
    for words in [given] if given else [list(place) for place in PLACES]:
        try:
            needs = _needs(pip, words, environment)
        except Wrong as error:
            why = f"{' '.join(words)}: {str(error).rpartition(' | ')[2]}"
            continue
        if not needs:
            return words, ""
        why = f"{' '.join(words)} is a build for GPUs, which needs {len(needs)} packages of theirs"
    return None, why


def _needs(pip: Sequence[str | Path], words: Sequence[str], environment: dict[str, str]) -> list[str]:
    """Name the packages for GPUs that a build needs."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        asked = [*pip, "install", "--retries", "1", "--dry-run", "--no-deps", "--report", report, *words]
        output_of(asked, cwd=Path(folder), env=environment)
        chosen = json.loads(report.read_text(encoding="utf-8"))["install"]
    requirements = [
        Requirement(text)
        for one in chosen
        for text in one["metadata"].get("requires_dist", [])
        if canonicalize_name(one["metadata"]["name"]) == "torch"
    ]
    names = [canonicalize_name(r.name) for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [name for name in names if name.startswith(GPU)]

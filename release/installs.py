"""The wheel in environments of their own, as whoever installs it has them: it is complete, and audits."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

from audit import __version__
from release import torch_build
from release.found import ROOT, Partly, Wrong, output_of

VERSIONS = ("3.11", "3.12", "3.13")
#: What cannot be installed where there is no torch.
WITH_TORCH = {"torch", "captum"}


def interpreter(version: str) -> Path | None:
    """Find an interpreter of a version on this machine."""
    places = [shutil.which(f"python{version}"), *_of_pyenv(version), *_of_uv(version)]
    for place in filter(None, places):
        if _version(Path(place)) == version:
            return Path(place)
    return None


def _of_pyenv(version: str) -> list[str]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return [str(path) for path in sorted(root.glob(f"versions/{version}.*/bin/python"))]


def _of_uv(version: str) -> list[str]:
    root = Path.home() / ".local/share/uv/python"
    return [str(path) for path in sorted(root.glob(f"cpython-{version}.*/bin/python"))]


def _version(python: Path) -> str | None:
    try:
        return output_of([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()
    except (Wrong, OSError):
        return None


def check(python: Path, out: Path) -> str:
    """Install the wheel with its dependencies, and audit predictions and a model.

    Where torch is not to be had for this interpreter, everything but models is tried, and that is said.
    """
    wheels = sorted(out.glob(f"fairaudit-{__version__}-*.whl"))
    if not wheels:
        raise Wrong(f"there is no wheel in {out}")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        output_of([python, "-m", "venv", folder / "venv"], cwd=folder, env=environment)
        tools = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        pip = [tools / "python", "-m", "pip", "--disable-pip-version-check"]
        torch, why = torch_build.found(pip, environment)
        if torch is None:
            install_without_torch(pip, wheels[0], folder, environment)
            predictions(tools / "audit", folder, environment)
            return Partly(f"installed, and audits predictions; models are untried, for want of torch ({why})")
        output_of([*pip, "install", *torch], cwd=folder, env=environment)
        output_of([*pip, "install", wheels[0]], cwd=folder, env=environment)
        output_of([*pip, "check"], cwd=folder, env=environment)
        predictions(tools / "audit", folder, environment)
        model(tools / "audit", folder, environment)
        return "installed, complete, and audits predictions and a model"


def install_without_torch(pip: Sequence[str | Path], wheel: Path, folder: Path, environment: dict[str, str]) -> None:
    """Install the wheel and all that it needs but what needs torch.

    Raises
    ------
    Wrong
        If anything else would bring torch, or is missing at the end.
    """
    facts = message_from_bytes(zipfile.ZipFile(wheel).read(f"fairaudit-{__version__}.dist-info/METADATA"))
    asked = [Requirement(text) for text in facts.get_all("Requires-Dist") or []]
    needed = [str(one) for one in asked if one.name not in WITH_TORCH and "extra" not in str(one.marker)]
    # No version is below this one: what asks for torch ends here, rather than with gigabytes.
    (folder / "without.txt").write_text("torch < 0\n", encoding="utf-8")
    output_of([*pip, "install", "--constraint", folder / "without.txt", *needed], cwd=folder, env=environment)
    output_of([*pip, "install", "--no-deps", wheel], cwd=folder, env=environment)
    try:
        output_of([*pip, "check"], cwd=folder, env=environment)
    except Wrong as error:
        said = str(error).partition(" ended with 1: ")[2].split(" | ")
        expected = {f"fairaudit {__version__} requires {name}, which is not installed." for name in WITH_TORCH}
        if set(said) != expected:
            raise
    else:
        raise Wrong("the wheel is complete without torch, which it needs")


def predictions(audit: Path, folder: Path, environment: dict[str, str]) -> None:
    """Go from a table to a verdict with an installed `audit`.

    Raises
    ------
    Wrong
        If a command fails, or the verdict is another.
    """
    rows = "".join(f"{i % 2},{(0, 1, 0, 0, 0, 1, 0, 1)[i % 8]},{('f', 'm')[i % 8 > 3]}\n" for i in range(400))
    (folder / "data.csv").write_text(f"label,prediction,gender\n{rows}", encoding="utf-8")
    said = output_of([audit, "--version"], cwd=folder, env=environment)
    if __version__ not in said:
        raise Wrong(f"`audit --version` says {said.strip()!r}")
    output_of([audit, "init", "data.csv", "--positive", "1"], cwd=folder, env=environment)
    output_of([audit, "run", "audit.yaml", "--out", "run", "--quiet"], cwd=folder, env=environment)
    output_of([audit, "verify", "run"], cwd=folder, env=environment)
    (folder / "policy.yaml").write_text("rules: [{metric: true_positive_rate, limit: 0.9}]\n", encoding="utf-8")
    gate = [audit, "gate", "run", "--policy", "policy.yaml", "--format", "json"]
    verdict = json.loads(output_of(gate, cwd=folder, env=environment))["verdict"]
    if verdict != "pass":
        raise Wrong(f"a rule that holds is judged {verdict}")


def model(audit: Path, folder: Path, environment: dict[str, str]) -> None:
    """Audit the embedded model with an installed `audit`, on some rows: decide, explain, exchange.

    Raises
    ------
    Wrong
        If a command fails, or no decision was explained.
    """
    sample = ROOT / "sample_data"
    with (sample / "applications.csv").open(encoding="utf-8") as stream:
        (folder / "applications.csv").write_text("".join(islice(stream, 201)), encoding="utf-8")
    config = {
        "model": {"path": str(sample / "screener"), "device": "cpu"},
        "data": {
            "path": "applications.csv",
            "columns": {"input": "statement", "label": "shortlisted", "id": "application_id"},
            "positive_label": "yes",
        },
        "attributes": ["gender"],
        "explanations": {"sample": 8},
        "exchange": {"languages": ["en"]},
        "output": {"folder": "model"},
    }
    (folder / "model.yaml").write_text(json.dumps(config), encoding="utf-8")
    output_of([audit, "run", "model.yaml", "--quiet"], cwd=folder, env=environment)
    output_of([audit, "verify", "model"], cwd=folder, env=environment)
    if not json.loads((folder / "model" / "result.json").read_text(encoding="utf-8"))["explanations"]:
        raise Wrong("no decision of the embedded model was explained")

"""The wheel in environments of their own, as whoever installs it has them: it is complete, and audits."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from audit import __version__
from release.found import Wrong, output_of

VERSIONS = ("3.11", "3.12", "3.13")
TORCH = ("torch", "--index-url", "https://download.pytorch.org/whl/cpu")


def interpreters() -> dict[str, Path]:
    """Interpreters of the supported versions that are on this machine: version -> path."""
    found = {}
    for version in VERSIONS:
        places = [shutil.which(f"python{version}"), *_of_pyenv(version), *_of_uv(version)]
        for place in filter(None, places):
            if _version(Path(place)) == version:
                found[version] = Path(place)
                break
    return found


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
    """Install the wheel with its dependencies, and audit predictions and the embedded model's table of counts.

    `FAIRAUDIT_TORCH` says how torch is installed, as words for pip; default: the CPU build from its own index.
    """
    wheels = sorted(out.glob(f"fairaudit-{__version__}-*.whl"))
    if not wheels:
        raise Wrong(f"there is no wheel in {out}")
    torch = os.environ.get("FAIRAUDIT_TORCH", " ".join(TORCH)).split()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        output_of([python, "-m", "venv", folder / "venv"], cwd=folder, env=environment)
        tools = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        pip = [tools / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        if torch:
            output_of([*pip, "install", *torch], cwd=folder, env=environment)
        output_of([*pip, "install", wheels[0]], cwd=folder, env=environment)
        output_of([*pip, "check"], cwd=folder, env=environment)
        return smoke(tools / "audit", folder, environment)


def smoke(audit: Path, folder: Path, environment: dict[str, str]) -> str:
    """Go from a table to a verdict with an installed `audit`."""
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
    return "installed, complete, and audits"

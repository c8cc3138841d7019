"""One version everywhere: the package, its changes, and the recipe for conda."""

from __future__ import annotations

import re

import yaml

from audit import __version__
from release.found import ROOT, Wrong

#: https://semver.org, without build metadata.
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")


def check() -> str:
    """Hold the version against its rules and the files that name it."""
    if not SEMANTIC.fullmatch(__version__):
        raise Wrong(f"{__version__} is no semantic version")
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    if recipe["context"]["version"] != __version__:
        raise Wrong(f"conda/recipe.yaml says {recipe['context']['version']}, audit/__init__.py says {__version__}")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[?{re.escape(__version__)}\b", changes, re.MULTILINE):
        raise Wrong(f"CHANGELOG.md has no heading `## {__version__}`")
    return f"{__version__} everywhere"

"""One version everywhere: the package, its changes, and the recipe for conda."""

from __future__ import annotations

import re
import subprocess

import yaml

from audit import __version__
from release.found import ROOT, Wrong
from release.schemas import RELEASED

#: https://semver.org, without build metadata.
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
_HEADING = re.compile(r"^## \[?(\S+?)\]?(?:\s|$)", re.MULTILINE)


def check() -> str:
    """Hold the version against its rules and the files that name it.

    A version that is still being made has no heading of its own yet: its changes stand under `Unreleased`.
    """
    if not SEMANTIC.fullmatch(__version__):
        raise Wrong(f"{__version__} is no semantic version")
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    if recipe["context"]["version"] != __version__:
        raise Wrong(f"conda/recipe.yaml says {recipe['context']['version']}, audit/__init__.py says {__version__}")
    headings = _headings()
    if tags := [tag for tag in _tags() if tag != f"v{__version__}"]:
        raise Wrong(f"this commit has the tag {tags[0]}, and the version {__version__}")
    if __version__ in headings:
        return f"{__version__} everywhere"
    if why := _why_it_is_made():
        raise Wrong(f"CHANGELOG.md has no heading `## {__version__}`, {why}")
    if "Unreleased" not in headings:
        raise Wrong(f"CHANGELOG.md has no heading `## {__version__}`, and none `## Unreleased`")
    if older := [name for name in headings if SEMANTIC.fullmatch(name) and _rank(name) > _rank(__version__)]:
        raise Wrong(f"CHANGELOG.md tells of {older[0]}, which is newer than {__version__}")
    return f"{__version__} in package and recipe; not released: its changes stand under `Unreleased`"


def is_release() -> bool:
    """Tell whether this is a version that is released, or about to be, and not one that is still being made."""
    return __version__ in _headings() or _why_it_is_made() is not None


def _why_it_is_made() -> str | None:
    """Say what else makes this a release, beside the heading."""
    if f"v{__version__}" in _tags():
        return f"and this commit has the tag v{__version__}"
    if (RELEASED / __version__).is_dir():
        return f"and its schemas are kept in {RELEASED.name}/{__version__}"
    return None


def _headings() -> list[str]:
    """First words of the headings of CHANGELOG.md, the newest first."""
    return _HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def _tags() -> list[str]:
    """Versions that the commit at hand is tagged with."""
    command = ["git", "tag", "--points-at", "HEAD", "--list", "v[0-9]*"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()


def _rank(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])

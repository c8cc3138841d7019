"""Wheel and sdist: whole, and the same bytes wherever and whenever they are built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from audit import __version__
from release.found import ROOT, Wrong, output_of

NEEDED = (
    "audit/py.typed",
    "audit/cli/error_codes.yaml",
    "audit/report/messages/en.json",
    "audit/report/templates/report.html.j2",
    "audit/schemas/config.schema.json",
)


def check(out: Path) -> str:
    """Build twice in two places, compare, look into the wheel, and leave one of each in `out`."""
    with TemporaryDirectory() as temporary:
        builds = [built(Path(temporary) / name) for name in ("first", "a second one, elsewhere")]
        for first, second in zip(*builds, strict=True):
            if first.read_bytes() != second.read_bytes():
                raise Wrong(f"{first.name} is not the same twice: {difference(first, second)}")
        inspect(next(path for path in builds[0] if path.suffix == ".whl"))
        out.mkdir(parents=True, exist_ok=True)
        for path in builds[0]:
            shutil.copy(path, out)
    names = ", ".join(f"{path.name} sha256 {_digest(out / path.name)[:12]}…" for path in builds[0])
    return f"the same bytes twice: {names}"


def built(folder: Path) -> list[Path]:
    """Build from a copy of what is under version control, at the time of the last commit."""
    source, out = folder / "source", folder / "out"
    source.mkdir(parents=True)
    names = output_of(["git", "ls-files", "-z", "--", "audit", "docs/schemas", "reports/templates", *_top()]).split(
        "\0"
    )
    for name in filter(None, names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch()}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source]
    output_of(command, cwd=folder, env=environment)
    return sorted(out.iterdir())


def _top() -> list[str]:
    return ["pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"]


def epoch() -> str:
    """Time of the last commit, which stands for the time of the build."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "1577836800"


def inspect(wheel: Path) -> None:
    """Look into a wheel.

    Raises
    ------
    Wrong
        If something is missing, or is in it that should not be.
    """
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    if missing := [name for name in NEEDED if name not in names]:
        raise Wrong(f"{wheel.name} lacks {', '.join(missing)}")
    if foreign := [name for name in names if not name.startswith(("audit/", "fairaudit-"))]:
        raise Wrong(f"{wheel.name} holds {foreign[0]}")
    facts = message_from_bytes(archive.read(f"fairaudit-{__version__}.dist-info/METADATA"))
    for field in ("Summary", "License-Expression", "Requires-Python", "Description-Content-Type"):
        if not facts[field]:
            raise Wrong(f"{wheel.name} has no {field}")


def difference(first: Path, second: Path) -> str:
    """Name a member that differs."""
    one, other = _members(first), _members(second)
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return differing[0] if differing else "the order or the times of its members"


def _members(path: Path) -> dict[str, bytes]:
    if path.suffix == ".whl":
        archive = zipfile.ZipFile(path)
        return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(path) as archive_:
        found = {member.name: archive_.extractfile(member) for member in archive_.getmembers()}
        return {name: stream.read() for name, stream in found.items() if stream is not None}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

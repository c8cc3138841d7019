"""Noise that was drawn for counts that everybody may read: kept in the run folder, and never told.

Whoever renders a release again gets the same noise; drawn anew it would average out. Each release of the same decisions
adds to what they have cost. The file is beside the audit, not part of it: an audit that is run again into the folder
leaves it, and its decisions are known by their hash.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.errors import RunFolderError
from audit.store.files import write_text

#: Name of the file in a run folder.
RELEASES = "releases.json"


class NoiseOfTable(BaseModel):
    """Noise of one table, in the order of its cells."""

    model_config = ConfigDict(extra="forbid")

    attributes: list[str]
    groups: list[list[str]]
    outcomes: int
    scale: float
    epsilon: float
    noise: list[int]


class Release(BaseModel):
    """One release: what was asked, and the noise that was drawn for it."""

    model_config = ConfigDict(extra="forbid")

    decisions_sha256: str
    epsilon: float = Field(gt=0)
    per_unit: int = Field(ge=1)
    library: str
    tables: list[NoiseOfTable]


class Releases(BaseModel):
    """All releases of a run folder."""

    model_config = ConfigDict(extra="forbid")

    releases: list[Release] = []

    def spent(self, decisions_sha256: str) -> float:
        """Sum up what releases of the same decisions cost together."""
        return sum(item.epsilon for item in self.releases if item.decisions_sha256 == decisions_sha256)


def read_releases(folder: Path) -> Releases:
    """Read what was released; nothing where there is no file.

    Raises
    ------
    RunFolderError
        If it cannot be read: noise drawn anew would spend more than anybody was told.
    """
    path = folder / RELEASES
    try:
        return Releases.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Releases()
    except (ValidationError, ValueError, RecursionError):
        raise RunFolderError(
            "is damaged, and without the noise that was drawn before nothing more can be released",
            where=str(path),
            hint="restore it from a copy; only if nothing was ever published with noise, remove it",
        ) from None


def keep_release(folder: Path, kept: Releases, release: Release) -> Releases:
    """Add a release, on disk before anybody reads a number of it."""
    found = Releases(releases=[*kept.releases, release])
    write_text(folder / RELEASES, found.model_dump_json(indent=1) + "\n")
    return found

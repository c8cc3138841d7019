"""What the model remembers of its training: membership of rows, and leakage of texts."""

from __future__ import annotations

from dataclasses import dataclass

from audit.data.sides import Sides
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.pipeline.leakage import LeakageAsked, leakage, leakage_asked
from audit.pipeline.membership import fingerprint_of_sides, membership, sides_asked
from audit.result import Remembered
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder


@dataclass(frozen=True)
class Remembering:
    """What is asked about the training of a model, looked through before anything is decided."""

    sides: Sides | None
    sides_sha256: str | None
    leakage: LeakageAsked | None

    def fingerprint(self) -> dict[str, str]:
        """Hash the files that decide the outcome; nothing where nothing is asked."""
        found = {"training rows": self.sides_sha256} if self.sides_sha256 else {}
        return found | ({"training texts": self.leakage.fingerprint()} if self.leakage else {})


def remembering_asked(case: Case) -> Remembering:
    """Look through what is to be asked.

    Raises
    ------
    AuditError
        If a file cannot be read, or what is asked cannot be answered.
    """
    sides = sides_asked(case)
    return Remembering(sides, fingerprint_of_sides(case, sides) if sides else None, leakage_asked(case))


def look_for_memory(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Remembered:
    """Ask the model, as was settled."""
    asked = case.remembering
    if asked is None:
        return Remembered()
    return Remembered(
        membership=membership(case, asked.sides, folder, progress, clock),
        leakage=leakage(case, asked.leakage, folder, progress, clock),
    )

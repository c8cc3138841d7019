"""Errors a user can act on: what was wrong, where, and what to do.

Exit codes are part of the product (a CI job reads them), so each error class names its own. Only the gate exits 1.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit status of `audit` means."""

    PASSED = 0
    GATE_FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    CRASHED = 4
    INTERRUPTED = 130
    TERMINATED = 143


class AuditError(Exception):
    """Base of every error that is not a defect of this tool.

    Parameters
    ----------
    problem
        What was wrong.
    where
        File, key, column or row.
    hint
        What to do about it.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, problem: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.problem, self.where, self.hint = problem, where, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class ConfigError(AuditError):
    """The configuration asks for something that does not exist or contradicts itself."""


class DataError(AuditError):
    """The data cannot be audited as it is."""


class ModelError(AuditError):
    """The checkpoint cannot be loaded, or is not what the configuration says."""


class RunFolderError(AuditError):
    """The run folder is missing, incomplete, or belongs to another audit."""


def some(values: list[str], limit: int = 8) -> str:
    """Show the first few of many values, quoted, and how many were left out."""
    shown = ", ".join(repr(value) for value in values[:limit])
    return f"{shown} and {len(values) - limit:,} more" if len(values) > limit else shown

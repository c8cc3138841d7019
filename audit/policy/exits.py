"""What a verdict makes a command exit with."""

from __future__ import annotations

from audit.errors import ExitCode


def exit_code(status: str, on_inconclusive: str) -> ExitCode:
    """Turn a verdict into an exit code. Nothing evaluated never passes."""
    if status == "fail":
        return ExitCode.GATE_FAILED
    if status == "undefined" or (status == "inconclusive" and on_inconclusive == "fail"):
        return ExitCode.INCONCLUSIVE
    return ExitCode.PASSED

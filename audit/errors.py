"""Errors a user can act on: what was wrong, where, and what to do.

Exit codes are part of the product (a CI job reads them), so each error class names its own. Only the gate exits 1.
"""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Any

from audit.text import LONGEST_LINE, cut, one_line

#: Further lines of one message that are shown.
MOST_LINES = 40


class ExitCode(IntEnum):
    """What the exit status of `audit` means."""

    PASSED = 0
    GATE_FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    CRASHED = 4
    INTERRUPTED = 130
    CLOSED_PIPE = 141
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
    code
        Its entry in docs/errors.md; default: that of the class.

    Notes
    -----
    A message may quote a cell, and is read by more people than the data: on terminals, in logs, in tickets. Personal
    data in it is covered by its kind.
    """

    exit_code = ExitCode.USAGE
    code = "refused"

    def __init__(
        self, problem: str, *, where: str | None = None, hint: str | None = None, code: str | None = None
    ) -> None:
        self.problem, self.where, self.hint = problem, where, hint
        self.code = code or type(self).code
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # Classes differ in what they are made from; an error of a worker is made again from what it holds.
        return _made_again, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        # Every part may hold names from outside: a line break in one begins no line of its own.
        first, *more = self.problem.split("\n")
        lines = [one_line(f"{cut(self.where, 1_000)}: {first}" if self.where else first)]
        lines += [f"  {one_line(line.strip())}" for line in more[:MOST_LINES] if line.strip()]
        lines += [f"  … and {len(more) - MOST_LINES:,} more lines"] if len(more) > MOST_LINES else []
        lines += [f"  hint: {one_line(self.hint, LONGEST_LINE // 2)}"] if self.hint else []
        return impersonal("\n".join(lines))


def _made_again(kind: type[AuditError], args: tuple[object, ...], state: dict[str, Any]) -> AuditError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigError(AuditError):
    """The configuration asks for something that does not exist or contradicts itself."""

    code = "config"


class DataError(AuditError):
    """The data cannot be audited as it is."""

    code = "data"


class CellError(DataError):
    """A cell that no audit can use.

    Parameters
    ----------
    column
        Its column; None where several have a part in it.
    row
        Number of its row, counted over the whole table.
    problem
        What stands behind that number in the message, from its first blank or colon on.
    """

    def __init__(
        self, column: str | None, row: int, problem: str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        self.column, self.row, self.said = column, row, problem
        of_column = "" if column is None else f"column {column!r}, "
        super().__init__(f"{of_column}row {row}{problem}", where=where, hint=hint)


class ModelError(AuditError):
    """The checkpoint cannot be loaded, or is not what the configuration says."""

    code = "model"


class RunFolderError(AuditError):
    """The run folder is missing, incomplete, or belongs to another audit."""

    code = "run-folder"


class SystemFault(AuditError):
    """The machine did not let the audit finish: disk, memory. Neither the tool nor the data is at fault."""

    exit_code = ExitCode.CRASHED
    code = "system"


#: errno -> what happened, what to do, and whether naming another path would do (a usage error).
_FAULTS = {
    errno.ENOSPC: ("the disk is full", "make room; audit run --resume then goes on", False),
    errno.EDQUOT: ("the disk quota is used up", "make room; audit run --resume then goes on", False),
    errno.EFBIG: ("the file grew beyond the size allowed", "raise the limit (ulimit -f); --resume then goes on", False),
    errno.EMFILE: ("too many open files", "raise the limit (ulimit -n); --resume then goes on", False),
    errno.ENFILE: ("too many open files on this machine", "close some; --resume then goes on", False),
    errno.ENOMEM: (
        "there is not enough memory",
        "free some, or give a machine with more; --resume then goes on",
        False,
    ),
    errno.EIO: ("the disk failed to read or write", "check the disk; --resume then goes on", False),
    errno.ESTALE: ("the network disk lost the file", "mount it again; --resume then goes on", False),
    errno.ENOENT: ("was there, and is gone", "was the folder removed while the audit ran? Run it again", False),
    errno.EACCES: ("no permission", "change the permissions, or name another path", True),
    errno.EPERM: ("not permitted", "change the permissions, or name another path", True),
    errno.EROFS: ("lies on a disk that cannot be written", "name another folder with --out", True),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "name another path", True),
    errno.EISDIR: ("is a folder, not a file", "name another path", True),
    errno.ENOTEMPTY: ("something else wrote into this folder", "run one audit per folder at a time", False),
    errno.ENOLCK: ("lies on a disk that keeps no locks", "name a folder on another disk", True),
    errno.EEXIST: ("is there already, and is something else", "name another path", True),
    errno.ENAMETOOLONG: ("the name is too long", "name another path", True),
    errno.ELOOP: ("is a link, and links are not followed here", "name the real path", True),
}
#: Those with an entry of their own in docs/errors.md; the others are told under `path` or `system`.
_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "disk-full",
    errno.EMFILE: "open-files",
    errno.ENFILE: "open-files",
    errno.ENOMEM: "memory",
}


def fault_of(error: OSError | MemoryError) -> AuditError | None:
    """Say what the machine refused; None if the error tells of something else."""
    if isinstance(error, MemoryError):
        problem, hint, _ = _FAULTS[errno.ENOMEM]
        return SystemFault(problem, hint=hint, code=_CODES[errno.ENOMEM])
    # pyarrow raises OSErrors whose number stands in their text alone.
    number = error.errno or next((n for n in _FAULTS if f"errno {n}]" in str(error).lower()), None)
    if number not in _FAULTS:
        return None
    problem, hint, usage = _FAULTS[number]
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    kind = AuditError if usage else SystemFault
    code = _CODES.get(number, "path" if usage else "system")
    return kind(problem, where=names[-1] if names else None, hint=hint, code=code)


def impersonal(message: str) -> str:
    """Cover personal data in a message: `[e-mail·······]` stands for an address."""
    # Imported late: most commands end without an error.
    from audit.personal.masking import masked

    return masked(message)[0]


def some(values: list[str], limit: int = 8) -> str:
    """Show the first few of many values, quoted and cut, and how many were left out."""
    shown = ", ".join(repr(cut(value)) for value in values[:limit])
    return f"{shown} and {len(values) - limit:,} more" if len(values) > limit else shown

"""One command under watch: how it ended, and what about that breaks a promise."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from audit.cli import call

#: Seconds of computing that one command may take, and of waiting: another process may hold the machine.
LIMIT, PATIENCE = 20, 120


@dataclass
class Example:
    """What to run, and what must be as it was afterwards."""

    arguments: list[str]
    #: Files and folders that no ending may change.
    keep: list[Path] = field(default_factory=list)
    #: Run folders whose result must read back if the command succeeds.
    reads_back: list[Path] = field(default_factory=list)


@dataclass
class Outcome:
    """How it ended; `broken` names the promises that were not kept."""

    code: int
    out: str
    err: str
    broken: list[str]


class TooLong(BaseException):
    """The command took longer than it may."""


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, LIMIT), (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE))
    before = [signal.signal(number, stop) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def contents(paths: list[Path]) -> dict[str, bytes | str]:
    """Every file beneath, links as links."""
    found: dict[str, bytes | str] = {}
    for top in paths:
        for path in [top, *sorted(top.rglob("*"))] if top.is_dir() and not top.is_symlink() else [top]:
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            elif path.is_file():
                found[str(path)] = path.read_bytes()
    return found


def watch(example: Example) -> Outcome:
    """Run one command in this process."""
    before = contents(example.keep)
    out, err, code, broken = io.StringIO(), io.StringIO(), -1, []
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _in_time():
                code = int(call(example.arguments))
        except TooLong:
            broken.append("took too long")
        except BaseException as error:  # noqa: BLE001 - nothing may escape
            broken.append(f"raised {type(error).__name__}: {error}"[:300])
    told, said = err.getvalue(), out.getvalue()
    if code not in {0, 1, 2, 3} and not broken:
        broken.append(f"exit code {code}")
    if code == 1 and not ("gate" in example.arguments or "--gate" in example.arguments):
        broken.append("exit code 1 although nothing was judged")
    if code == 1 and "Fail" not in said:
        broken.append("exit code 1 without a failed verdict")
    messages = len(re.findall(r"(?m)^audit: ", told))
    if code == 2 and messages != 1:
        broken.append(f"{messages} error messages")
    if code in {0, 1, 3} and messages:
        broken.append("an error message, and no error")
    if "Traceback" in told:
        broken.append("a traceback")
    if re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202e]|(?m:^\\s*::)|##\\[", told.replace("\x1b[A", "") + said
    ):
        broken.append("printed what a terminal or a CI system obeys")
    if len(told) + len(said) > 200_000:
        broken.append("printed without end")
    if contents(example.keep) != before:
        broken.append("changed a file that is not its own")
    if code in {0, 1, 3}:
        broken += [f"{folder.name} does not read back" for folder in example.reads_back if not _reads_back(folder)]
    return Outcome(code, said, told, broken)


def _reads_back(folder: Path) -> bool:
    from audit.store.manifest import DOCUMENTS
    from audit.store.runfolder import RunFolder

    try:
        result = RunFolder(folder).read_result(but=DOCUMENTS)
        json.loads(folder.joinpath("result.json").read_text(encoding="utf-8"), parse_constant=_refuse)
        return result.model_validate_json(result.model_dump_json(by_alias=True)) == result
    except Exception:  # noqa: BLE001 - whatever it is, it does not read back
        return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)

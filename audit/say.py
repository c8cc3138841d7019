"""The one door through which words reach a terminal, a log or a CI system.

Group names, file names and the messages of libraries come from outside. Printed as they are, they could rewrite a
terminal (escape sequences) or order a CI system about: GitHub obeys lines that begin with `::`, and `##[` anywhere;
Azure and TeamCity obey `##vso[` and `##teamcity[`.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import regex

from audit.errors import AuditError, ExitCode, SystemFault
from audit.text import LONGEST_LINE, map_hidden, one_line, visible

# The character that completes an order is the one shown by its number: what comes piece by piece is written by then.
_ORDER = regex.compile(r"(?<=(?:^|[\r\n])\s*:):|(?<=##[a-z]*)\[")

LONGEST_ORDER = 80

#: Codes of the styles of `say_styled` (ECMA-48, select graphic rendition).
STYLES = {"strong": "1", "dim": "2", "fail": "1;31", "warn": "33", "pass": "32", "open": "36"}


class ClosedPipe(AuditError):
    """Whoever read the output has gone."""

    exit_code = ExitCode.CLOSED_PIPE


def say(*lines: object, err: bool = False, limit: int = LONGEST_LINE) -> None:
    """Print lines; what would break, reorder or order about is shown by its number.

    Parameters
    ----------
    err
        On stderr. What cannot be written there is lost: nothing is left to say so with.
    limit
        Characters of a line that are shown.

    Raises
    ------
    ClosedPipe
        If the reader of stdout has gone.
    SystemFault
        If stdout cannot be written, as on a full disk.
    """
    text = "".join(_harmless(one_line(str(line), limit)) + "\n" for line in lines)
    _write(sys.stderr if err else sys.stdout, text, forgiving=err)


def say_styled(lines: Iterable[Sequence[tuple[str, str]]]) -> None:
    """Print lines of text and the name of its style; styles are seen on a terminal that shows colours, and only there.

    Text is made harmless as by `say`; the codes of a terminal are put around it afterwards.
    """
    coloured = shows_colours(sys.stdout)
    for line in lines:
        shown, begun = "", ""
        for text, style in line:
            harmless = _harmless(one_line(text), begun)
            begun += harmless
            code = STYLES.get(style) if coloured else None
            shown += f"\x1b[{code}m{harmless}\x1b[0m" if code and harmless.strip() else harmless
        _write(sys.stdout, shown + "\n", forgiving=False)


def shows_colours(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal on which colours are wanted (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return _is_terminal(stream)


def width_of_output() -> int:
    """Columns of the terminal that stdout is; 80 where it is none."""
    return shutil.get_terminal_size((80, 24)).columns if _is_terminal(sys.stdout) else 80


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def say_json(plain: Any) -> None:
    """Print plain data as JSON, with escapes of the same meaning for what a terminal or a CI system would obey."""
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    text = map_hidden(text, lambda hidden: hidden if hidden == "\n" else json.dumps(hidden)[1:-1])
    # Only a string can hold `##`.
    _write(sys.stdout, text.replace("##", "\\u0023#") + "\n", forgiving=False)


def _harmless(text: str, begun: str = "") -> str:
    """Break orders to CI systems in text that goes on with a line begun before."""
    whole = _ORDER.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", begun + text, pos=len(begun))
    return str(whole)[len(begun) :]


def _write(stream: TextIO | None, text: str, *, forgiving: bool) -> None:
    if stream is None:  # closed from the start: nobody wants to know
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:  # a terminal of few characters
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        if not forgiving:
            raise _undelivered(error) from None


def _undelivered(error: OSError) -> AuditError:
    """Say why stdout did not take it."""
    discard_stdout()
    if error.errno in {errno.EPIPE, errno.ESHUTDOWN}:
        return ClosedPipe("the output was closed before all was written")
    return SystemFault(f"the output cannot be written: {error.strerror}", where="stdout")


def discard_stdout() -> None:
    """Let what is still to be written to stdout go nowhere, so that the flush at exit does not fail as well."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, AttributeError):  # it is no file
        return


class Guarded(io.TextIOBase):
    """A stderr through which libraries write, progress bars included: made harmless, and never an error.

    Parameters
    ----------
    stream
        Where it goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream beneath."""
        return self._stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write text; line breaks and carriage returns are obeyed, as bars need them."""
        shown = visible(text, keep="\n\t\r")
        _write(self._stream, _harmless(shown, self._begun), forgiving=True)
        line = (self._begun + shown).replace("\r", "\n").rpartition("\n")[2]
        # Of a long line only its end can still become an order.
        self._begun = line if len(line) <= LONGEST_ORDER else "…" + line[-LONGEST_ORDER:]
        return len(text)

    def flush(self) -> None:
        """Every write was flushed."""

    def fileno(self) -> int:
        """Of the stream beneath."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether a person watches."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """It is."""
        return True


def guard_streams() -> None:
    """Make this process's stdout and stderr safe, whatever writes to them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file opened would become stdout, and be written into
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is not None and not isinstance(sys.stderr, Guarded):
        sys.stderr = Guarded(sys.stderr)


def deliver(code: ExitCode) -> ExitCode:
    """Flush what a library may have left in stdout; return the exit code, which is another if that fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        fault = _undelivered(error)
        if fault.exit_code != ExitCode.CLOSED_PIPE:
            say(f"audit: {fault}", err=True)
        return fault.exit_code
    return code

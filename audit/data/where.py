"""Where a row of a table stands: in which of its files, and as which row of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from audit.errors import CellError


class Places:
    """First rows of the files of a table, in the order in which they were read."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._before: list[int] = []

    def begin(self, file: str, before: int) -> None:
        """Note that the rows after so many come from a file."""
        if not self._files or self._files[-1] != file:
            self._files.append(file)
            self._before.append(before)

    def of(self, row: int) -> tuple[str, int]:
        """Return the file of a row, and the number of the row there, both from 1."""
        at = bisect_right(self._before, row - 1) - 1
        return self._files[at], row - self._before[at]

    def listed(self, rows: list[int]) -> str:
        """Write rows of the table: their numbers, with the files where there are several."""
        if len(self._files) == 1:
            return f"rows {', '.join(map(str, rows))}"
        return ", ".join(f"row {row} of {file}" for file, row in map(self.of, rows))

    @contextmanager
    def named(self) -> Iterator[None]:
        """Let an error that tells of a row of the table name the file, and the row there."""
        try:
            yield
        except CellError as error:
            where, row = self.of(error.row)
            raise CellError(error.column, row, error.said, where=where, hint=error.hint) from None

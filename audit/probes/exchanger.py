"""What exchanges groups in an example: every kind of probe makes its edited examples behind this one interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from audit.data.examples import Example
from audit.probes.edited import edited
from audit.probes.exchange import Exchange, exchanges
from audit.terms.edits import Replacement
from audit.terms.lexicon import Lexicon


class Exchanger(Protocol):
    """Makes edited examples, and makes one of them again."""

    #: Names of what it exchanges on, in the order in which reports tell them.
    axes: list[str]

    def exchanges(self, example: Example, row: Mapping[str, Any]) -> list[Exchange]:
        """Make every edited example.

        Parameters
        ----------
        row
            `row_id` of the decision, and the group columns.
        """

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Make the edited example of an exchange that is known.

        Parameters
        ----------
        change
            Name of a change to the whole example, as of a picture; None where edits say everything.
        """


class TermExchange:
    """Exchanges the identity terms of lexicons."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._lexicons = lexicons
        self.axes = list(dict.fromkeys(name for lexicon in lexicons for name in lexicon.axes))

    def exchanges(self, example: Example, row: Mapping[str, Any]) -> list[Exchange]:
        """Exchange all terms of each pair of groups of which the example names one."""
        return exchanges(self._lexicons, example)

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Make the edits again."""
        return edited(example, edits)

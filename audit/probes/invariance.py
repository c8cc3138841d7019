"""Changes of the user's own: what must stay as it is, or rise, or fall (Ribeiro et al. 2020, CheckList)."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.config.probes import InvarianceConfig
from audit.data.examples import Asked, Example, Fields, Image, Words
from audit.errors import ModelError, some
from audit.models.checkpoint import said
from audit.models.own_code import OwnFunction, import_named
from audit.probes.asking import Model, variants_asked
from audit.probes.exchange import Edit, Version
from audit.probes.variants import FIELDS, PAIR, TEXT, Outcome, ProbedRow, Variant


def violates(expect: str, tolerance: float, *, changed: bool, moved: float) -> bool:
    """Say whether a decision fails what is expected of it.

    Parameters
    ----------
    expect
        `same`, `rises` or `falls`.
    moved
        Change of the score.
    """
    if expect == "same":
        return changed
    towards = moved if expect == "rises" else -moved
    return towards < tolerance or towards <= 0


class Invariance:
    """Asks what becomes of decisions under functions of the user's own.

    A function gets what the model reads of a row: a text (str), a pair of texts (tuple), or named values (dict), and
    returns the same kind of thing; None where it changes nothing.
    """

    name = "invariance"
    outcome = "failed"
    severities = (0,)
    reads = frozenset({TEXT, PAIR, FIELDS})
    needs_attributions = False
    flags = True

    def __init__(self, asked: Sequence[InvarianceConfig]) -> None:
        self.transforms = [one.called for one in asked]
        self._asked = {one.called: one for one in asked}
        self._functions: dict[str, OwnFunction] = {
            one.called: import_named(one.function, f"probes.invariance.{at}.function", one.folder)
            for at, one in enumerate(asked)
        }
        for function in self._functions.values():
            function.settle()

    def fingerprint(self) -> str:
        """Hash the functions with the modules that they are in."""
        return hashlib.sha256("\n".join(str(one.sha256) for one in self._functions.values()).encode()).hexdigest()

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Change every row by every function, and hold the decision to what is expected."""
        return variants_asked(rows, model, self.variants, self._fails)

    def variants(self, row: ProbedRow) -> list[Variant]:
        """Make the changes of one row."""
        return [self._variant(name, row) for name in self.transforms]

    def _variant(self, name: str, row: ProbedRow) -> Variant:
        example = row.example.example if isinstance(row.example, Asked) else row.example
        given: Any = dict(zip(example.names, example.values, strict=True)) if isinstance(example, Fields) else example
        where = f"{self._asked[name].function}, row {row.row_id}"
        try:
            made = self._functions[name](given)
        except Exception as error:
            raise ModelError(f"a change of your own failed: {said(error)}", where=where) from error
        if made is None:
            return Variant(name, 0, None, "unchanged")
        changed = _like(made, example, where)
        if changed == example:
            return Variant(name, 0, None, "unchanged")
        edits = _edits(example, changed) if isinstance(example, str) and isinstance(changed, str) else ()
        whole = replace(row.example, example=changed) if isinstance(row.example, Asked) else changed
        return Variant(name, 0, Version(whole, edits, None if edits else name))

    def _fails(self, variant: Variant, was: str, now: str, f: float, f_after: float) -> bool:
        asked = self._asked[variant.transform]
        return violates(asked.expect, asked.tolerance, changed=was != now, moved=f_after - f)


def _like(made: Any, example: Example, where: str) -> Any:
    """Take what a function returned for an example of the same kind."""
    if isinstance(example, Fields):
        if not isinstance(made, dict) or set(made) != set(example.names):
            raise ModelError(
                f"a change of your own returned {said(made)[:80]!r} for named values", where=where,
                hint=f"return a dict with {some(list(example.names))}",
            )  # fmt: skip
        return Fields(example.names, tuple(made[name] for name in example.names))
    wanted = "a text" if isinstance(example, str) else "two texts"
    pair = isinstance(made, tuple) and len(made) == 2 and all(isinstance(text, str) for text in made)
    if isinstance(example, Words | Image) or not (isinstance(made, str) if isinstance(example, str) else pair):
        raise ModelError(
            f"a change of your own returned a {type(made).__name__}", where=where, hint=f"return {wanted}, or None"
        )
    return made


def _edits(old: str, new: str) -> tuple[Edit, ...]:
    """Say by which edits a text became another."""
    found = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Edit(a, b, old[a:b], new[c:d]) for tag, a, b, c, d in found if tag != "equal")

"""Which value of the data is which class, and which class counts as positive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.config.spelling import alike, as_label
from audit.errors import DataError, some
from audit.start.draft import listed
from audit.start.hints import scale, sides
from audit.start.question import Said, ask

YES = ("1", "true")


def mapped(
    values: Sequence[str], classes: Sequence[str], said: Said, data: Path, what: str
) -> tuple[dict[str, str], str]:
    """Map values of the data to classes.

    Parameters
    ----------
    what
        What has these values, in messages.

    Returns
    -------
    mapping, why
        Values that are spelled as a class are left out of the mapping.

    Raises
    ------
    Question
        If nothing says which value is which class.
    """
    own = {alike(as_label(cls)): cls for cls in reversed(classes)}
    found = {value: said.maps.get(value) or own.get(alike(value)) for value in values}
    wrong = [cls for cls in found.values() if cls is not None and cls not in classes]
    if wrong:
        raise DataError(f"--map: {wrong[0]!r} is not among the classes {some(list(classes))}", where=str(data))
    unknown = [value for value, cls in found.items() if cls is None]
    mapping = {value: cls for value, cls in found.items() if cls is not None and cls != value}
    if not unknown:
        return mapping, "as --map says." if said.maps else "the same but for the spelling." if mapping else ""
    if len(unknown) == len(values):
        if all(value.isdecimal() and int(value) < len(classes) for value in values):
            return {}, f"the numbers of the classes, in the order of the model: {listed(list(classes), 10)}."
        if guessed := _by_sides(values, classes):
            return guessed, "guessed from the words, not from the data: see that no line is the wrong way round."
    options = [f"--map {value}={cls}" for value in unknown[:6] for cls in list(classes)[:2]]
    raise ask(
        f"which class is meant by {what} {some(unknown)}? The classes are {some(list(classes))}",
        options, "say it again with one --map for each of these values", data,
    )  # fmt: skip


def _by_sides(values: Sequence[str], classes: Sequence[str]) -> dict[str, str] | None:
    """Map two values, or the steps of a scale, to two classes."""
    known = sides(classes)
    if known is None:
        return None
    steps = scale(values)
    if steps is not None:
        return {step: known[min(number, 1)] for number, step in enumerate(steps)}
    meant = sides(values)
    return dict(zip(meant, known, strict=True)) if meant else None


def positive(classes: Sequence[str], said: Said, data: Path, *, of_model: bool) -> tuple[str | None, str]:
    """Choose the class that counts as positive.

    Returns
    -------
    class, why
        None where the classes need no choice: there are more than two.

    Raises
    ------
    Question
        If nothing says which of two it is.
    """
    if said.positive is not None:
        if said.positive not in classes:
            raise DataError(
                f"--positive: {said.positive!r} is not among the classes {some(list(classes))}", where=str(data)
            )
        return said.positive, "as --positive says."
    if len(classes) != 2:
        return None, f"{len(classes)} classes: each is asked about by itself, one against the rest."
    first, second = classes
    if len(numbered := [cls for cls in classes if as_label(cls) in YES]) == 1:
        return numbered[0], "of 0 and 1, or false and true, it is the usual one."
    if meant := sides(classes):
        return meant[
            1
        ], f"guessed from the words; the other class is {meant[0]}. Rates of selection and error turn with it."
    if of_model:
        return (
            second,
            f"the last class of the model, as is usual; the other is {first}. Rates turn round with it.",
        )
    raise ask(
        f"which of {first!r} and {second!r} counts as positive: what is found, flagged or wished for?",
        [f"--positive {cls}" for cls in classes], "say it again with one of these", data,
    )  # fmt: skip

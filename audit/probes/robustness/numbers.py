"""Numbers moved within the error with which they were measured, or rounded to it.

What error a feature has, only its user knows: a number without a stated error is not moved. Noise is even between
minus and plus the error; rounding goes to the nearest multiple of 1, 2 or 5 times a power of ten, the largest of them
that moves no number by more than the error. Whole numbers stay whole. The severity is the share of the error.

Refused: where no feature of the row has a stated error (`no_error_stated`); left as they are: values that are 0, or
would become 0 or change their sign (`sign`), and whole numbers that their error is too small to move (`too_small`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.config.robustness import MeasurementError
from audit.data.examples import Asked, Example, Fields, plain
from audit.probes.robustness.transform import Changed, Draw, Refused, Span

SHARES = (0.25, 0.5, 1.0)
#: value, error, number between 0 and 1 -> value.
Move = Callable[[float, float, float], float]


@dataclass(frozen=True)
class NumberTransform:
    """Moves the numbers of a row.

    Attributes
    ----------
    errors
        Feature -> error of its measurement.
    """

    name: str
    move: Move
    errors: Mapping[str, MeasurementError]
    severities: tuple[float, ...] = SHARES
    reads: frozenset[str] = frozenset({"numbers", "fields"})

    def apply(self, example: Example, severity: int, seed: int, spared: Sequence[Span] = ()) -> Changed | Refused:
        """Move every number whose error is stated."""
        found = plain(example)
        if not isinstance(found, Fields):
            return Refused("no_numbers")
        if severity == 0:
            return Changed(example)
        share, draw = self.severities[severity - 1], Draw(seed, self.name)
        values, left = list(found.values), Counter[str]()
        for at, (name, value) in enumerate(zip(found.names, found.values, strict=True)):
            if not isinstance(value, float) or not math.isfinite(value):
                continue
            error = self.errors.get(name)
            # The same draw at every severity: a larger one moves the same way, further.
            new = None if error is None else self._moved(value, share * error.of(value), draw.number(name) / 2**64)
            if isinstance(new, float):
                values[at] = new
            else:
                left[new or "no_error_stated"] += 1
        counted = tuple(sorted(left.items()))
        if tuple(values) == found.values:
            return Refused(max(left, key=lambda reason: (left[reason], reason)) if left else "no_numbers", counted)
        moved = Fields(found.names, tuple(values))
        made = replace(example, example=moved) if isinstance(example, Asked) else moved
        return Changed(made, (), f"{self.name} {share:g}", counted)

    def _moved(self, value: float, error: float, drawn: float) -> float | str:
        new = self.move(value, error, drawn)
        # A whole number goes to the next that is not beyond the error; others shed the dust of binary fractions.
        new = float(value + math.trunc(new - value)) if value.is_integer() else float(f"{new:.12g}")
        if new == value:
            return "too_small"
        return "sign" if new * value <= 0 else new


def _noise(value: float, error: float, drawn: float) -> float:
    return value + error * (2 * drawn - 1)


def _rounding(value: float, error: float, drawn: float) -> float:
    if error == 0:
        return value
    widest = 2 * error
    power = 10.0 ** math.floor(math.log10(widest))
    step = max((unit * power for unit in (1, 2, 5) if unit * power <= widest), default=power / 2)
    return round(value / step) * step


def number_transforms(errors: Mapping[str, MeasurementError]) -> tuple[NumberTransform, ...]:
    """Make the transforms of numbers for stated errors."""
    return (
        NumberTransform("measurement_noise", _noise, errors),
        NumberTransform("rounding", _rounding, errors),
    )

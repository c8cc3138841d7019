"""What a rate says of the decisions that it is made of."""

from __future__ import annotations

from audit.disclosure.suppress import LEAST
from audit.result import MetricValue

#: A count that was made of a rate may be off by this.
SLACK = 1e-6


def whole(number: float) -> int | None:
    """Return a count that was made of a rate; None where it is none."""
    return round(number) if abs(number - round(number)) <= SLACK * max(1.0, number) else None


def hits_of(value: MetricValue, n: int) -> int | None:
    """How many decisions a rate counts; None where it is no share of whole decisions."""
    if value.value is None:
        return 0 if n == 0 else None
    if value.effective_n is not None and abs(value.effective_n - n) > SLACK * max(n, 1) and value.clusters is None:
        return None
    if value.metric in {"f1_score", "micro_f1"}:
        return whole(value.value * n / (2 - value.value))
    return whole(value.value * n)


def weighs(value: MetricValue) -> bool:
    """Whether a weighted rate is made of enough decisions at both ends."""
    return is_of_many(value.value, min(value.n or 0, value.effective_n or value.n or 0))


def is_of_many(rate: float | None, n: float) -> bool:
    """Whether enough decisions lie at both ends of a rate."""
    return min(n * (rate or 0.0), n * (1 - (rate or 0.0))) >= LEAST

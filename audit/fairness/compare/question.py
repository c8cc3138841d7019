"""What is computed for every slicing of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from audit.config import MISSING
from audit.fairness.compare.scope import Scope
from audit.fairness.metrics.definitions import Metric


@dataclass(frozen=True)
class Question:
    """What to compute for every slicing.

    Attributes
    ----------
    outside
        Attribute -> (group -> why it stands outside gaps).
    order
        Attribute -> its groups in the order to show them, where they have one.
    scopes
        Which groups rules compare: standardised rates depend on it.
    nothing
        Where a row has several decisions: the class that says there is nothing, first of `classes`. Nobody asks how
        well it is found.
    negatives
        There are decisions in which there is nothing, and nothing was found. Of entities there are none.
    """

    metrics: list[Metric]
    criteria: list[str]
    classes: list[str]
    positive: str | None
    level: float
    outside: dict[str, dict[str, str]] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    seed: int = 0
    scopes: tuple[Scope, ...] = ()
    nothing: str | None = None
    negatives: bool = True

    def of_outcomes(self, metric: Metric, classes: list[str], positive: str | None) -> Question:
        """Ask one metric of outcomes, which are written as decisions between classes of their own."""
        return replace(
            self,
            metrics=[metric], criteria=[], classes=classes, positive=positive,
            nothing=None, negatives=positive is not None,
        )  # fmt: skip

    def rank(self, attribute: str, value: str) -> tuple[int, str]:
        """Place of a group among those of its attribute: bins as they rise, others by name, missing values last."""
        if value == MISSING:
            return len(self.order.get(attribute, ())) + 1, value
        ordered = self.order.get(attribute, [])
        return (ordered.index(value) if value in ordered else len(ordered)), value

    @property
    def asked(self) -> list[str]:
        """Classes that one-vs-rest metrics are asked about."""
        if self.nothing is not None:
            return [cls for cls in self.classes if cls != self.nothing]
        return [self.positive] if self.positive is not None and len(self.classes) <= 2 else self.classes

    @property
    def selectable(self) -> list[str]:
        """Classes that decisions are selected into: those asked about, where others could have been."""
        return self.asked if self.negatives else []

"""A rule put to a result: what is judged, of which groups, with the values that decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.config import RuleConfig
from audit.result import Change, Correlation, MetricDefinition, MetricValue


@dataclass(frozen=True)
class AskedRule:
    """One rule asked of one metric of one slicing.

    Attributes
    ----------
    values
        The metric in every group in scope.
    changes
        For a rule with a margin, the change of the metric in these groups; None without a baseline.
    left_out
        Groups below the rule's `min_share`.
    counts
        Whether the verdict enters the gate: of pooled and adjusted verdicts, the one the rule asks for does.
    too_fine
        The slicing was not computed, having too many groups.
    rows
        Group -> its rows, of which a metric's denominator may be a part.
    """

    name: str
    rule: RuleConfig
    attributes: list[str]
    metric: str
    cls: str | None
    values: list[MetricValue]
    definition: MetricDefinition | None
    scope: str = "pooled"
    counts: bool = True
    correlation: Correlation | None = None
    changes: list[Change] | None = None
    left_out: tuple[str, ...] = ()
    too_fine: bool = False
    rows: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def rows_of(self, group: list[str], otherwise: int) -> int:
        """Rows of a group; of what is no group of decisions, as many as were counted."""
        return self.rows.get(tuple(group), otherwise)

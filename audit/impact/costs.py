"""What wrong decisions cost, by the costs that the configuration gives; nothing is assumed of others."""

from __future__ import annotations

import numpy as np

from audit.config.deployment import CostsConfig
from audit.result.social import AffectedPeople, GroupCost


def costs_of(costs: CostsConfig, people: list[AffectedPeople], *, clustered: bool) -> list[GroupCost]:
    """Add up the costs of each group of one slicing.

    Of one decision only one kind of error is possible, so the two numbers of a group go against each other, and bounds
    that take them as independent are wider than need be. Where rows form clusters they may rise together; then their
    distances are added.

    Parameters
    ----------
    people
        Of one slicing: lines of both kinds of error.
    """
    price = {"false_negative": costs.false_negative or 0.0, "false_positive": costs.false_positive or 0.0}
    by_group: dict[tuple[str, ...], dict[str, AffectedPeople]] = {}
    for line in people:
        if price.get(line.harm):
            by_group.setdefault(tuple(line.group), {})[line.harm] = line
    return [_of_group(lines, price, clustered=clustered) for lines in by_group.values()]


def _of_group(lines: dict[str, AffectedPeople], price: dict[str, float], *, clustered: bool) -> GroupCost:
    any_line = next(iter(lines.values()))

    def total(name: str) -> float | None:
        numbers = {harm: getattr(line, name) for harm, line in lines.items()}
        return None if None in numbers.values() else float(sum(price[harm] * value for harm, value in numbers.items()))

    def bound(middle: str, end: str) -> float | None:
        apart = []
        for harm, line in lines.items():
            value, to = getattr(line, middle), getattr(line, end)
            if value is None or to is None:
                return None
            apart.append(price[harm] * (to - value))
        centre = total(middle)
        reach = sum(apart) if clustered else float(np.copysign(np.hypot.reduce(apart), apart[0] + sum(apart[1:])))
        return None if centre is None else max(centre + reach, 0.0)

    return GroupCost(
        attributes=any_line.attributes,
        group=any_line.group,
        in_sample=total("in_sample"),
        per_decision=total("rate"),
        lower=bound("rate", "lower"),
        upper=bound("rate", "upper"),
        per_year=total("per_year"),
        per_year_lower=bound("per_year", "per_year_lower"),
        per_year_upper=bound("per_year", "per_year_upper"),
        note=any_line.note if any_line.in_sample is None or any_line.per_year is None else None,
    )

"""Why two groups differ: what carries their gap, and what exchanging the one for the other does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from audit.config.reading import parse_yaml
from audit.result import AuditResult, Carried, Carrier, Exchanged, GapDecomposition, Measure, PairEffect

#: Parts that a story names; the section on the gap has all of them.
MOST_CARRIERS = 4
#: Parts of a gap that are no place in an example, yet say something: how the two groups' examples end up in general.
TOLD = frozenset({"baseline", "identity", "lexicon", "word", "field", "region"})
#: An exchange is told of by itself, and advised on, from this lower bound of its flip rate on.
LEAST_FLIP_RATE = 0.01
FILE = "axes.yaml"


@cache
def _called() -> dict[str, frozenset[str]]:
    """Axis of the lexicons -> what columns are called that hold it."""
    source = (files("audit.findings") / FILE).read_text(encoding="utf-8")
    read = TypeAdapter(dict[str, list[str]]).validate_python(parse_yaml(source, FILE))
    return {axis: frozenset({axis, *names}) for axis, names in read.items()}


def is_of_axis(name: str, axis: str) -> bool:
    """Whether an attribute of this name holds the groups of an axis."""
    plain = re.sub(r"[\s-]+", "_", name.casefold().strip())
    return name == axis or plain in _called().get(axis, {axis.casefold()})


def decomposition_of(
    result: AuditResult, attributes: list[str], low: list[str], high: list[str], measures: Iterable[Measure]
) -> tuple[int, GapDecomposition] | None:
    """Find the decomposition that speaks to these groups, and says most.

    One that names something which can be pointed at is taken before one that names nothing; among equals, that of the
    first measure.
    """
    pair = sorted([low, high])
    here = [
        (at, gap)
        for at, gap in enumerate(result.gaps)
        if gap.attributes == attributes and sorted([gap.low_group, gap.high_group]) == pair
    ]
    metrics = [measure.metric for measure in measures]

    def rank(one: tuple[int, GapDecomposition]) -> tuple[bool, int]:
        gap = one[1]
        told = [metrics.index(metric) for metric in gap.metrics if metric in metrics]
        return not _points_at_something(gap), min(told, default=len(metrics))

    return min(here, key=rank, default=None)


def _points_at_something(gap: GapDecomposition) -> bool:
    """Whether a named part that has a place in an example adds to the gap."""
    return any(part.named and part.kind in TOLD - {"baseline"} and part.value * gap.score_gap > 0 for part in gap.parts)


def carried(gap: GapDecomposition) -> Carried:
    """Sum a decomposition up."""
    named = sorted((part for part in gap.parts if part.named and part.kind in TOLD), key=lambda part: -abs(part.value))
    closes = gap.closes
    return Carried(
        metric=gap.metrics[0],
        condition=gap.condition,
        score_gap=gap.score_gap,
        carriers=[
            Carrier(
                kind=part.kind, name=part.name, value=part.value, lower=part.lower, upper=part.upper, closes=part.closes
            )
            for part in named[:MOST_CARRIERS]
        ],
        closes=closes,
        closes_share=closes.value / gap.score_gap if closes and gap.score_gap else None,
        explains=gap.explains,
        note=gap.note,
    )


def exchange_of(
    result: AuditResult, attributes: list[str], low: list[str], high: list[str]
) -> tuple[int, Exchanged] | None:
    """Find the exchange that speaks to one of the attributes, and best to these two groups.

    A pair whose terms are in the names of the groups is taken before others of the same axis; among equals, that with
    the highest bound of its flip rate, then that with the most texts.
    """
    found = [
        (at, pair, attributes.index(name))
        for at, pair in enumerate(result.exchange.pairs if result.exchange else [])
        if not pair.both and pair.flips is not None and pair.flip_rate is not None and pair.lower is not None
        for name in attributes
        if is_of_axis(name, pair.axis)
    ]
    if not found:
        return None
    at, best, _ = max(
        found,
        key=lambda one: (_speaks_of(one[1], low[one[2]], high[one[2]]), one[1].lower or 0.0, one[1].n or 0, -one[0]),
    )
    return at, exchanged(best)


def _speaks_of(pair: PairEffect, low: str, high: str) -> int:
    source, target = _is_of(pair.source, low), _is_of(pair.target, high)
    return 3 * (source and target) + 2 * source + target


def _is_of(term: str, group: str) -> bool:
    words = group.casefold().replace("-", " ").split()
    return term.casefold() in {group.casefold(), *words}


def exchanged(pair: PairEffect) -> Exchanged:
    """Sum an exchange up."""
    names = Exchanged.model_fields
    return Exchanged.model_validate({name: value for name, value in pair if name in names})

"""Everything in a result that follows from its decisions, part by part, each with what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from audit.result import Fairness

#: Kind of a part, and what tells it from others of this kind.
About = tuple[str, str]
#: Fields that say what a part is about.
NAMES = (
    *("attributes", "controls", "stratum", "group", "reference", "metric", "cls", "aggregate", "left_out"),
    *("values", "slice", "name", "y_true", "y_pred"),
)


class Told(NamedTuple):
    """A part by the name that readers know, and all that it says."""

    name: str
    plain: dict[str, Any]


def parts_of(found: Fairness) -> Iterator[tuple[str, BaseModel, list[str] | None]]:
    """Yield every part that follows from the decisions: its kind, itself, and the slicing where it names none."""
    for slicing in found.slicings:
        yield from (("group", group, slicing.attributes) for group in slicing.groups)
    lists: list[tuple[str, Iterable[BaseModel]]] = [
        ("metric definition", found.metric_definitions),
        ("metric", found.metrics),
        ("disparity", found.disparities),
        ("adjusted metric", found.adjusted),
        ("correlation", found.correlations),
        ("class report", found.class_reports),
        ("stratified test", found.stratified),
        ("adverse impact", found.adverse_impact),
        ("clear gap", found.clear_gaps.items),
        ("clear gaps", [found.clear_gaps.model_copy(update={"items": []})]),
    ]
    for kind, parts in lists:
        yield from ((kind, part, None) for part in parts)
    for table in found.impact_ratios:
        yield "impact table", table.model_copy(update={"groups": []}), None
        yield from (("impact ratio", row, [*table.attributes, table.cls]) for row in table.groups)
    for report in found.scores:
        yield "scores", report.model_copy(update={"groups": []}), None
        yield from (("scores", group, report.attributes) for group in report.groups)
    if found.discovery is not None:
        yield "discovery", found.discovery.model_copy(update={"items": []}), None
        yield from (("discovered slice", item, None) for item in found.discovery.items)


def by_what_they_are_about(found: Fairness) -> dict[About, Told]:
    """Collect the numbers of every part."""
    out = {}
    for kind, part, within in parts_of(found):
        plain = part.model_dump()
        about = {name: plain[name] for name in NAMES if name in plain}
        if within is not None:
            about = {"within": within, **about}
        named = ", ".join(said for value in about.values() if (said := _said(value)))
        out[kind, repr(about)] = Told(f"{kind} {named}".rstrip(), plain)
    return out


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return " × ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)

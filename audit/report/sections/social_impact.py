"""Section 10: what wrong and unequal decisions mean in numbers of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.report.beside.people import Kind, clear, conclusion, gain_sentence, interval, name_of_kind
from audit.report.charts import Chart, amounts, lines
from audit.report.sections import Section
from audit.report.sections.data import MOST_CHARTED, MOST_LISTED
from audit.report.view import View
from audit.report.wording import count, group_name, number, percent
from audit.result import AffectedPeople, Concentration, Gain, SocialImpact


def build(view: View) -> dict[str, Any] | None:
    """Tables and charts of every slicing, what equal rates would change, who bears the errors, and what they cost."""
    found = view.result.social_impact
    if found is None:
        return None
    slicings = [slicing.attributes for slicing in view.result.slicings if slicing.attributes]
    return {
        "found": found,
        "everybody": [_row(view, found, line) for line in found.people if not line.attributes],
        "slicings": [_slicing(view, found, attributes) for attributes in slicings if _lines(found, attributes)],
        "volume": found.decisions_per_year,
        "shares": view.t.listed(found.shares_given),
        "costs": [cost for cost in found.costs if not cost.attributes],
        "prices": _prices(view, found),
        "interval": interval,
    }


def _lines(found: SocialImpact, attributes: Sequence[str]) -> list[AffectedPeople]:
    return [line for line in found.people if line.attributes == list(attributes)]


def _prices(view: View, found: SocialImpact) -> str | None:
    if found.unit is None:
        return None
    known = [("false_negative", found.false_negative_cost), ("false_positive", found.false_positive_cost)]
    return view.t.clauses(
        [
            view.t.pair(view.t(f"social_impact.kind.{name}"), f"{number(price)} {found.unit}")
            for name, price in known
            if price is not None
        ]
    )


def _slicing(view: View, found: SocialImpact, attributes: list[str]) -> dict[str, Any]:
    own = _lines(found, attributes)
    kinds = list(dict.fromkeys((line.harm, line.cls) for line in own))
    crowded = next((item for item in found.concentration if item.attributes == attributes), None)
    return {
        "name": group_name(attributes),
        "says": _says(view, found, [gain for gain in found.gains if gain.attributes == attributes]),
        "kinds": [_kind(view, found, own, kind) for kind in kinds],
        "bearing": _bearing(view, crowded),
        "curve": _curve(view, crowded),
        "costs": [cost for cost in found.costs if cost.attributes == attributes][:MOST_LISTED],
    }


def _kind(view: View, found: SocialImpact, own: list[AffectedPeople], kind: Kind) -> dict[str, Any]:
    """One kind of harm: its table, and a chart of how many more it befalls than in the group treated best."""
    mine = [line for line in own if (line.harm, line.cls) == kind]
    listed = sorted(sorted(range(len(mine)), key=lambda at: -mine[at].n)[:MOST_LISTED])
    gain = next(
        (gain for gain in found.gains if (gain.attributes, gain.harm, gain.cls) == (mine[0].attributes, *kind)), None
    )
    return {
        "name": name_of_kind(kind, found, view.t),
        "rows": [_row(view, found, mine[at]) for at in listed],
        "rest": len(mine) - len(listed),
        "gain": None if gain is None else gain_sentence(gain, found, view.t),
        "reference": None if gain is None else group_name(gain.reference),
        "chart": _chart(view, found, mine, kind),
    }


def _row(view: View, found: SocialImpact, line: AffectedPeople) -> dict[str, Any]:
    return {
        "line": line,
        "name": group_name(line.group),
        "kind": name_of_kind((line.harm, line.cls), found, view.t),
        "note": view.t.note(line.note),
        "doubt": view.t(f"doubt.{line.doubt}") if line.doubt else None,
    }


def _chart(view: View, found: SocialImpact, mine: list[AffectedPeople], kind: Kind) -> Chart | None:
    known = [(line, line.excess) for line in mine if line.excess is not None]
    largest = sorted(range(len(known)), key=lambda at: -known[at][0].n)[:MOST_CHARTED]
    drawn = [known[at] for at in sorted(largest)]
    if not drawn:
        return None
    yearly = all(one.per_year is not None for _, one in drawn)
    values = [(one.per_year if yearly else one.in_sample) or 0.0 for _, one in drawn]
    bounds = [
        (one.per_year_lower, one.per_year_upper) if yearly else (one.in_sample_lower, one.in_sample_upper)
        for _, one in drawn
    ]
    code = "social_impact.chart.year" if yearly else "social_impact.chart.sample"
    label = view.t(code, kind=name_of_kind(kind, found, view.t), group=group_name(drawn[0][1].reference))
    return view.add_chart(amounts(label, [group_name(line.group) for line, _ in drawn], values, bounds, signs=True))


def _bearing(view: View, found: Concentration | None) -> str | None:
    if found is None:
        return None
    groups = view.t.listed([group_name(group) for group in found.groups])
    if found.errors_share is None:
        return view.t("social_impact.bearing.none", reason=view.t.note(found.note))
    return view.t(
        "social_impact.bearing", groups=groups, people=percent(found.people_share), errors=percent(found.errors_share),
        low=percent(found.lower), high=percent(found.upper), n=count(found.errors),
    )  # fmt: skip


def _curve(view: View, found: Concentration | None) -> Chart | None:
    """Groups from the smallest to the largest: their share of people against their share of errors."""
    if found is None or len(found.curve) < 3:
        return None
    points = [(0.0, 0.0), *((item.people, item.errors) for item in found.curve)]
    name = group_name(found.attributes)
    words = (
        view.t("social_impact.curve", attributes=name),
        view.t("social_impact.curve.people"),
        view.t("social_impact.curve.errors"),
    )
    return view.add_chart(lines(*words, {name: points}, diagonal=True, markers=True))


def _says(view: View, found: SocialImpact, gains: Sequence[Gain]) -> str | None:
    if not gains:
        return None
    sure = clear(gains)
    return gain_sentence(sure[0], found, view.t) if sure else view.t("conclusion.social_impact.none")


def conclude(view: View) -> str | None:
    """Say what equal rates would change for most people."""
    found = view.result.social_impact
    return None if found is None else conclusion(found, view.t)


SECTION = Section("social_impact", 102, build, conclude=conclude)

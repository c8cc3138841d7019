"""Section 10: what wrong and unequal decisions mean in numbers of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.report.charts import Chart, amounts, lines
from audit.report.sections import Section
from audit.report.sections.data import MOST_CHARTED, MOST_LISTED
from audit.report.view import View
from audit.report.wording import count, group_name, number, people, percent
from audit.result import AffectedPeople, Concentration, Gain, SocialImpact

#: Kind of harm of a table and a chart.
Kind = tuple[str, str]


def build(view: View) -> dict[str, Any] | None:
    """Tables and charts of every slicing, what equal rates would change, who bears the errors, and what they cost."""
    found = view.result.social_impact
    if found is None:
        return None
    slicings = [slicing.attributes for slicing in view.result.slicings if slicing.attributes]
    return {
        "found": found,
        "everybody": [_row(view, line) for line in found.people if not line.attributes],
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
        "says": _says(view, [gain for gain in found.gains if gain.attributes == attributes]),
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
        "name": name_of_kind(view, kind),
        "rows": [_row(view, mine[at]) for at in listed],
        "rest": len(mine) - len(listed),
        "gain": None if gain is None else _gain(view, gain),
        "reference": None if gain is None else group_name(gain.reference),
        "chart": _chart(view, mine, kind),
    }


def name_of_kind(view: View, kind: Kind) -> str:
    """Name what befalls people, with the class."""
    harm, cls = kind
    found = view.result.social_impact
    code = f"{harm}.{found.positive_is}" if harm == "unfavourable" and found is not None else harm
    return view.t(f"social_impact.harm.{code}", **{"class": view.t.cls(cls)})


def _row(view: View, line: AffectedPeople) -> dict[str, Any]:
    return {
        "line": line,
        "name": group_name(line.group),
        "kind": name_of_kind(view, (line.harm, line.cls)),
        "note": view.t.note(line.note),
        "doubt": view.t(f"doubt.{line.doubt}") if line.doubt else None,
    }


def interval(low: float | None, high: float | None) -> str:
    """Both bounds of a number of people; nothing where there are none."""
    return "" if low is None or high is None else f"{people(low)}–{people(high)}"


def _chart(view: View, mine: list[AffectedPeople], kind: Kind) -> Chart | None:
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
    label = view.t(code, kind=name_of_kind(view, kind), group=group_name(drawn[0][1].reference))
    return view.add_chart(amounts(label, [group_name(line.group) for line, _ in drawn], values, bounds, signs=True))


def _gain(view: View, gain: Gain) -> str:
    """Say in a sentence what equal rates would change."""
    yearly = gain.per_year is not None
    value, low, high = (
        (gain.per_year, gain.per_year_lower, gain.per_year_upper)
        if yearly
        else (gain.in_sample, gain.in_sample_lower, gain.in_sample_upper)
    )
    return view.t(
        "social_impact.gain.year" if yearly else "social_impact.gain.sample",
        n=people(value),
        kind=name_of_kind(view, (gain.harm, gain.cls)),
        group=group_name(gain.reference),
        bounds=interval(low, high) or "–",
    )


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


def _clear(gains: Sequence[Gain]) -> list[Gain]:
    """Keep what is more than chance, most people first."""
    sure = [gain for gain in gains if (gain.in_sample_lower or 0.0) > 0]
    return sorted(sure, key=lambda gain: -gain.in_sample)


def _says(view: View, gains: Sequence[Gain]) -> str | None:
    if not gains:
        return None
    clear = _clear(gains)
    return _gain(view, clear[0]) if clear else view.t("conclusion.social_impact.none")


def conclude(view: View) -> str | None:
    """Say what equal rates would change for most people."""
    found = view.result.social_impact
    if found is None:
        return None
    gains = [gain for gain in found.gains if len(gain.attributes) == 1] or found.gains
    if not gains:
        return view.t("conclusion.social_impact.nothing")
    clear = _clear(gains)
    if not clear:
        return view.t("conclusion.social_impact.none")
    return view.t.pair(group_name(clear[0].attributes), _gain(view, clear[0]))


SECTION = Section("social_impact", 102, build, conclude=conclude)

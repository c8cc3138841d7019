"""Section 8: which way identity terms push, and the words that carry each gap."""

from __future__ import annotations

from typing import Any

from audit.report.charts import changes, parts
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import GapDecomposition, GapPart
from audit.text import cut

#: Parts of one gap in its chart and in its table; the rest stands in result.json.
MOST_CHARTED, MOST_LISTED = 10, 30
MOST_PUSHES = 24
#: Parts of a gap in its conclusion.
MOST_TOLD = 4
#: Kinds of parts that have a name of their own.
NAMED = frozenset({"identity", "lexicon", "word", "field", "region"})


def build(view: View) -> dict[str, Any] | None:
    """Pushes first, then gaps."""
    result = view.result
    if result.explanations is None:
        return None
    if result.positive_class is None:
        return {"positive": None}
    pushes = result.pushes[:MOST_PUSHES]
    chart = None
    if pushes:
        label = view.t("why.pushes.chart", **{"class": result.positive_class})
        names = [view.t.pair(view.t.axis(push.axis), view.t.among(push.axis, push.group)) for push in pushes]
        bounds = [(push.lower, push.upper) for push in pushes]
        chart = view.add_chart(changes(label, names, [push.mean for push in pushes], bounds, share=False))
    return {
        "pushes": pushes,
        "chart": chart,
        "gaps": [_gap(view, gap) for gap in result.gaps],
        "positive": result.positive_class,
    }


def _gap(view: View, gap: GapDecomposition) -> dict[str, Any]:
    concepts = [part for part in gap.parts if part.kind in {*NAMED, "special"}]
    charted = [part for part in concepts if part.named][:MOST_CHARTED] or concepts[:3]
    whole = [part for part in gap.parts if part.kind in {"baseline", "rest"}]
    lines = [*whole[:1], *charted, *whole[1:], *(part for part in gap.parts if part.kind in {"residual", "sampling"})]
    label = view.t("why.gap.chart", high=group_name(gap.high_group), low=group_name(gap.low_group))
    named = [name(view, part) for part in lines]
    chart = view.add_chart(
        parts(label, named, [part.value for part in lines], [(part.lower, part.upper) for part in lines])
    )
    listed = [*whole[:1], *concepts[:MOST_LISTED], *whole[1:]]
    listed += [part for part in gap.parts if part.kind in {"residual", "sampling"}]
    return {
        "gap": gap,
        "says": _says(view, gap),
        "chart": chart,
        "parts": [(part, name(view, part)) for part in listed],
        "more": max(0, len(concepts) - MOST_LISTED),
        "named": [part for part in concepts if part.named],
        "masked": sum(part.closes is not None for part in concepts),
        "acting": [
            (name(view, part), [_acting(view, row) for row in part.rows if row in view.contributions])
            for part in charted
            if any(row in view.contributions for row in part.rows)
        ],
    }


def name(view: View, part: GapPart) -> str:
    """What a part is called."""
    if part.kind == "identity":
        return view.t.identity(part.name)
    return part.name if part.kind in NAMED else view.t(f"why.part.{_kind(part)}")


def _kind(part: GapPart) -> str:
    return f"{part.kind}.{part.name}" if part.kind == "special" else part.kind


def _acting(view: View, row: str) -> dict[str, Any]:
    found = view.contributions[row]
    return {
        "row_id": row,
        "score": found["score_input"],
        "drawing": view.draw(row, found, "score_attributions"),
    }


def conclude(view: View) -> str | None:
    """Name what carries the first gap that is explained, and say how many are."""
    result = view.result
    if result.positive_class is None:
        return view.t("conclusion.why.no_class")
    if not result.gaps:
        return view.t("why.no_gaps")
    explained = [gap for gap in result.gaps if gap.explains]
    text = view.t("conclusion.why", n=len(explained), of=len(result.gaps))
    carried = next((gap for gap in explained if _carriers(view, gap)), None)
    if carried is None:
        return text
    pair = f"{group_name(carried.high_group)} – {group_name(carried.low_group)}"
    return view.t.sentences(text, view.t("conclusion.why.first", pair=pair, names=_carriers(view, carried)))


def _says(view: View, gap: GapDecomposition) -> str:
    if not gap.explains:
        return view.t(f"why.not.{gap.note}")
    names = _carriers(view, gap)
    return view.t("conclusion.why.carried", names=names) if names else view.t("why.none_named", concepts=gap.concepts)


def _carriers(view: View, gap: GapDecomposition) -> str:
    """Name the strongest parts that carry some of a gap beyond chance."""
    named = [part for part in gap.parts if part.named and part.kind in {*NAMED, "special"}]
    return view.t.listed(cut(name(view, part)) for part in sorted(named, key=lambda part: -abs(part.value))[:MOST_TOLD])


SECTION = Section("why", 80, build, conclude=conclude)

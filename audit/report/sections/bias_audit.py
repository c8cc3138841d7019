"""Local Law 144 of New York City: the summary of results that 6 RCNY 5-303 asks for."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, decimal, group_name
from audit.result import ImpactTable

#: Preset, and compliance pack, that ask for it.
PRESET, PACK = "ll144", "nyc-ll144"


def build(view: View) -> dict[str, Any] | None:
    """Collect the tables, and the words that stand beside them; nothing where nobody asked for them."""
    config, data = view.result.config, view.result.data
    if PRESET not in config["policy"]["presets"] and PACK not in view.frameworks:
        return None
    tables = [_table(view, table) for table in view.result.impact_ratios]
    return {
        "tables": tables,
        "words": config["documentation"],
        "made": view.result.timings.finished[:10],
        "scoring": data.median_score is not None,
        "median": None if data.median_score is None else f"{data.median_score:.6g}",
        "several": len({table.cls for table in view.result.impact_ratios}) > 1,
        "classes": list(dict.fromkeys(table.cls for table in view.result.impact_ratios)),
        "crossed": any(len(table.attributes) > 1 for table in view.result.impact_ratios),
        "excluded": any(row.standing == "excluded" for table in view.result.impact_ratios for row in table.groups),
    }


def _table(view: View, table: ImpactTable) -> dict[str, Any]:
    """Rows that enter rates, and in words those that do not."""
    unknown = [row for row in table.groups if row.standing == "unknown"]
    return {
        "attributes": table.attributes,
        "cls": table.cls,
        "rows": [row for row in table.groups if row.standing != "unknown"],
        "unknown": table.unknown,
        "of": view.t.clauses([view.t.pair(group_name(row.group), count(row.n)) for row in unknown if row.n != 0]),
    }


def conclude(view: View) -> str:
    """Say which category has the lowest ratio, without calling it good or bad."""
    known = [
        (row.impact_ratio, table, row)
        for table in view.result.impact_ratios
        for row in table.groups
        if row.impact_ratio is not None
    ]
    mark = view.t("conclusion.bias_audit")
    if not known:
        return mark
    ratio, table, row = min(known, key=lambda item: item[0])
    name = view.t.pair(group_name(table.attributes), group_name(row.group))
    return view.t.sentences(view.t("conclusion.bias_audit.lowest", ratio=decimal(ratio, 2), group=name), mark)


SECTION = Section("bias_audit", 128, build, conclude=conclude)

"""Section 11: flagged decisions, with filter, search, evidence and a link for each."""

from __future__ import annotations

import hashlib
from typing import Any

from audit.report.heads import head
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name
from audit.result.facts import attribute_label

SEVERITIES = ("high", "medium", "low")
MOST_EXCHANGES = 4


def build(view: View) -> dict[str, Any]:
    """Rates of every code, what was confirmed and what was not, then decisions."""
    result = view.result
    names = [attribute_label(attribute) for attribute in result.config["attributes"]]
    items = [_item(view, row, names) for row in view.flagged]
    codes = list(dict.fromkeys(code for item in items for code in item["kinds"]))
    return {
        "flags": result.flags,
        "rates": result.flags.rates,
        "reliance": result.reliance,
        "items": items,
        "codes": codes,
        "severities": [name for name in SEVERITIES if any(item["severity"] == name for item in items)],
        "redacted": bool(items) and view.redacted,
    }


def anchor(row_id: str) -> str:
    """Name a decision's place in the page, whatever its id is made of."""
    return "flag-" + hashlib.sha256(row_id.encode()).hexdigest()[:10]


def _item(view: View, row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    found = view.lookup([row["row_id"]])
    explanation = found[0].explanation if found else None
    kinds = list(dict.fromkeys(code.split(":")[0] for code in row["codes"]))
    reasons = [code.split(":")[1] for code in row["codes"] if ":" in code]
    exchanges = row["evidence"].get("exchanges", [])
    exchanges.sort(key=lambda item: (item["decision"] == row["y_pred"], -abs(item["score_exchanged"] - item["score"])))
    return {
        **row,
        "anchor": anchor(row["row_id"]),
        "kinds": kinds,
        "reasons": reasons,
        "groups": [(name, row["groups"].get(name, "–")) for name in names],
        "head": head(row, view.t),
        "drawing": view.draw(row["row_id"], explanation) if found else None,
        "exchanges": [
            {**item, "words": view.t.listed(edit["new"] for edit in item["edits"])}
            for item in exchanges[:MOST_EXCHANGES]
        ],
        "more_exchanges": max(0, len(exchanges) - MOST_EXCHANGES),
        "names": [
            {**item, "group": group_name(item["group"]), "names": view.t.listed(item["names"])}
            for item in row["evidence"].get("names", [])
        ],
        "variants": row["evidence"].get("probes", []),
        "disparities": row["evidence"].get("disparities", []),
        "reliance": row["evidence"].get("reliance"),
    }


def conclude(view: View) -> str:
    """Say how many decisions are flagged, how badly, and for what most."""
    flags = view.result.flags
    if flags.decisions is None:
        return view.t("conclusion.suppressed")
    if not flags.decisions:
        return view.t("flags.none")
    text = view.t(
        "conclusion.flags", n=count(flags.decisions),
        **{name: count(flags.by_severity.get(name, 0)) for name in SEVERITIES},
    )  # fmt: skip
    most = max(flags.rates, key=lambda rate: rate.flagged or 0, default=None)
    if most is None:
        return text
    told = view.t("conclusion.flags.most", name=view.t(f"flags.name.{most.code}"), n=count(most.flagged))
    return view.t.sentences(text, told)


SECTION = Section("flags", 110, build, conclude=conclude)

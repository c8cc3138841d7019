"""Section 9, where probes asked: how often changes that should not matter alter decisions, and of which groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.report.beside.probes import says
from audit.report.charts import Chart, dots
from audit.report.marked import between_words
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name
from audit.result import ProbeResult, ShownVariant, TextEdit

#: Characters shown on either side of the changes to a text.
AROUND = 90


def build(view: View) -> dict[str, Any] | None:
    """Build a part for every probe: rates by change and severity, rates by group, what was refused, and examples."""
    if not view.result.probes:
        return None
    return {"probes": [_probe(view, found) for found in view.result.probes], "group_name": group_name}


def _probe(view: View, found: ProbeResult) -> dict[str, Any]:
    t = view.t
    everybody = {(rate.transform, rate.severity): rate for rate in found.rates if not rate.attributes}
    metrics = {(tuple(v.attributes), tuple(v.group)): v for v in found.metrics if v.metric == found.metric}
    groups = []
    for slicing in found.slicings:
        values = [
            (group.values, metrics.get((tuple(slicing.attributes), tuple(group.values)))) for group in slicing.groups
        ]
        if slicing.attributes and any(value is not None for _, value in values):
            name = group_name(slicing.attributes)
            rows = [(group_name(group), value) for group, value in values if value is not None]
            groups.append({"name": name, "rows": rows, "chart": _chart(view, found, name, rows)})
    refused: dict[str, list[str]] = {}
    for item in found.refused:
        said = t(
            "probes.refused.n", reason=t.first([f"probes.refused.{item.reason}", "probes.refused"]), n=count(item.n)
        )
        refused.setdefault(t.change(found.probe, item.transform), []).append(said)
    return {
        "found": found,
        "name": t.probe(found.probe),
        "says": says(found, t),
        "lead": t.first([f"probes.lead.{found.probe}", "probes.lead"]),
        "everybody": metrics.get(((), ())),
        "rows": [
            (t.change(found.probe, name), [everybody.get((name, severity)) for severity in found.severities])
            for name in found.transforms
            if any((name, severity) in everybody for severity in found.severities)
        ],
        "groups": groups,
        "gaps": [gap for gap in found.clear_gaps.items if gap.metric == found.metric],
        "refused": [(name, t.listed(said)) for name, said in refused.items()],
        "shown": [_shown(view, found, item) for item in found.shown if item.row_id in view.texts],
        "redacted": bool(found.shown) and not view.texts,
    }


def _chart(view: View, found: ProbeResult, name: str, rows: Sequence[tuple[str, Any]]) -> Chart | None:
    known = [(group, value) for group, value in rows if value.value is not None]
    if not known:
        return None
    chart = dots(
        view.t("probes.chart", probe=view.t.probe(found.probe), attributes=name),
        [group for group, _ in known],
        [value.value for _, value in known],
        [(value.lower, value.upper) for _, value in known],
        [False] * len(known),
        None,
    )
    return view.add_chart(chart)


def _shown(view: View, found: ProbeResult, item: ShownVariant) -> dict[str, Any]:
    text = view.texts[item.row_id]
    return {
        "item": item,
        "change": view.t.change(found.probe, item.transform),
        "pieces": changed_pieces(text, item.edits) if item.edits and text else [],
    }


def changed_pieces(text: str, edits: Sequence[TextEdit]) -> list[tuple[str, str]]:
    """Cut a text around its changes; each piece is `kept`, `old` or `new`."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    low = between_words(text, max(0, ordered[0].start - AROUND), -1)
    high = between_words(text, min(len(text), ordered[-1].end + AROUND), 1)
    out, at = [("…", "kept")] if low else [], low
    for edit in ordered:
        out += [(text[at : edit.start], "kept"), (text[edit.start : edit.end], "old"), (edit.new, "new")]
        at = edit.end
    out += [(text[at:high], "kept"), ("…", "kept")] if high < len(text) else [(text[at:high], "kept")]
    return [(piece, kind) for piece, kind in out if piece]


def conclude(view: View) -> str | None:
    """Say of every probe what it found."""
    if not view.result.probes:
        return None
    said = [view.t.pair(view.t.probe(found.probe), says(found, view.t)) for found in view.result.probes]
    return view.t.sentences(*said)


SECTION = Section("probes", 97, build, conclude=conclude)

"""Metrics and gaps under names that every tracking tool takes: parts between slashes, the coarsest first.

    overall/SELECTION_RATE
    groups/gender/female/SELECTION_RATE
    gaps/gender/SELECTION_RATE/difference          and …_lower, …_upper
    rules/failed, rules/undecided, rules/passed

Values that are undefined have no number; why they are is in the tables of the parcel.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator

from audit.report.papers.facts import metric_code, pooled
from audit.result import AuditResult

#: MLflow takes no longer name, and the others would.
LONGEST = 250


def numbers_of(result: AuditResult) -> dict[str, float]:
    """Name every number of a result that is defined."""
    found: dict[str, float] = {}
    taken: dict[str, tuple[str, ...]] = {}
    for parts, value in _numbers(result):
        if value is None or not math.isfinite(value):
            continue
        name = _name(parts)
        if taken.setdefault(name, parts) != parts or len(name) > LONGEST:
            # Two groups may differ in a character that names cannot have.
            mark = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
            name = f"{name[: LONGEST - 9]}_{mark}"
        found[name] = float(value)
    return found


def _numbers(result: AuditResult) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for item in pooled(result):
        metric = metric_code(result, item.metric, item.cls)
        where = ("groups", ".".join(item.attributes), ".".join(item.group)) if item.attributes else ("overall",)
        yield (*where, metric), item.value
    for gap in result.disparities:
        if gap.stratum:
            continue
        of = ("gaps", ".".join(gap.attributes), metric_code(result, gap.metric, gap.cls))
        for end, value in (("", gap.value), ("_lower", gap.lower), ("_upper", gap.upper)):
            yield (*of, gap.aggregate + end), value
    if result.judgement is not None:
        statuses = Counter(rule.status for rule in result.judgement.rules if rule.counts)
        yield ("rules", "failed"), statuses["fail"]
        yield ("rules", "undecided"), statuses["inconclusive"] + statuses["undefined"]
        yield ("rules", "passed"), statuses["pass"]


def _name(parts: tuple[str, ...]) -> str:
    """Join parts; of each, letters, digits, dashes, dots and blanks stay. A part is a folder to some tools."""
    cleaned = (re.sub(r"[^\w.\- ]", "_", part).strip(" .") or "_" for part in parts)
    return "/".join(cleaned)

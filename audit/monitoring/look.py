"""A history, looked at: what stands, what was raised and when, and how every gap moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from audit.config.times import moment
from audit.monitoring.entries import Entry, Plan
from audit.monitoring.epoch import Epoch, ratio_of, totals, value_of
from audit.monitoring.history import History
from audit.monitoring.watch import Stream, Watch
from audit.result import Note
from audit.result import monitoring as told
from audit.result.monitoring import LimitState, LookedAt, Monitoring, Series, SeriesPoint

#: Time in which alarms of all epochs together are false with at most the stated probability.
YEAR = timedelta(days=365)
#: Capital (its logarithm) against a limit at which it does not count as kept any more.
SUSPICIOUS = float(np.log(2.0))
#: Ratio of variances from which the report says that windows differ more than rows do.
UNSTEADY = 1.5


def level_of(starts: Sequence[str], alpha: float) -> float:
    """Share of the level that the last of these epochs may spend.

    A third of α for the first epoch that begins within 365 days, half of that for the second, and so on. Those that
    begin in any year then spend at most two thirds; the one that was there before, the last third.

    Parameters
    ----------
    starts
        Of all epochs so far.
    """
    last = moment(starts[-1])
    recent = sum(last - YEAR < moment(start) for start in starts)
    return float(alpha / 3 / 2 ** (recent - 1))


def replay(entries: Sequence[Entry]) -> list[Epoch]:
    """Play all epochs again."""
    epochs: list[Epoch] = []
    for entry in entries:
        if entry.plan is not None:
            starts = [*(epoch.first.start for epoch in epochs), entry.start]
            epochs.append(Epoch(entry.epoch, entry.plan, level_of(starts, 1 - entry.plan.level), entry))
        epochs[entry.epoch - 1].add(entry)
    return epochs


def look(history: History, notes: Sequence[Note] = ()) -> Monitoring:
    """Say what a history says.

    Parameters
    ----------
    notes
        What there is to tell of how it was read or added to.
    """
    epochs = replay(history.entries)
    if not epochs:
        return _nothing(history, notes)
    current = epochs[-1]
    plan = current.plan
    limits = [state for watch in current.watches for state in _limits(watch)]
    alarms = sorted((a for epoch in epochs for a in epoch.alarms), key=lambda a: (a.epoch, a.raised), reverse=True)
    watched = sum(len(watch.items) for watch in current.watches)
    return Monitoring(
        title=history.entries[-1].title,
        status=_status(current, limits, watched),
        on_inconclusive=plan.on_inconclusive,
        level=plan.level,
        head=history.head,
        epochs=[_epoch(epoch) for epoch in epochs],
        windows=[_window(current, entry) for _, entry in sorted(current.latest.items())],
        alarms=alarms,
        limits=limits,
        series=[_series(current, watch, stream) for watch in current.watches for stream in watch.points],
        watched=watched,
        notes=[*_torn(history), *notes, *_remarks(current)],
    )


def _nothing(history: History, notes: Sequence[Note]) -> Monitoring:
    return Monitoring(
        title=history.path.stem, status="undefined", on_inconclusive="warn", level=0.95, head=history.head, epochs=[],
        windows=[], alarms=[], limits=[], series=[], watched=0, notes=[*_torn(history), *notes],
    )  # fmt: skip


def _torn(history: History) -> list[Note]:
    return [Note(code="history_torn", params={"n": history.torn})] if history.torn else []


def _status(epoch: Epoch, limits: list[LimitState], watched: int) -> str:
    if any(alarm.severity == "error" for alarm in epoch.alarms):
        return "fail"
    if not watched:
        return "undefined"
    undecided = any(state.status == "inconclusive" and state.severity == "error" for state in limits)
    return "inconclusive" if undecided or _missed(epoch.plan) else "pass"


def _missed(plan: Plan) -> bool:
    """Whether a rule cannot be watched at all: it never counts as kept."""
    return bool(plan.unwatched)


def _epoch(epoch: Epoch) -> told.Epoch:
    entries = list(epoch.latest.values())
    return told.Epoch(
        number=epoch.number,
        began=epoch.first.began or "first",
        reason=epoch.first.reason,
        start=epoch.first.start,
        model_sha256=epoch.first.model,
        level=epoch.alpha,
        windows=len(entries),
        decisions=sum(entry.decisions for entry in entries),
        labelled=sum(entry.labelled for entry in entries),
    )


def _window(epoch: Epoch, entry: Entry) -> LookedAt:
    return LookedAt(
        start=entry.start,
        end=entry.end,
        decisions=entry.decisions,
        labelled=entry.labelled,
        run_sha256=entry.run,
        amendments=epoch.amendments[entry.start],
    )


def _limits(watch: Watch) -> list[LimitState]:
    """Hold every rule against every pair of groups: both ways are one state."""
    logs, needed = (watch.logs(), watch.family.needed()) if watch.items else (np.zeros(0), np.zeros(0))
    by_pair: dict[tuple[Stream, str, float], list[int]] = {}
    for number, item in enumerate(watch.items):
        if item.rule is not None and item.column is not None:
            by_pair.setdefault((item.stream, item.rule.name, item.rule.value), []).append(number)
    return [_limit(watch, numbers, logs, needed) for numbers in by_pair.values()]


def _limit(watch: Watch, numbers: list[int], logs: np.ndarray, needed: np.ndarray) -> LimitState:
    item = watch.items[numbers[0]]
    stream, rule = item.stream, item.rule
    if rule is None:
        raise TypeError(f"{item.kind} is no limit of a rule")
    worst = max(numbers, key=lambda number: float(logs[number]))
    lower, upper = watch.bounds_of(stream)
    if rule.kind == "ratio":
        value, kept = ratio_of(watch, stream), watch.within_ratio(stream, rule.value)
    else:
        value = value_of(watch, stream)
        kept = -rule.value <= lower and upper <= rule.value
    turned = (value_of(watch, stream) or 0.0) < 0
    failed = any(watch.family.alarms[number] for number in numbers)
    # Old windows may have shown it to be kept: where newer ones speak against that, it is open again.
    kept &= float(logs[worst]) < SUSPICIOUS
    return LimitState.model_validate(
        {
            "rule": rule.name,
            "severity": rule.severity,
            "status": "fail" if failed else "pass" if kept else "inconclusive",
            "aggregate": "ratio" if rule.kind == "ratio" else "difference",
            "attributes": list(stream.attributes),
            "metric": stream.metric,
            "class": stream.cls,
            "groups": [list(group) for group in stream.groups][:: -1 if turned else 1],
            "limit": rule.value,
            "value": value if value is None or rule.kind == "ratio" else abs(value),
            "evidence": float(np.exp(min(logs[worst], 100.0))),
            "needed": float(needed[worst]),
        }
    )


def _series(epoch: Epoch, watch: Watch, stream: Stream) -> Series:
    value = value_of(watch, stream)
    turned = stream.kind == "gap" and (value or 0.0) < 0
    sign = -1 if turned else 1
    lower, upper = watch.bounds_of(stream)
    windows = totals(watch, stream)
    latest = {point.start: point for point in watch.points[stream]}
    unit, spread = watch.unit_of(stream)
    limits = {item.rule.value for item in watch.items if item.stream == stream and item.rule and item.kind == "limit"}
    changed = any(
        alarm and item.stream == stream and item.column is None
        for item, alarm in zip(watch.items, watch.family.alarms, strict=True)
    )
    points = []
    for start, (one, two) in windows.items():
        point = latest[start]
        gap = one.k / one.n - (two.k / two.n if stream.kind == "gap" else 0.0)
        low, high = (point.lower, point.upper) if not turned else (-point.upper, -point.lower)
        counts = [one.raw, two.raw] if stream.kind == "gap" else [one.raw]
        points.append(SeriesPoint(at=start, value=sign * gap, n=counts[::sign], lower=low, upper=high))
    return Series.model_validate(
        {
            "kind": stream.kind,
            "attributes": list(stream.attributes),
            "metric": stream.metric,
            "class": stream.cls,
            "groups": [list(group) for group in stream.groups][::sign],
            "value": None if value is None else sign * value,
            "lower": lower if not turned else -upper,
            "upper": upper if not turned else -lower,
            "limits": sorted(limits),
            "unit": unit,
            "dispersion": spread,
            "changed": changed,
            "points": points,
        }
    )


def _remarks(epoch: Epoch) -> list[Note]:
    plan = epoch.plan
    notes = [Note(code=f"monitor_unwatched_{one.reason}", params={"rule": one.rule}) for one in plan.unwatched]
    if plan.why_windows is not None:
        notes.append(Note(code=f"monitor_windows_{plan.why_windows}"))
    unlabelled = [entry.start for entry in epoch.latest.values() if not entry.labelled]
    if epoch.labels is not None and unlabelled:
        notes.append(
            Note(
                code="monitor_no_labels",
                params={"n": len(unlabelled), "windows": len(epoch.latest), "since": min(unlabelled)},
            )
        )
    unsteady = 0
    for watch in epoch.watches:
        for stream in watch.points:
            spread = watch.unit_of(stream)[1]
            unsteady += (
                stream.kind == "gap" and len(watch.points[stream]) > 7 and spread is not None and spread > UNSTEADY
            )
    if unsteady and plan.unit != "windows" and plan.why_windows is None:
        code = "monitor_unsteady_rows" if plan.unit == "rows" else "monitor_unsteady"
        notes.append(Note(code=code, params={"n": int(unsteady)}))
    if all(not entry.lengths for entry in epoch.latest.values()):
        notes.append(Note(code="monitor_no_lengths"))
    if all(entry.words is None for entry in epoch.latest.values()) and len(epoch.latest) > 1:
        notes.append(Note(code="monitor_no_words"))
    return notes

"""One epoch played again from its lines: everything that monitoring says follows from the history alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from audit.monitoring.change_point import change_point
from audit.monitoring.entries import Entry, Plan, SlicingCounts
from audit.monitoring.questions import (
    asked_classes,
    needs_labels,
    open_questions,
    rates_by_group,
)
from audit.monitoring.rates import (
    NOTHING,
    Counted,
    Group,
    label_rates,
    labelled_part,
    rate_of_groups,
    shares_of_groups,
    slicing_of,
)
from audit.monitoring.texts import longer, middle
from audit.monitoring.watch import Item, Stream, Watch
from audit.result.monitoring import Alarm, ChangePoint

Pairs = dict[Stream, tuple[Counted, Counted]]
_CODES = {
    "limit": "gap_over_limit",
    "ratio": "ratio_under_limit",
    "gap_change": "gap_changed",
    "group_change": "rate_changed",
    "decisions": "decisions_drifted",
    "groups": "groups_drifted",
    "labels": "labels_drifted",
    "lengths": "lengths_drifted",
    "vocabulary": "vocabulary_drifted",
}


@dataclass
class Epoch:
    """An epoch as it stands after some of its lines.

    Parameters
    ----------
    number
        From 1.
    plan
        What is watched.
    alpha
        Probability of any false alarm in it.
    """

    number: int
    plan: Plan
    alpha: float
    first: Entry
    alarms: list[Alarm] = field(default_factory=list)
    latest: dict[str, Entry] = field(default_factory=dict)
    amendments: dict[str, int] = field(default_factory=dict)
    _edge: int | None = None
    _end: str = ""

    def __post_init__(self) -> None:
        split = 2 if needs_labels(self.plan) else 1
        self.decisions = Watch(self.plan, self.alpha / split)
        self.labels = Watch(self.plan, self.alpha / split) if split == 2 else None
        self._known: tuple[dict[tuple[str, ...], list[Group]], ...] = ({}, {})

    @property
    def watches(self) -> list[Watch]:
        """Both watches, or the one there is."""
        return [self.decisions] if self.labels is None else [self.decisions, self.labels]

    def add(self, entry: Entry) -> list[Alarm]:
        """Look at one more line, and return the alarms that it raises."""
        before = self.latest.get(entry.start)
        self._end = max(self._end, entry.end)
        raised = []
        if entry.kind == "window":
            raised += self._look(self.decisions, entry, self._decided(entry))
        if self.labels is not None:
            # What is asked stands before the first label is there.
            open_questions(self.labels, entry, labels=True, known=self._known[1])
            new = _labels_since(entry, before)
            if any(counts.n for counts in new.slicings):
                raised += self._look(self.labels, new, self._labelled(new))
        self.latest[entry.start] = entry
        self.amendments[entry.start] = self.amendments.get(entry.start, -1) + 1
        self.alarms += raised
        return raised

    def _look(self, watch: Watch, entry: Entry, counts: Pairs) -> list[Alarm]:
        labels = watch is self.labels
        if not labels:
            open_questions(watch, entry, labels=False, known=self._known[0])
        rates = rates_by_group(entry, self.plan, labels=labels)
        for stream in watch.points:
            if stream.kind in {"gap", "group"}:
                found = rates.get((stream.attributes, stream.metric or "", stream.cls), {})
                both = [found.get(group, NOTHING) for group in stream.groups]
                # A group without decisions here may have some waiting that arrived before.
                if any(one.n > 0 for one in both):
                    counts[stream] = both[0], (both[1] if len(both) == 2 else NOTHING)
        return [self._alarm(watch, number) for number in watch.add(entry.start, counts)]

    def _decided(self, entry: Entry) -> Pairs:
        """Count what drifts, but labels."""
        counts: Pairs = {}
        whole = slicing_of(entry, self.plan.attributes[:1])
        for cls in asked_classes(self.plan) if whole else []:
            found = rate_of_groups(whole, "selection_rate", cls, self.plan, together=True)  # type: ignore[arg-type]
            counts[Stream("decisions", (), None, cls, ())] = found.get((), NOTHING), NOTHING
        for name in self.plan.attributes:
            slicing = slicing_of(entry, [name])
            shares = shares_of_groups(slicing) if slicing else {}
            everybody = next(iter(shares.values()), NOTHING)
            for group in {*self._known[0].get((name,), ()), *shares}:
                # A group that does not come up in a window has a share of 0 in it.
                one = shares.get(group, Counted(0.0, everybody.n, everybody.raw))
                if one.n > 0:
                    counts[Stream("groups", (name,), None, None, (group,))] = one, NOTHING
        if entry.lengths:
            if self._edge is None:
                self._edge = middle(entry.lengths)
            else:
                k, n = longer(entry.lengths, self._edge)
                counts[Stream("lengths", (), None, None, ())] = Counted(k, n, n), NOTHING
        if entry.words is not None and entry.words.texts:
            counts[Stream("vocabulary", (), None, None, ())] = (
                Counted(entry.words.unseen, entry.words.texts, entry.words.texts),
                NOTHING,
            )
        return counts

    def _labelled(self, entry: Entry) -> Pairs:
        whole = slicing_of(entry, self.plan.attributes[:1])
        out: Pairs = {}
        for cls in asked_classes(self.plan) if whole else []:
            found = label_rates(whole, cls).get((), NOTHING)  # type: ignore[arg-type]
            if found.n > 0:
                out[Stream("labels", (), None, cls, ())] = found, NOTHING
        return out

    def _alarm(self, watch: Watch, number: int) -> Alarm:
        item = watch.items[number]
        stream, rule = item.stream, item.rule
        lower, upper = watch.bounds_of(stream)
        value = value_of(watch, stream)
        groups = [list(group) for group in stream.groups]
        if stream.kind == "gap" and (item.turned if item.column is not None else (value or 0) < 0):
            groups, value, lower, upper = groups[::-1], -value if value is not None else None, -upper, -lower
        return Alarm.model_validate(
            {
                "code": _CODES[item.kind],
                "severity": item.severity,
                "epoch": self.number,
                "kind": item.kind,
                "rule": rule.name if rule else None,
                "attributes": list(stream.attributes),
                "metric": stream.metric,
                "class": stream.cls,
                "groups": groups,
                "limit": rule.value if rule else item.tolerance,
                "raised": self._end,
                "value": value if item.kind != "ratio" else ratio_of(watch, stream),
                "lower": lower if item.kind != "ratio" else None,
                "upper": upper if item.kind != "ratio" else None,
                "evidence": float(np.exp(min(watch.logs()[number], 100.0))),
                "change": self._changed(watch, item, turned=groups[0] != list(stream.groups[0]) if groups else False),
            }
        )

    def _changed(self, watch: Watch, item: Item, *, turned: bool) -> ChangePoint | None:
        """When it changed, of what asks whether it did."""
        if item.column is not None:
            return None
        starts, values, variances = [], [], []
        for start, (one, two) in totals(watch, item.stream).items():
            sides = [one, two] if item.stream.kind == "gap" else [one]
            rates = [side.k / side.n for side in sides]
            smooth = [(side.k + 0.5) / (side.n + 1) for side in sides]
            starts.append(start)
            values.append((rates[0] - (rates[1] if len(rates) == 2 else 0.0)) * (-1 if turned else 1))
            variances.append(sum(p * (1 - p) / side.n for p, side in zip(smooth, sides, strict=True)))
        _, spread = watch.unit_of(item.stream)
        return change_point(starts, np.array(values), np.array(variances), spread or 1.0)


def _labels_since(entry: Entry, before: Entry | None) -> Entry:
    """The labelled decisions of a line that its window had not had yet."""
    parts: list[SlicingCounts] = []
    for counts in entry.slicings:
        earlier = slicing_of(before, counts.attributes) if before else None
        parts.append(labelled_part(counts, earlier))
    return entry.model_copy(update={"slicings": parts})


def totals(watch: Watch, stream: Stream) -> dict[str, tuple[Counted, Counted]]:
    """Counts of every window of a stream, in the order of time; labels that arrived apart are put together.

    Windows in which a group has none are left out.
    """
    out: dict[str, tuple[Counted, Counted]] = {}
    for point in watch.points[stream]:
        had = out.get(point.start, (NOTHING, NOTHING))
        both = [
            Counted(old.k + new.k, old.n + new.n, old.raw + new.raw) for old, new in zip(had, point.counts, strict=True)
        ]
        out[point.start] = both[0], both[1]
    known = {at: both for at, both in out.items() if both[0].n > 0 and (stream.kind != "gap" or both[1].n > 0)}
    return dict(sorted(known.items()))


def _rates(watch: Watch, stream: Stream) -> list[float] | None:
    both = list(totals(watch, stream).values())
    sums = [(sum(pair[j].k for pair in both), sum(pair[j].n for pair in both)) for j in (0, 1)]
    if not sums[0][1] or (stream.kind == "gap" and not sums[1][1]):
        return None
    return [k / n for k, n in sums if n]


def value_of(watch: Watch, stream: Stream) -> float | None:
    """A gap or a rate, of all windows together."""
    rates = _rates(watch, stream)
    if rates is None:
        return None
    return rates[0] - rates[1] if stream.kind == "gap" else rates[0]


def ratio_of(watch: Watch, stream: Stream) -> float | None:
    """The lower rate over the higher one, of all windows together."""
    rates = _rates(watch, stream)
    return min(rates) / max(rates) if rates and max(rates) else None

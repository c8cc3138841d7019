"""Which questions an epoch asks: of every gap that the plan names, between all groups that have come up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from audit.fairness.compare.scope import name_of
from audit.monitoring.entries import Entry, Gap, Plan, WatchedRule
from audit.monitoring.rates import PROPORTIONS, Counts, Group, rate_of_groups, shares_of_groups, slicing_of
from audit.monitoring.watch import OF_CHANGES, OF_DRIFTS, OF_RULES, Item, Stream, Watch
from audit.result.monitoring import Kind

#: Groups of one slicing whose gaps are watched: the largest.
MOST_GROUPS = 24


def gaps_of(plan: Plan, *, labels: bool) -> list[Gap]:
    """Metrics that are watched by group: those whose gaps may change, and those that rules hold."""
    named = [*plan.gaps, *(Gap(attributes=r.attributes, metric=r.metric, cls=r.cls) for r in plan.rules)]
    once = {(tuple(gap.attributes), gap.metric, gap.cls): gap for gap in named}
    return [gap for gap in once.values() if PROPORTIONS[gap.metric].labels == labels]


def needs_labels(plan: Plan) -> bool:
    """Whether anything is asked that labels answer."""
    return bool(gaps_of(plan, labels=True))


def asked_classes(plan: Plan) -> list[str]:
    """Classes whose share among decisions and labels is watched."""
    if plan.positive_class is not None:
        return [plan.positive_class]
    return [cls for cls in plan.classes if cls != plan.nothing][:12]


def present(entry: Entry, attributes: list[str]) -> list[Group]:
    """Groups of a window that may enter gaps, the largest first, as many as are watched."""
    counts = slicing_of(entry, attributes)
    if counts is None:
        return []
    outside = {tuple(group) for group in counts.outside}
    sizes = {group: one.raw and one.k for group, one in shares_of_groups(counts).items() if group not in outside}
    return sorted(sizes, key=lambda group: (-float(sizes[group]), group))


def open_questions(watch: Watch, entry: Entry, *, labels: bool, known: dict[tuple[str, ...], list[Group]]) -> None:
    """Begin to ask of groups that come up in this window for the first time.

    Parameters
    ----------
    known
        Slicing -> groups that are watched; those that come up are added.
    """
    plan = watch.plan
    new: dict[tuple[str, ...], list[Group]] = {}
    slicings = {tuple(gap.attributes): gap.attributes for gap in gaps_of(plan, labels=labels)}
    slicings |= {(name,): [name] for name in plan.attributes}
    for key, attributes in slicings.items():
        had = known.setdefault(key, [])
        new[key] = [group for group in present(entry, attributes) if group not in had][: MOST_GROUPS - len(had)]
    items = [
        *(item for gap in gaps_of(plan, labels=labels) for item in _of_gap(watch, gap, entry, known, new)),
        *_drifts(watch, new, labels=labels),
    ]
    also = [stream for gap in gaps_of(plan, labels=labels) for stream in _pairs(gap, known, new)]
    for key, groups in new.items():
        known[key] += groups
    if items or also:
        watch.admit(_weighted(items), also)


def _weighted(items: list[Item]) -> list[Item]:
    """Give every kind of question its part of the weight, shared equally."""
    parts = {"rule": OF_RULES, "change": OF_CHANGES, "drift": OF_DRIFTS}
    kinds = [_part_of(item) for item in items]
    numbers = {kind: kinds.count(kind) for kind in parts}
    return [
        Item(
            item.stream, item.kind, item.severity, parts[kind] / numbers[kind], item.tolerance, item.rule, item.column,
            item.turned,
        )
        for item, kind in zip(items, kinds, strict=True)
    ]  # fmt: skip


def _part_of(item: Item) -> str:
    if item.rule is not None:
        return "rule"
    return "change" if item.kind == "gap_change" else "drift"


def _pairs(
    gap: Gap, known: Mapping[tuple[str, ...], list[Group]], new: Mapping[tuple[str, ...], list[Group]]
) -> Iterator[Stream]:
    """Pairs of groups of which at least one is new."""
    key = tuple(gap.attributes)
    fresh = new[key]
    for first, second in combinations([*known[key], *fresh], 2):
        if first in fresh or second in fresh:
            yield Stream("gap", key, gap.metric, gap.cls, (first, second))


def _of_gap(
    watch: Watch,
    gap: Gap,
    entry: Entry,
    known: Mapping[tuple[str, ...], list[Group]],
    new: Mapping[tuple[str, ...], list[Group]],
) -> Iterator[Item]:
    plan, key = watch.plan, (tuple(gap.attributes), gap.metric, gap.cls)
    rules = [rule for rule in plan.rules if (tuple(rule.attributes), rule.metric, rule.cls) == key]
    changes = any((tuple(one.attributes), one.metric, one.cls) == key for one in plan.gaps)
    counts = slicing_of(entry, gap.attributes)
    shares = shares_of_groups(counts) if counts else {}
    for stream in _pairs(gap, known, new):
        for rule in rules:
            if rule.kind != "group_change" and _in_scope(rule, stream.groups, shares):
                yield from _of_rule(watch, rule, stream)
        if changes:
            yield Item(stream, "gap_change", plan.changes, 1.0, plan.tolerance)
    for rule in rules:
        if rule.kind == "group_change":
            for group in new[key[0]]:
                if _in_scope(rule, (group,), shares):
                    rate = Stream("group", key[0], gap.metric, gap.cls, (group,))
                    yield Item(rate, "group_change", rule.severity, 1.0, rule.value, rule)


def _of_rule(watch: Watch, rule: WatchedRule, stream: Stream) -> Iterator[Item]:
    if rule.kind == "gap_change":
        yield Item(stream, "gap_change", rule.severity, 1.0, rule.value, rule)
        return
    kind: Kind = "ratio" if rule.kind == "ratio" else "limit"
    columns = watch.column_of_ratio if rule.kind == "ratio" else watch.column_of_limit
    for turned in (False, True):
        yield Item(stream, kind, rule.severity, 1.0, 0.0, rule, columns[rule.value], turned)


def _in_scope(rule: WatchedRule, groups: tuple[Group, ...], shares: Counts) -> bool:
    names = [name_of(group) for group in groups]
    if any({*group, name} & {*rule.exempt} for group, name in zip(groups, names, strict=True)):
        return False
    if any(group in shares and shares[group].k < rule.min_share * shares[group].n for group in groups):
        return False
    return rule.reference is None or len(groups) == 1 or rule.reference in names


def _drifts(watch: Watch, new: Mapping[tuple[str, ...], list[Group]], *, labels: bool) -> Iterator[Item]:
    plan = watch.plan

    def drift(kind: str, attributes: tuple[str, ...], cls: str | None, groups: tuple[Group, ...]) -> Iterator[Item]:
        stream = Stream(kind, attributes, None, cls, groups)  # type: ignore[arg-type]
        if not watch.knows(stream):
            yield Item(stream, kind, plan.drift, 1.0, plan.drift_tolerance)  # type: ignore[arg-type]

    for cls in asked_classes(plan):
        yield from drift("labels" if labels else "decisions", (), cls, ())
    if labels:
        return
    for kind in ("lengths", "vocabulary"):
        yield from drift(kind, (), None, ())
    for name in plan.attributes:
        for group in new[name,]:
            yield from drift("groups", (name,), None, (group,))


def rates_by_group(entry: Entry, plan: Plan, *, labels: bool) -> dict[tuple[tuple[str, ...], str, str | None], Counts]:
    """Count every metric that is watched by group."""
    out = {}
    for gap in gaps_of(plan, labels=labels):
        counts = slicing_of(entry, gap.attributes)
        if counts is not None:
            out[tuple(gap.attributes), gap.metric, gap.cls] = rate_of_groups(counts, gap.metric, gap.cls, plan)
    return out

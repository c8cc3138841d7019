"""What a result tells of groups of decisions, as counts that an attacker would set down.

A proportion tells its denominator and its numerator, so both must be large, and what is left of the one without the
other. A weighted rate gives no count back, but is made of as few decisions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from audit.disclosure.attack import Inequality
from audit.disclosure.outcomes import MEANS_OVER_CLASSES, Mask, Share, outcomes_of, share_of, told_by
from audit.disclosure.rates import SLACK, hits_of, is_of_many, weighs, whole
from audit.disclosure.suppress import LEAST, MOST_UNKNOWNS, Item, tellable
from audit.disclosure.world import Node, Scope, World
from audit.fairness.metrics.names import CRITERIA
from audit.result import AuditResult, MetricValue, SlicingFacts

#: What is lost without a size, a size of a crossing, a label or prediction, another number.
COSTS = (8.0, 4.0, 2.0, 1.0)
#: Value that groups have which nothing is told of.
REST = "\0rest"
Question = tuple[tuple[str, ...], tuple[tuple[str, str], ...], str, str | None]


def question_of(part: object) -> Question:
    """What a metric or a disparity is about, whatever the group."""
    stratum = tuple(sorted(getattr(part, "stratum", {}).items()))
    return tuple(getattr(part, "attributes")), stratum, getattr(part, "metric"), getattr(part, "cls")  # noqa: B009


@dataclass
class Told:
    """Collects what a result tells.

    Attributes
    ----------
    items, counts, few
        What might be told, the counts that it is made of, and those of them that are of few clusters.
    kept
        Keys of what may be told, once `decide` was called.
    """

    result: AuditResult
    items: dict[Hashable, Item] = field(default_factory=dict)
    counts: dict[Node, int] = field(default_factory=dict)
    few: set[Node] = field(default_factory=set)
    kept: set[Hashable] = field(default_factory=set)
    most_unknowns: int = MOST_UNKNOWNS

    def __post_init__(self) -> None:
        result = self.result
        self._agree = True
        whole = next(group for slicing in result.slicings if not slicing.attributes for group in slicing.groups)
        self.decisions = whole.n
        self.outcomes = outcomes_of(result)
        shared = {item["name"] or item["column"] for item in result.config["attributes"] if item["members"]}
        self._values: dict[str, list[str]] = {}
        self._apart: set[str] = set()
        for slicing in result.slicings:
            for at, name in enumerate(slicing.attributes):
                known = self._values.setdefault(name, [])
                known += dict.fromkeys(group.values[at] for group in slicing.groups if group.values[at] not in known)
            if len(slicing.attributes) == 1 and sum(group.n for group in slicing.groups) != whole.n:
                self._apart.add(slicing.attributes[0])
        self._apart |= shared & self._values.keys()
        self._values = {name: list(dict.fromkeys(values)) for name, values in self._values.items()}

    def decide(self) -> Told:
        """Set down everything, and say what may be told."""
        for slicing in self.result.slicings:
            self._sizes(slicing)
        by_question: dict[Question, dict[tuple[str, ...], int]] = {}
        for at, value in enumerate(self.result.metrics):
            by_question.setdefault(question_of(value), {})[tuple(value.group)] = at
            self._metric(at, value)
        self._reports()
        self._adverse()
        self._impact()
        self._confused()
        world = None
        # Weighted rates give no counts back, but are subtracted from each other as counts are.
        if self._agree and not self.result.data.weighted:
            self._comparisons(by_question)
            world = self._world()
        alone = {key for key, item in self.items.items() if any(map(self._leaves_few, item.nodes))}
        kinds = len(self.result.classes)
        self.kept = tellable(
            self.items.values(),
            self.counts,
            self._protected(world),
            world,
            kinds,
            few=self.few,
            asked_only=alone,
            most_unknowns=self.most_unknowns,
        )
        return self

    def scope(self, attributes: Sequence[str], group: Sequence[str], stratum: dict[str, str] | None = None) -> Scope:
        """Say which decisions a group is."""
        own = {
            (f"{name}\0{value}", "in") if name in self._apart else (name, value)
            for name, value in zip(attributes, group, strict=True)
        }
        return frozenset(own | {(f"\0{name}", value) for name, value in (stratum or {}).items()})

    def is_shown(self, attributes: Sequence[str], group: Sequence[str]) -> bool:
        """Whether a group is named at all."""
        return ("group", tuple(attributes), tuple(group)) in self.kept

    def _count(self, scope: Scope, mask: Mask, n: int) -> Node:
        node = Node(scope, mask)
        if self.counts.setdefault(node, n) != n:
            self._agree = False
        return node

    def _add(self, key: Hashable, nodes: Iterable[Node], family: tuple[str, ...], level: int, **more: object) -> None:
        cost = more.pop("cost", COSTS[3])
        self.items[key] = Item(key, frozenset(nodes), family=family, level=level, cost=cost, **more)  # type: ignore[arg-type]

    def _sizes(self, slicing: SlicingFacts) -> None:
        outcomes, family = self.outcomes, tuple(slicing.attributes)
        for group in slicing.groups:
            scope, name = self.scope(slicing.attributes, group.values), (family, tuple(group.values))
            size = self._count(scope, outcomes.all, group.n)
            self._add(("group", *name), [size], family, 0, cost=COSTS[len(family) > 1])
            labelled = group.n_labelled or 0
            parts = [size]
            if outcomes.unlabelled:
                rest = self._count(scope, outcomes.all - outcomes.labelled, group.n - labelled)
                parts += [self._count(scope, outcomes.labelled, labelled), rest]
            self._add(("labelled", *name), parts, family, 1, cost=COSTS[2])
            for kind, of, counts in (
                ("label", outcomes.label, group.by_label),
                ("prediction", outcomes.predicted, group.by_prediction),
            ):
                for cls, n in counts.items():
                    if of(cls):
                        nodes = [size, self._count(scope, of(cls), n or 0)]
                        self._add((kind, *name, cls), nodes, family, 1, cost=COSTS[2])

    def _metric(self, at: int, value: MetricValue) -> None:
        masks = told_by(self.outcomes, value.metric, value.cls, self.result.positive_class)
        if masks is None:
            return
        scope = self.scope(value.attributes, value.group, value.stratum)
        base = Node(self.scope(value.attributes, value.group), self.outcomes.all)
        family = (*value.attributes, *(f"\0{name}" for name in sorted(value.stratum)))
        if value.stratum and not value.attributes:
            family = ("", *family)
        n, share = value.n or 0, share_of(self.outcomes, value.metric, value.cls)
        fit = value.value is not None
        nodes = [base, *(Node(scope, mask) for mask in masks)]
        if value.clusters is not None and value.clusters < LEAST:
            fit = False
            # Means over classes are of several things, each of which has a rate that says how many clusters it is of.
            self.few |= {*nodes[1:]} if value.metric not in MEANS_OVER_CLASSES else set()
        if share is not None:
            self._count(scope, share.base, n)
            hits = hits_of(value, n)
            if hits is not None:
                self._count(scope, share.hits, hits)
                self._count(scope, share.base - share.hits, n - hits)
            else:
                fit &= value.value is not None and weighs(value)
                nodes = nodes[:2]
        elif value.metric in MEANS_OVER_CLASSES and self.result.data.weighted:
            # What it is a mean of stands in the reports by class, and for everybody in the table of confusion.
            fit &= not value.attributes or self._is_reported(value)
            nodes = nodes[:1]
        elif len(masks) == 1 and self.counts.get(nodes[1], n) != n:
            fit = False  # its decisions are others than those with a label
        elif len(masks) == 1:
            self._count(scope, masks[0], n)
        level = 1 if value.metric == "selection_rate" or len(masks) == 1 else 2
        if value.stratum:
            # Of a stratum even sizes are told by nothing else.
            level = 0 if level == 1 else 1
        self._add(("metric", at), nodes, family, level, fit=fit)

    def _is_reported(self, value: MetricValue) -> bool:
        """Whether reports by class tell of a group, too."""
        return any(
            (report.attributes, report.group) == (value.attributes, value.group) for report in self.result.class_reports
        )

    def _reports(self) -> None:
        for at, report in enumerate(self.result.class_reports):
            scope = self.scope(report.attributes, report.group)
            base = Node(scope, self.outcomes.all)
            recall = share_of(self.outcomes, "true_positive_rate", report.cls)
            precision = share_of(self.outcomes, "precision", report.cls)
            if recall is None or precision is None:
                continue
            nodes = [base, *(Node(scope, mask) for share in (recall, precision) for mask in share.masks)]
            self._count(scope, recall.base, report.support)
            hits = None if report.recall is None else whole(report.recall * report.support)
            found = None
            if hits is not None and report.precision:
                found = whole(hits / report.precision)
            fit = report.recall is not None and report.precision is not None
            if self.result.data.weighted:
                decided = self.counts.get(Node(scope, self.outcomes.predicted(report.cls)), 0)
                fit &= is_of_many(report.recall, report.support) and is_of_many(report.precision, decided)
                nodes = nodes[:2]
            elif hits is not None and found is not None:
                self._set(scope, recall, hits, report.support)
                self._set(scope, precision, hits, found)
            self._add(("report", at), nodes, tuple(report.attributes), 2, fit=fit)

    def _set(self, scope: Scope, share: Share, hits: int, n: int) -> None:
        self._count(scope, share.base, n)
        self._count(scope, share.hits, hits)
        self._count(scope, share.base - share.hits, n - hits)

    def _adverse(self) -> None:
        for at, item in enumerate(self.result.adverse_impact):
            share = share_of(self.outcomes, "selection_rate", item.cls)
            if share is None:
                continue
            nodes: list[Node] = []
            for group, hits, n in (
                (item.group, item.selected, item.n),
                (item.reference, item.reference_selected, item.reference_n),
            ):
                scope = self.scope(item.attributes, group)
                self._set(scope, share, hits, n)
                nodes += [Node(scope, self.outcomes.all), *(Node(scope, mask) for mask in share.masks)]
            below = self._at_most(item.attributes, item.cls, item.reference_rate)
            self._add(("adverse", at), nodes, tuple(item.attributes), 1, inequalities=below)

    def _impact(self) -> None:
        """Tables of impact ratios name the highest rate, which no other goes beyond."""
        for at, table in enumerate(self.result.impact_ratios):
            share = share_of(self.outcomes, "selection_rate", table.cls)
            if share is None:
                continue
            for row in table.groups:
                if row.n is None or row.selected is None:
                    continue
                scope = self.scope(table.attributes, row.group)
                self._set(scope, share, row.selected, row.n)
                nodes = [Node(scope, self.outcomes.all), *(Node(scope, mask) for mask in share.masks)]
                name = ("impact", at, tuple(row.group))
                self._add(name, nodes, tuple(table.attributes), 1)
                if row.rate is not None and row.rate == table.highest and row.standing == "compared":
                    below = self._at_most(table.attributes, table.cls, row.rate)
                    self._add(("highest", at), nodes, tuple(table.attributes), 1, inequalities=below)

    def _at_most(self, attributes: list[str], cls: str, rate: float) -> tuple[Inequality, ...]:
        """Selection rates of all groups that do not go beyond one of them."""
        share = share_of(self.outcomes, "selection_rate", cls)
        if share is None:
            return ()
        scopes = [self.scope(attributes, group.values) for slicing in self.result.slicings
                  if slicing.attributes == attributes for group in slicing.groups]  # fmt: skip
        pairs = [(Node(scope, share.hits), Node(scope, share.base)) for scope in scopes]
        return tuple(found for pair in pairs for found in self._no_more(*pair, rate))

    def _no_more(self, hits: Node, base: Node, rate: float, sign: float = 1.0) -> list[Inequality]:
        """The rate of a group that is no more than another, or no less; none of groups that were not compared."""
        known = hits in self.counts and base in self.counts
        if not known or sign * self.counts[hits] > sign * rate * self.counts[base] + SLACK:
            return []
        return [Inequality(((hits, -sign), (base, sign * rate)))]

    def _confused(self) -> None:
        """Labels and predictions of everybody are one table, told whole."""
        told = {(item.y_true, item.y_pred): item.n for item in self.result.data.confusion}
        pairs = {(cell.label, cell.predicted) for cell in self.outcomes.cells}
        nodes = []
        for label, predicted in pairs:
            if label is not None and predicted is not None:
                mask = self.outcomes.label(label) & self.outcomes.predicted(predicted)
                nodes.append(self._count(frozenset(), mask, told.get((label, predicted), 0)))
        if nodes:
            self._add(("confusion",), nodes, (), 2)

    def _comparisons(self, by_question: dict[Question, dict[tuple[str, ...], int]]) -> None:
        """A gap names its ends, and so says of every other group that its rate lies between."""
        for gap in self.result.disparities:
            groups = by_question.get(question_of(gap), {})
            ends = [groups.get(tuple(group or ())) for group in (gap.worst_group, gap.best_group)]
            share = share_of(self.outcomes, gap.metric, gap.cls)
            if share is None or None in ends or gap.undefined or gap.metric in CRITERIA:
                continue
            found = [self.result.metrics[at] for at in ends if at is not None]
            values = [value.value for value in found if value.value is not None]
            own = [self.items[("metric", at)] for at in ends]
            if len(values) < len(ends) or not all(item.fit and len(item.nodes) > len(ends) for item in own):
                continue
            terms = []
            for group in groups:
                scope = self.scope(gap.attributes, group, gap.stratum)
                pair = Node(scope, share.hits), Node(scope, share.base)
                terms += self._no_more(*pair, max(values)) + self._no_more(*pair, min(values), sign=-1.0)
            nodes = own[0].nodes | own[1].nodes
            key = ("gap", question_of(gap), tuple(map(tuple, sorted([gap.worst_group or [], gap.best_group or []]))))
            self._add(key, nodes, own[0].family, 2, inequalities=tuple(terms))

    def _world(self) -> World | None:
        domains: dict[str, Iterable[str]] = {}
        for name, values in self._values.items():
            if name in self._apart:
                domains |= {f"{name}\0{value}": ("in", REST) for value in values}
            else:
                domains[name] = values
        for value in self.result.metrics:
            for control, told in value.stratum.items():
                domains[f"\0{control}"] = dict.fromkeys([*domains.get(f"\0{control}", ()), told])
        if not self._strata_are_whole():
            domains = {name: [*values, REST] if name[0] == "\0" else values for name, values in domains.items()}
        scopes = {node.scope for node in self.counts}
        sizes = [prod(len(list(domains[name])) for name, _ in scope) for scope in scopes]
        if sum(sizes, len(self.outcomes.cells)) > self.most_unknowns:
            return None
        return World(len(self.outcomes.cells), domains, scopes)

    def _outside(self, scope: Scope) -> Iterable[Scope]:
        """Who is not in a group that overlaps others: no group is called so, but everybody less the group is."""
        sides = [[(name, own), (name, REST)] if "\0" in name[1:] else [(name, own)] for name, own in sorted(scope)]
        return map(frozenset, product(*sides))

    def _leaves_few(self, node: Node) -> bool:
        """Whether few decisions are not in a group that overlaps others."""
        whole = self.counts.get(Node(frozenset(), node.mask))
        overlaps = len(node.scope) == 1 and all("\0" in name[1:] for name, _ in node.scope)
        return overlaps and whole is not None and whole - self.counts.get(node, 0) < LEAST

    def _strata_are_whole(self) -> bool:
        pooled = {(tuple(v.attributes), tuple(v.group), v.metric, v.cls): v.n for v in self.result.metrics
                  if not v.stratum}  # fmt: skip
        sums: dict[object, int] = {}
        for value in self.result.metrics:
            if value.stratum:
                key = (tuple(value.attributes), tuple(value.group), value.metric, value.cls)
                sums[key] = sums.get(key, 0) + (value.n or 0)
        return all(pooled.get(key) == n for key, n in sums.items())  # type: ignore[call-overload]

    def _protected(self, world: World | None) -> set[Node]:
        """Every count of the groups, crossings and strata, whether anything tells it or they occur at all."""
        found = set(self.counts)
        if world is None:
            return found
        scopes = {node.scope for node in self.counts}
        for slicing in self.result.slicings:
            values = [self._values[name] for name in slicing.attributes]
            scopes |= {self.scope(slicing.attributes, group) for group in product(*values)}
        scopes |= {other for scope in scopes for other in self._outside(scope)}
        each = [frozenset({number}) for number in range(len(self.outcomes.cells))]
        return found | {Node(scope, mask) for scope in scopes for mask in [self.outcomes.all, *each]}

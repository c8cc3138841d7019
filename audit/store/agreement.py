"""Do the parts of a result agree with each other? Asked once, when it is read: whoever uses it need not ask again.

The schema holds what one part may say by itself. What one part says of another is held here: groups and slicings that
are named exist, nothing is told twice, and what is looked up by name is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from pydantic import BaseModel

from audit.config import AuditConfig, parse_config
from audit.errors import AuditError
from audit.result import AuditResult, Finding, Judgement, Leakage, Membership, NameExchanges, SlicingFacts
from audit.text import cut

#: Fields that name a group of the slicing in `attributes`, and those that name several.
GROUPS, LISTS = ("group", "reference", "low_group", "high_group", "worst_group", "best_group"), ("groups",)
#: Findings that tell of a rule alone, as of an axis along which terms are exchanged.
OF_RULES = frozenset({"change", "level"})
#: A share that was summed up from parts may be off by this.
SLACK = 1e-9

Place = tuple[tuple[str, ...], tuple[str, ...]]


def contradiction(result: AuditResult) -> str | None:
    """Say which part of a result contradicts which other; None if none does."""
    try:
        config = parse_config(result.config, where="config")
    except AuditError as error:
        return str(error).split("\n", 1)[0]
    if absent := next(_absent(config.model_dump(mode="json"), result.config, "config"), None):
        return absent
    checks = (_slicings(result), _configured(result, config), _named_groups(result), _numbers(result), _twice(result),
              _scores(result), _gaps(result), _explanations(result), _labels(result), _remembered(result))  # fmt: skip
    return next(chain.from_iterable(checks), None)


#: Where things lie on a machine is no part of a result.
_NOT_KEPT = frozenset({"config.output.folder", "config.engine"})


def _absent(whole: Any, given: Any, where: str) -> Iterator[str]:
    """Keys that are written down in every result, and are not in this one."""
    if isinstance(whole, dict) and isinstance(given, dict):
        for key, value in whole.items():
            name = f"{where}.{key}"
            if key not in given:
                if name not in _NOT_KEPT:
                    yield f"{name} is missing"
            else:
                yield from _absent(value, given[key], name)
    elif isinstance(whole, list) and isinstance(given, list):
        for at, pair in enumerate(zip(whole, given, strict=False)):
            yield from _absent(*pair, f"{where}.{at}")


def _said(attributes: Iterable[str], group: Iterable[str] | None = None) -> str:
    name = " × ".join(attributes) or "all decisions"
    return repr(cut(name if group is None else f"{name}: {' × '.join(group)}"))


def _slicings(result: AuditResult) -> Iterator[str]:
    seen: set[tuple[str, ...]] = set()
    for at, slicing in enumerate(result.slicings):
        where, attributes = f"slicings.{at}", tuple(slicing.attributes)
        if attributes in seen:
            yield f"{where}: {_said(attributes)} is there twice"
        seen.add(attributes)
        groups = [tuple(group.values) for group in slicing.groups]
        if not groups:
            yield f"{where}: {_said(attributes)} has no groups"
        if len(set(groups)) < len(groups):
            yield f"{where}: {_said(attributes)} has a group twice"
        for number, group in enumerate(slicing.groups):
            if len(group.values) != len(attributes):
                yield f"{where}.groups.{number}: {len(group.values)} values of {len(attributes)} attributes"
            if group.n_labelled is not None and group.n_labelled > group.n:
                yield f"{where}.groups.{number}: {group.n_labelled:,} labelled decisions of {group.n:,}"
            for name, counts in (("by_label", group.by_label), ("by_prediction", group.by_prediction)):
                if sorted(counts) != sorted(result.classes):
                    yield f"{where}.groups.{number}.{name}: its classes are not those of the result"
    if () not in seen:
        yield "slicings: all decisions together are not among them"


def _configured(result: AuditResult, config: AuditConfig) -> Iterator[str]:
    """Slicings are those that the configuration asks for."""
    asked = {(), *((item.label,) for item in config.attributes), *config.crossings}
    for at, slicing in enumerate(result.slicings):
        if tuple(slicing.attributes) not in asked:
            yield f"slicings.{at}: {_said(slicing.attributes)} is not in the configuration"
    found = {tuple(slicing.attributes) for slicing in result.slicings}
    for item in config.attributes:
        if (item.label,) not in found:
            yield f"slicings: {_said([item.label])} of the configuration is not among them"


def _named_groups(result: AuditResult) -> Iterator[str]:
    """Every group that is named is a group of its slicing: of decisions, or of names that were exchanged."""
    yield from _of_slicings(result.slicings, _parts(result, ""))
    names = result.names
    every = [*result.slicings, *(names.slicings if names else [])]
    told = [(f"findings.items.{at}", item) for at, item in enumerate(result.findings.items)]
    yield from _of_slicings(every, [(where, item) for where, item in told if item.kind not in OF_RULES])
    if names is None:
        return
    yield from _of_slicings(names.slicings, _parts(names, "names."))
    if len(set(names.attributes)) < len(names.attributes):
        yield "names.attributes: one is there twice"
    units = {item.name for item in names.metric_definitions}
    for at, value in enumerate(names.metrics):
        if value.metric not in units:
            yield f"names.metrics.{at}: {value.metric} is not among metric_definitions"
        elif not _is_share(value.value):
            yield f"names.metrics.{at}: {value.metric} is {value.value:g}, and lies between 0 and 1"


def _of_slicings(slicings: Iterable[SlicingFacts], parts: Iterable[tuple[str, BaseModel]]) -> Iterator[str]:
    known: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for slicing in slicings:
        known.setdefault(tuple(slicing.attributes), set()).update(tuple(group.values) for group in slicing.groups)
    for where, part in parts:
        if isinstance(part, SlicingFacts) or not hasattr(part, "attributes"):
            continue
        attributes = tuple(part.attributes)
        if attributes not in known:
            yield f"{where}: {_said(attributes)} is no slicing of this result"
            continue
        named = [getattr(part, name, None) for name in GROUPS]
        for name in LISTS:
            named += [getattr(item, "group", item) for item in getattr(part, name, ())]
        for group in named:
            if group is not None and tuple(group) not in known[attributes]:
                yield f"{where}: {_said(attributes, group)} is no group of this result"


def _parts(part: BaseModel, where: str) -> Iterator[tuple[str, BaseModel]]:
    """Every part with its place, apart from those that are held by themselves.

    Verdicts may speak of what is no slicing, and are judged anew, and so may findings that tell of a rule alone; names
    have slicings of their own, and other findings may be of either. Rows that a model was trained on may be of groups
    that the audited data do not have.
    """
    for name in type(part).model_fields:
        value = getattr(part, name)
        inner = [(f"{where}{name}", value)]
        if isinstance(value, list):
            inner = [(f"{where}{name}.{at}", item) for at, item in enumerate(value)]
        for place, item in inner:
            if isinstance(item, BaseModel) and not _is_apart(item):
                yield place, item
                yield from _parts(item, f"{place}.")


def _is_apart(part: BaseModel) -> bool:
    return isinstance(part, Judgement | NameExchanges | Finding | Membership | Leakage)


def _numbers(result: AuditResult) -> Iterator[str]:
    """Every metric is defined, and shares are shares."""
    units = {item.name: item.unit for item in result.metric_definitions}
    if len(units) < len(result.metric_definitions):
        yield "metric_definitions: a metric is there twice"
    for name, values in (("metrics", result.metrics), ("adjusted", result.adjusted)):
        for at, value in enumerate(values):
            about = f"{name}.{at}: {value.metric} of {_said(value.attributes, value.group)}"
            if value.metric not in units:
                yield f"{about} is not among metric_definitions"
            elif units[value.metric] == "share" and not _is_share(value.value):
                yield f"{about} is {value.value:g}, and lies between 0 and 1"
    for at, tie in enumerate(result.correlations):
        if any(not abs(number) <= 1 + SLACK for row in tie.matrix for number in row):
            yield f"correlations.{at}: a correlation lies beyond −1 and 1"


def _is_share(value: float | None) -> bool:
    return value is None or -SLACK <= value <= 1 + SLACK


def _twice(result: AuditResult) -> Iterator[str]:
    """Nothing that is looked up is there twice."""
    for name, parts in (
        ("metrics", result.metrics),
        ("adjusted", result.adjusted),
        ("disparities", result.disparities),
        ("scores", result.scores),
        ("comparison.changes", result.comparison.changes if result.comparison else []),
        ("comparison.flips", result.comparison.flips if result.comparison else []),
        ("comparison.gaps", result.comparison.gaps if result.comparison else []),
        ("flags.rates", result.flags.rates),
        ("exchange.pairs", result.exchange.pairs if result.exchange else []),
        ("names.metrics", result.names.metrics if result.names else []),
        ("names.disparities", result.names.disparities if result.names else []),
    ):
        seen: dict[str, int] = {}
        for at, part in enumerate(parts):
            names = ("attributes", "stratum", "group", "metric", "cls", "aggregate", "left_out", "code", "axis",
                     "source", "target", "both", "direction")  # fmt: skip
            first = seen.setdefault(repr([getattr(part, key, None) for key in names]), at)
            if first != at:
                yield f"{name}.{at}: the same question as {name}.{first}"


def _scores(result: AuditResult) -> Iterator[str]:
    compared = {
        tuple(slicing.attributes): {tuple(group.values) for group in slicing.groups if group.in_gaps}
        for slicing in result.slicings
    }
    for at, report in enumerate(result.scores):
        there = [tuple(item.group) for item in report.groups]
        if not there or len(set(there)) < len(there):
            yield f"scores.{at}: it has no groups, or one of them twice"
        if lacking := compared.get(tuple(report.attributes), set()) - set(there):
            yield f"scores.{at}: {_said(report.attributes, min(lacking))} is not among its groups"


def _gaps(result: AuditResult) -> Iterator[str]:
    """Differences and ratios come in pairs."""
    pairs: dict[str, list[int]] = {}
    for at, gap in enumerate(result.disparities):
        pairs.setdefault(repr((gap.attributes, gap.stratum, gap.metric, gap.cls)), []).append(at)
    for places in pairs.values():
        if len(places) != 2:
            yield f"disparities.{places[0]}: a difference without a ratio, or a ratio without a difference"


def _explanations(result: AuditResult) -> Iterator[str]:
    explained = result.explanations
    if explained is not None and not any(not item.attributes for item in explained.outcomes):
        yield "explanations.outcomes: all decisions together are not among them"


def _labels(result: AuditResult) -> Iterator[str]:
    if result.positive_class is not None and result.positive_class not in result.classes:
        yield f"positive_class: {result.positive_class!r} is not among the classes"
    if len(set(result.classes)) < len(result.classes):
        yield "classes: one is there twice"
    if result.model is not None and result.model.classes != result.classes:
        yield "model.classes: they are not those of the result"


def _remembered(result: AuditResult) -> Iterator[str]:
    """Groups of which members are compared have a value, and attacks are among those that were tried."""
    found, leaked = result.membership, result.leakage
    if found is not None:
        known = {(value.attack, *value.attributes, *value.group) for value in found.values}
        for at, pair in enumerate(found.pairs):
            for group in (pair.low_group, pair.high_group):
                if (pair.attack, *pair.attributes, *group) not in known:
                    yield f"membership.pairs.{at}: {_said(pair.attributes, group)} is not among its values"
        for at, value in enumerate([*found.values, *found.outliers]):
            if value.attack not in found.attacks:
                yield f"membership.values.{at}: {value.attack} is not among its attacks"
            if not all(map(_is_share, (value.auc, value.lower, value.upper))):
                yield f"membership.values.{at}: {_said(value.attributes, value.group)} lies beyond 0 and 1"
    if leaked is not None:
        told = {(rate.side, *rate.attributes, *rate.group) for rate in leaked.rates}
        for at, two in enumerate(leaked.pairs):
            for group in (two.low_group, two.high_group):
                key = ("members", *two.attributes, *group) if two.attributes else tuple(group)
                if key not in told:
                    yield f"leakage.pairs.{at}: {_said(two.attributes, group)} is not among its rates"

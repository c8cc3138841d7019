"""What every output says of a verdict: one wording for the terminal, Markdown, JUnit, SARIF and test messages.

Two sentences say it: what was found, and what the rule asks. Each is a whole sentence of the catalogue, so that other
languages can put it in their own order.
"""

from __future__ import annotations

from collections.abc import Callable

from audit.report.wording import Catalogue, count, decimal, group_name, number, percent
from audit.result import AuditResult, ClearGap, Judgement, RuleVerdict, settling, too_small

#: Doubted groups named at most, for each reason.
MOST_DOUBTED = 6
#: Note of a rule whose numbers a copy for the public does not tell.
SUPPRESSED = "suppressed"
ORDER = ("fail", "undefined", "inconclusive", "pass")
#: Digits after which a value that is not its limit is shown as if it were.
MOST_DIGITS = 6

Amount = Callable[[float | None], str]


def worst_first(rules: list[RuleVerdict]) -> list[RuleVerdict]:
    """Order verdicts for reading: those that count, errors before warnings, failures first."""
    return sorted(rules, key=lambda rule: (not rule.counts, rule.severity, rule.waived, ORDER.index(rule.status)))


def why_not_judged(result: AuditResult, t: Catalogue) -> str:
    """Say why there is no verdict: nobody asked for one, or it rests on exact numbers, which are not told."""
    private = result.publication is not None and result.publication.privacy is not None
    return t("banner.not_told.why") if private else t("banner.not_judged.why")


def why(judgement: Judgement | None, t: Catalogue) -> str:
    """Say in a sentence what the verdict on the whole audit rests on, and what it leaves aside."""
    if judgement is None:
        return t("banner.not_judged.why")
    status = judgement.status
    if status == "fail" and not any(
        rule.counts and rule.status == "fail" and rule.severity == "error" and not rule.waived
        for rule in judgement.rules
    ):
        return t("verdict.why.fail.expired")
    # A pass says that every rule holds: then even one that is undecided is told of.
    open_ones = {"fail"} if status == "inconclusive" else {"fail", "inconclusive", "undefined"}
    aside = sum(
        rule.counts and rule.status in open_ones and (rule.severity == "warn" or rule.waived)
        for rule in judgement.rules
    )
    if status not in {"pass", "inconclusive"} or not aside:
        return t(f"verdict.why.{status}")
    if status == "pass" and not any(
        rule.counts and rule.severity == "error" and not rule.waived for rule in judgement.rules
    ):
        return t("verdict.why.pass.none_can_fail", n=count(aside))
    return t(f"verdict.why.{status}.aside", n=count(aside))


def subject(rule: RuleVerdict, t: Catalogue) -> str:
    """Name what was judged: the metric, its class, the slicing, and how."""
    metric = t("named.of_class", metric=t.metric(rule.metric), **{"class": t.cls(rule.cls)}) if rule.cls else None
    named = metric or t.metric(rule.metric)
    if rule.attributes:
        named = t("named.by", metric=named, attributes=group_name(rule.attributes))
    return t("named.adjusted", named=named) if rule.scope == "adjusted" else named


def hidden_failures(judgement: Judgement | None, t: Catalogue) -> str:
    """Name the failing rules that no finding can tell of, for their numbers are suppressed; empty without any."""
    rules = judgement.rules if judgement else []
    hidden = [rule for rule in rules if rule.status == "fail" and rule.counts and rule.note == SUPPRESSED]
    named = dict.fromkeys(subject(rule, t) for rule in hidden if not rule.waived)
    return t("card.hidden", rules=t.listed(list(named))) if named else ""


def titled(rule: RuleVerdict, t: Catalogue) -> str:
    """Name a rule by what was judged and what it asks of it."""
    amount, _ = _amounts(rule, t)
    code = f"titled.{rule.aggregate if rule.kind in {'gap', 'level'} else rule.kind}"
    return t(code, subject=subject(rule, t), limit=amount(rule.limit))


def sentence(rule: RuleVerdict, t: Catalogue) -> str:
    """Say what was found, and what the rule makes of it."""
    held = [t("found.adjusted")] if rule.scope == "adjusted" and rule.value is not None else []
    return t.sentences(found(rule, t), *held, *asked(rule, t), *doubts(rule, t), *rests_on(rule, t))


def found(rule: RuleVerdict, t: Catalogue) -> str:
    """Say in one sentence what was found."""
    if rule.note == SUPPRESSED:
        return t("found.suppressed", subject=subject(rule, t))
    if rule.value is None:
        why = t.note(rule.note) if rule.note else t("verdict." + rule.status)
        return t("found.undefined", subject=subject(rule, t), why=why)
    amount, of_group = _amounts(rule, t)
    return t.first(
        _codes(rule),
        metric=t.phrase(rule.metric, rule.cls),
        attributes=group_name(rule.attributes),
        low=group_name(rule.low_group or []),
        high=group_name(rule.high_group or []),
        value=amount(abs(rule.value)),
        low_value=of_group(rule.low_value),
        high_value=of_group(rule.high_value),
        **{"class": t.cls(rule.cls or "")},
    )


def _codes(rule: RuleVerdict) -> list[str]:
    """Name the sentences that fit, the closest first."""
    if rule.kind in {"change", "gap_change"}:
        way = "better" if (rule.value or 0.0) < 0 else "worse"
        return [f"found.{rule.kind}.{way}"]
    if not rule.attributes:
        return ["found.value.all"]
    base = f"found.{rule.aggregate}"
    if not _is_of_pair(rule):
        return [f"{base}.pair"]
    # The lowest is the highest where no value differs from another.
    if rule.aggregate != "value" and rule.low_group == rule.high_group:
        return ["found.same"]
    own = f"{base}.{rule.metric}"
    # Sentences of a metric name its class.
    return [own, base] if rule.cls or rule.kind == "level" else [base]


def _is_of_pair(rule: RuleVerdict) -> bool:
    """Whether the value that is judged is that of the two groups that decide; with many groups it may be another's."""
    low, high = rule.low_value, rule.high_value
    if low is None or high is None or rule.value is None:
        return False
    own = low if rule.aggregate == "value" else high - low if rule.aggregate == "difference" else low / (high or 1.0)
    return _same(own, rule.value)


def asked(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say what the rule asks, and whether that was shown; nothing where nothing could be judged."""
    if rule.status == "undefined":
        return []
    if rule.note == SUPPRESSED:
        return [t(f"asked.suppressed.{rule.status}")]
    amount, _ = _amounts(rule, t)
    bounds = {"lower": amount(rule.lower), "upper": amount(rule.upper)}
    kind = "least" if rule.aggregate == "ratio" else "most"
    said = [t(f"asked.{kind}.{_state(rule)}", limit=amount(rule.limit), **bounds)]
    if rule.evidence == "point" and rule.lower is not None:
        said.append(t("asked.point.bounds", **bounds))
    return said


def _state(rule: RuleVerdict) -> str:
    if rule.evidence == "point":
        return f"point.{rule.status}"
    if rule.lower is None or rule.upper is None:
        return "unbounded"
    within = rule.lower >= rule.limit if rule.aggregate == "ratio" else rule.upper <= rule.limit
    return "unassessed" if rule.status == "inconclusive" and within else rule.status


def _amounts(rule: RuleVerdict, t: Catalogue) -> tuple[Amount, Amount]:
    """Return how to write what is judged, and how the value of a group.

    Digits are added until nothing that differs from the limit looks like it.
    """
    of_group: Amount = number if t.is_number(rule.metric) else percent
    write: Callable[[float | None, int], str] = t.points
    if rule.aggregate == "ratio":
        write = decimal
    elif t.is_number(rule.metric):
        write = _number
    elif rule.aggregate == "value":
        write = percent
    others = [
        value for value in (rule.value, rule.lower, rule.upper) if value is not None and not _same(value, rule.limit)
    ]
    first = 3 if rule.aggregate == "ratio" else 1
    digits = next(
        (n for n in range(first, MOST_DIGITS) if write(rule.limit, n) not in {write(value, n) for value in others}),
        MOST_DIGITS,
    )

    def amount(value: float | None) -> str:
        if value is None or not _same(value, rule.limit):
            return write(value, digits)
        if rule.aggregate == "ratio":
            return number(value)
        return write(value, 0 if _is_whole(rule.limit) else digits)

    return amount, of_group


def _number(value: float | None, digits: int) -> str:
    return number(value)


def _same(value: float, limit: float) -> bool:
    """Whether two numbers differ by rounding alone."""
    return abs(value - limit) < 1e-9


def _is_whole(share: float) -> bool:
    """Whether a limit is told in whole percent."""
    return _same(100 * share, round(100 * share))


def doubts(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say of which groups in scope the bounds carry no guarantee, a sentence for every reason."""
    by_reason: dict[str, list[str]] = {}
    for doubt in rule.doubts:
        by_reason.setdefault(doubt.reason, []).append(group_name(doubt.group) or t("performance.overall"))
    return [
        t(
            "gate.doubt" if len(groups) <= MOST_DOUBTED else "gate.doubt.more",
            groups=t.listed(groups[:MOST_DOUBTED]),
            n=len(groups) - MOST_DOUBTED,
            why=t(f"doubt.{reason}"),
        )
        for reason, groups in by_reason.items()
    ]


def rests_on(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say what share of decisions lies in strata that all compared groups have, where that is not all of them."""
    if rule.support is None or rule.support > 1 - 1e-9:
        return []
    return [t("gate.support", share=percent(rule.support))]


def undecided(rules: list[RuleVerdict], t: Catalogue) -> list[str]:
    """Say which rules are undecided, worst first, and what would settle each."""
    return [
        t.sentences(t("summary.undecided", rule=titled(rule, t)), *settled(rule, t))
        for rule in worst_first(rules)
        if rule.counts and rule.is_open
    ]


def settled(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say how many more decisions would settle a rule, or which group is too small, where that can be told."""
    code, asked = "summary.settled", settling(rule)
    if asked:
        code += ".more" if len(asked) > 1 else ""
    else:
        code, asked = "summary.settled.too_small", too_small(rule)
    most = max(asked, key=lambda item: item.n or 0, default=None)
    return [] if most is None else [t(code, n=count(most.n), group=group_name(most.group) or t("performance.overall"))]


def gap_sentence(gap: ClearGap, t: Catalogue) -> str:
    """Say of a gap that is clear of chance how wide it is, and how wide at least."""
    is_number = t.is_number(gap.metric)
    amount: Amount = number if is_number else t.points
    of_group: Amount = number if is_number else percent
    base = "found.difference"
    words = t.first(
        [f"{base}.{gap.metric}", base] if gap.cls else [base],
        metric=t.phrase(gap.metric, gap.cls),
        attributes=group_name(gap.attributes),
        low=group_name(gap.low_group),
        high=group_name(gap.high_group),
        value=amount(gap.difference),
        low_value=of_group(gap.low_value),
        high_value=of_group(gap.high_value),
        **{"class": t.cls(gap.cls or "")},
    )
    least = t("found.at_least", lower=amount(gap.lower), low_n=count(gap.low_n), high_n=count(gap.high_n))
    return t.sentences(words, least)


def between(rule: RuleVerdict) -> str:
    """Name the groups that decide."""
    if not rule.low_group or not rule.high_group:
        return "–"
    if rule.low_group == rule.high_group:
        return group_name(rule.low_group)
    return f"{group_name(rule.low_group)} – {group_name(rule.high_group)}"


def mark(rule: RuleVerdict, t: Catalogue) -> str:
    """Verdict word, and why it may not count."""
    verdict, why = t("verdict." + rule.status), exception(rule, t)
    return t.aside(verdict, why) if why else verdict


def exception(rule: RuleVerdict, t: Catalogue) -> str | None:
    """Say why a verdict does not fail the gate whatever it is; None if it does."""
    if rule.waived:
        return t("gate.waived")
    if not rule.counts:
        return t("gate.beside")
    return t("gate.warn") if rule.severity == "warn" else None

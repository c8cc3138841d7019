"""Why groups differ, as it may be told to everybody: without a row, a text or a word that few rows hold.

Counts here are of samples, exchanges and flags. Each is told where it is nobody or at least ten decisions; parts that
add up to a whole are told all together, or none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.disclosure.groups import PublicGroups
from audit.disclosure.suppress import LEAST
from audit.result import (
    AuditResult,
    ConceptPush,
    ExchangeSummary,
    Explanations,
    FlagRate,
    Flags,
    GapDecomposition,
    GapPart,
    MetricValue,
    NameExchanges,
    PairEffect,
    ProbeResult,
    Reliance,
)

#: The flag that wrong decisions get.
OF_ERRORS = "disparate_error"


def is_plain(n: int | None) -> bool:
    """Whether a count is nobody, or enough."""
    return n is not None and (n == 0 or n >= LEAST)


def all_plain(counts: Iterable[int | None]) -> bool:
    """Whether every one of several counts is."""
    return all(map(is_plain, counts))


def in_parts(n: int, part: int | None) -> bool:
    """Whether a part and what is left of the whole are enough, each."""
    return part is not None and min(part, n - part) >= LEAST


def of_many(clusters: float | None) -> bool:
    """Whether there are enough clusters, where there are any."""
    return clusters is None or clusters >= LEAST


def why(result: AuditResult, groups: PublicGroups) -> dict[str, Any]:
    """Every field of `Why` that is not told as it is."""
    return {
        "explanations": result.explanations and _explanations(result.explanations, result),
        "gaps": [told for gap in result.gaps if (told := _gap(gap, groups, result)) is not None],
        "pushes": [_push(push, result) for push in result.pushes if push.n >= LEAST],
        "exchange": result.exchange and _exchange(result.exchange, result),
        "names": result.names and _names(result.names),
        "probes": [told for found in result.probes for told in [_probe(found, groups)] if told is not None],
        "reliance": result.reliance and _reliance(result.reliance),
        "flags": _flags(result.flags, groups),
    }


def has_public_lexicon(result: AuditResult) -> bool:
    """Whether the words that name groups are those of the shipped lexicons alone."""
    asked = result.config["exchange"]
    return asked is not None and not asked["lexicons"] and not asked["replace"]


def _explanations(found: Explanations, result: AuditResult) -> Explanations | None:
    if found.sampled < LEAST:
        return None
    everybody = next(item for item in found.outcomes if not item.attributes)
    kinds = (everybody.explained, everybody.weak, everybody.unexplained)
    hidden = {} if all_plain(kinds) else dict.fromkeys(("explained", "weak", "unexplained"))
    if not all_plain([*kinds, *everybody.reasons.values()]):
        hidden["reasons"] = {}
    # Of several decisions about one row or person, ten that hold a word may be about one.
    one_each = result.data.decisions == result.data.rows and result.data.clusters is None
    return found.model_copy(
        update={
            "outcomes": [everybody.model_copy(update=hidden)],
            "log_odds": found.log_odds if is_plain(found.log_odds) else None,
            "second_baseline": found.second_baseline if is_plain(found.second_baseline) else None,
            "errors": [],
            "words": [item for item in found.words if item.attribute is None and item.n >= LEAST and one_each],
            "shown": [],
            "chance": found.chance if found.chance and found.chance.decisions >= LEAST else None,
            "sanity": found.sanity if found.sanity and found.sanity.decisions >= LEAST else None,
            "precision": found.precision
            if found.precision
            and found.precision.rechecked >= LEAST
            and all_plain([found.precision.borderline, found.precision.beyond_tolerance])
            else None,
        }
    )


def _gap(gap: GapDecomposition, groups: PublicGroups, result: AuditResult) -> GapDecomposition | None:
    """A gap in the mean score; parts that few decisions hold join what is left."""
    named = groups.shows(gap.attributes, gap.high_group) and groups.shows(gap.attributes, gap.low_group)
    if not named or min(gap.high_n, gap.low_n) < LEAST:
        return None
    if gap.condition != "all" and not all(
        groups.tells_labels(gap.attributes, group) for group in (gap.high_group, gap.low_group)
    ):
        return None  # where all are explained, their numbers are those of labels
    told = [_part(part, result) for part in gap.parts if part.n >= LEAST and part.kind != "rest"]
    left = [part for part in gap.parts if part.n < LEAST or part.kind == "rest"]
    if left:
        told.append(rest_of(left, gap.high_n + gap.low_n))
    questions = [
        (tuple(gap.attributes), (), metric, cls) for metric in gap.metrics[:1] for cls in (result.positive_class, None)
    ]
    rate = any(groups.tells(q, gap.high_group) and groups.tells(q, gap.low_group) for q in questions)
    equal = gap.equal_treatment
    return gap.model_copy(
        update={
            "parts": told,
            "rate_gap": gap.rate_gap if rate else None,
            "equal_treatment": equal if equal and min(equal.held_out, equal.n) >= LEAST else None,
        }
    )


def rest_of(left: list[GapPart], n: int) -> GapPart:
    """Join parts of a gap that are not told one by one with what was left of it before.

    Parameters
    ----------
    n
        Explained decisions of both groups.
    """
    whole = next((part for part in left if part.kind == "rest"), left[0])
    alone = len(left) == 1 and whole.n >= LEAST
    return whole.model_copy(
        update={
            "kind": "rest",
            "name": "",
            "value": sum(part.value for part in left),
            "lower": whole.lower if alone else None,
            "upper": whole.upper if alone else None,
            "n": n,
            "named": whole.named if alone else False,
            "words": {},
            "rows": [],
            "closes": None,
        }
    )


def _part(part: GapPart, result: AuditResult) -> GapPart:
    words = part.words if part.kind == "identity" and has_public_lexicon(result) else {}
    return part.model_copy(update={"words": words, "rows": []})


def _push(push: ConceptPush, result: AuditResult) -> ConceptPush:
    return push if has_public_lexicon(result) else push.model_copy(update={"words": {}})


def _exchange(exchange: ExchangeSummary, result: AuditResult) -> ExchangeSummary | None:
    if min(exchange.texts, exchange.decisions, exchange.exchanged) < LEAST:
        return None
    counts = {name: getattr(exchange, name) for name in ("ambiguous", "open", "kept", "failed")}
    return exchange.model_copy(
        update={
            **{name: n if is_plain(n) else None for name, n in counts.items()},
            "refused": exchange.refused if all_plain(exchange.refused.values()) else {},
            "pairs": [_pair(pair) for pair in exchange.pairs if pair.n >= LEAST and of_many(pair.clusters)],
            "shown": [],
        }
    )


def _pair(pair: PairEffect) -> PairEffect:
    hidden: dict[str, Any] = {}
    if not in_parts(pair.n, pair.flips):
        hidden |= dict.fromkeys(("flips", "to_positive", "to_negative", "flip_rate", "lower", "upper"))
    elif not all(n is not None and n >= LEAST for n in (pair.to_positive, pair.to_negative)):
        hidden |= dict.fromkeys(("to_positive", "to_negative"))
    return pair.model_copy(update=hidden)


def _names(names: NameExchanges) -> NameExchanges | None:
    """What names do: of all groups where every count is enough, else nothing."""
    counts = [names.persons, names.drawn, names.exchanged, names.decisions]
    process = [names.failed, names.varies, names.by_group, *names.refused.values()]
    rates = [value for value in names.metrics if value.value is not None]
    enough = min(counts) >= LEAST and all_plain(process) and in_parts(names.own.n, names.own.found)
    enough &= all(map(_enough, rates))
    if not enough:
        return None
    metrics = [value.model_copy(update={"sketch": None}) for value in names.metrics]
    return names.model_copy(update={"shown": [], "correlations": [], "metrics": metrics})


def _probe(found: ProbeResult, groups: PublicGroups) -> ProbeResult | None:
    """What a probe found: of groups where every count is enough and no group is hidden, else of everybody alone."""
    if min(found.sampled, found.asked) < LEAST:
        return None
    by_group = groups.tells_everything and all(
        in_parts(rate.n, rate.hits) and of_many(rate.clusters) for rate in found.rates if rate.attributes
    )
    rates = [
        rate
        for rate in found.rates
        if (by_group or not rate.attributes) and in_parts(rate.n, rate.hits) and of_many(rate.clusters)
    ]
    metrics = [value for value in found.metrics if (by_group or not value.attributes) and _enough(value)]
    by_group &= len(metrics) == len(found.metrics)
    refused = [item.n for item in found.refused]
    return found.model_copy(
        update={
            "failed": found.failed if is_plain(found.failed) else None,
            "refused": found.refused if all_plain(refused) else [],
            "rates": rates,
            "metrics": metrics if by_group else [value for value in metrics if not value.attributes],
            "slicings": found.slicings if by_group else [],
            "disparities": found.disparities if by_group else [],
            "clear_gaps": found.clear_gaps if by_group else found.clear_gaps.model_copy(update={"items": []}),
            "correlations": [],
            "shown": [],
        }
    )


def _enough(value: MetricValue) -> bool:
    """Whether enough decisions have an outcome, and enough have not."""
    least = min(value.n or 0, value.effective_n or value.n or 0)
    rate = value.value or 0.0
    return min(least, least * rate, least * (1 - rate)) >= LEAST


def _reliance(found: Reliance) -> Reliance | None:
    counts = (found.suspected, found.confirmed_by_masking, found.confirmed_by_exchange, found.unconfirmed)
    return found if all_plain([found.decisions, found.decisions - found.suspected, *counts]) else None


def _flags(flags: Flags, groups: PublicGroups) -> Flags:
    """How often each code is given. Errors of a group that a disparity names are a count of labels and predictions."""
    errors = [rate for rate in flags.rates if rate.code == OF_ERRORS and rate.flagged]
    known = groups.tells_everything or not errors
    rates = [_flag_rate(rate, known or rate.code != OF_ERRORS) for rate in flags.rates]
    of_codes = [rate.flagged for rate in flags.rates if rate.flagged]
    totals = [flags.decisions or 0, *flags.by_severity.values()]
    # What a total has more than a code is flagged for other reasons alone: a code that is not told, perhaps.
    whole = all(rate.flagged is not None for rate, was in zip(rates, flags.rates, strict=True) if was.flagged)
    counts = whole and all_plain([*totals, *(max(total - n, 0) for total in totals for n in of_codes)])
    return flags.model_copy(
        update={
            "decisions": flags.decisions if counts else None,
            "by_severity": flags.by_severity if counts else {},
            "rates": rates,
            "explained": flags.explained if is_plain(flags.explained) else None,
            "shown": [],
        }
    )


def _flag_rate(rate: FlagRate, known: bool) -> FlagRate:
    if known and rate.n is not None and in_parts(rate.n, rate.flagged) and of_many(rate.clusters):
        return rate
    return rate.model_copy(update=dict.fromkeys(("n", "flagged", "rate", "effective_n", "clusters", "lower", "upper")))

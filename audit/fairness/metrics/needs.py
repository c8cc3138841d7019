"""What a metric needs of an audit, and which audits compute it unless others are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from audit.errors import ConfigError
from audit.fairness.metrics.choosing import DEFAULTS, choose_metrics
from audit.fairness.metrics.definitions import Metric, Outcome, known_metrics
from audit.fairness.metrics.names import CRITERIA, EXPLAINED_RATE, FLAG_RATE, FLIP_RATE, NAME_METRICS, TOKEN_GAP

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: labels: what is true. scores: of a model of two classes, or stored. probabilities: scores from 0 to 1. exchanges: of
#: identity terms, by `exchange`. names: persons renamed, by `exchange`. explanations: explained decisions.
#: probes: changed rows, by `probes`.
Need = Literal["labels", "scores", "probabilities", "exchanges", "names", "explanations", "probes"]
#: Metrics that come from probes and explanations. Rules of a policy hold them; `metrics` does not list them.
_OF_RULES: dict[str, tuple[Need, ...]] = {
    FLIP_RATE: ("exchanges",),
    TOKEN_GAP: ("exchanges",),
    **dict.fromkeys(NAME_METRICS, ("names",)),
    EXPLAINED_RATE: ("explanations",),
    f"{FLAG_RATE}counterfactual_flip": ("exchanges",),
    f"{FLAG_RATE}name_flip": ("names",),
    f"{FLAG_RATE}probe_hit": ("probes",),
    f"{FLAG_RATE}identity_reliance": ("exchanges", "explanations"),
    f"{FLAG_RATE}disparate_error": ("labels",),
    f"{FLAG_RATE}unexplained": ("explanations",),
}


@dataclass(frozen=True)
class Listed:
    """One metric, as a list shows it.

    Attributes
    ----------
    outcomes
        What decisions may be: one of two classes, of several, a number, entities, or several labels.
    default
        Outcomes for which it is computed if `metrics` names none.
    parts
        Of a criterion: the metrics that it is composed of.
    rules_only
        It is held by rules, and not named in `metrics`.
    """

    name: str
    needs: tuple[Need, ...]
    outcomes: tuple[Outcome, ...]
    default: tuple[Outcome, ...] = ()
    parts: tuple[str, ...] = ()
    rules_only: bool = False


def listed() -> list[Listed]:
    """List every metric that is known, those of installed packages too; criteria first, those of rules last."""
    known = known_metrics()
    composed = [
        Listed(
            name,
            tuple(dict.fromkeys(need for part in parts for need in _needs(known[part]))),
            _common([_outcomes(known[part]) for part in parts]),
            _default(name),
            parts,
        )
        for name, parts in CRITERIA.items()
    ]
    plain = [Listed(name, _needs(metric), _outcomes(metric), _default(name)) for name, metric in known.items()]
    of_rules = [Listed(name, needs, (), rules_only=True) for name, needs in _OF_RULES.items()]
    return [*composed, *plain, *of_rules]


def _needs(metric: Metric) -> tuple[Need, ...]:
    needs: list[Need] = ["labels"] if metric.needs_labels else []
    if metric.scope == "ranking":
        needs.append("scores")
    if metric.scope == "score":
        needs.append("probabilities")
    return tuple(needs)


def _outcomes(metric: Metric) -> tuple[Outcome, ...]:
    """Ask of every kind of decision whether the metric is for it, everything it needs being there."""
    return tuple(outcome for outcome in OUTCOMES if _answers(metric, outcome))


def _answers(metric: Metric, outcome: Outcome) -> bool:
    scored = outcome in {"binary", "number"}  # one of several classes has no one score
    try:
        choose_metrics((metric.name,), outcome=outcome, labelled=True, scored=scored)
    except ConfigError:
        return False
    return True


def _common(all_of: list[tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in OUTCOMES if all(outcome in some for some in all_of))


def _default(name: str) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in OUTCOMES if name in DEFAULTS[outcome])

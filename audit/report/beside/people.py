"""Rates as numbers of people: what befalls them, and what equal rates would change."""

from __future__ import annotations

from collections.abc import Iterable

from audit.report.wording import Catalogue, group_name, people
from audit.result import Gain, SocialImpact

#: What befalls people, and the class that it is about.
Kind = tuple[str, str]


def name_of_kind(kind: Kind, found: SocialImpact, t: Catalogue) -> str:
    """Name what befalls people, with the class."""
    harm, cls = kind
    code = f"{harm}.{found.positive_is}" if harm == "unfavourable" else harm
    return t(f"social_impact.harm.{code}", **{"class": t.cls(cls)})


def interval(low: float | None, high: float | None) -> str:
    """Both bounds of a number of people; nothing where there are none."""
    return "" if low is None or high is None else f"{people(low)}–{people(high)}"


def gain_sentence(gain: Gain, found: SocialImpact, t: Catalogue) -> str:
    """Say in a sentence what equal rates would change."""
    yearly = gain.per_year is not None
    value, low, high = (
        (gain.per_year, gain.per_year_lower, gain.per_year_upper)
        if yearly
        else (gain.in_sample, gain.in_sample_lower, gain.in_sample_upper)
    )
    return t(
        "social_impact.gain.year" if yearly else "social_impact.gain.sample",
        n=people(value),
        kind=name_of_kind((gain.harm, gain.cls), found, t),
        group=group_name(gain.reference),
        bounds=interval(low, high) or "–",
    )


def clear(gains: Iterable[Gain]) -> list[Gain]:
    """Keep what is more than chance, most people first."""
    sure = [gain for gain in gains if (gain.in_sample_lower or 0.0) > 0]
    return sorted(sure, key=lambda gain: -gain.in_sample)


def conclusion(found: SocialImpact, t: Catalogue) -> str:
    """Say what equal rates would change for most people."""
    gains = [gain for gain in found.gains if len(gain.attributes) == 1] or found.gains
    if not gains:
        return t("conclusion.social_impact.nothing")
    sure = clear(gains)
    if not sure:
        return t("conclusion.social_impact.none")
    return t.pair(group_name(sure[0].attributes), gain_sentence(sure[0], found, t))

"""Social impact as everybody may read it.

Numbers of people follow from rates and how many decisions these are of. So a slicing is told where those rates are told
of every group of it, and gives nothing away that they do not; where rows are weighted, plain counts would add to
weighted rates, and nothing is told.
"""

from __future__ import annotations

from audit.disclosure.groups import PublicGroups
from audit.result import AffectedPeople, SocialImpact

#: Kind of harm -> metrics of which one tells its numbers.
TELLING = {
    "false_negative": ("true_positive_rate", "false_negative_rate"),
    "false_positive": ("false_positive_rate", "true_negative_rate"),
    "unfavourable": ("selection_rate",),
}


def social_impact(found: SocialImpact, groups: PublicGroups, *, weighted: bool) -> SocialImpact | None:
    """Keep the slicings whose rates are told whole; None where none are.

    Parameters
    ----------
    weighted
        Whether rows have weights.
    """
    if weighted:
        return None
    told: dict[tuple[str, ...], bool] = {}
    for line in found.people:
        key = tuple(line.attributes)
        told[key] = told.get(key, True) and _is_told(line, groups)
    kept = {key for key, is_told in told.items() if is_told}
    if not kept - {()}:
        return None
    return found.model_copy(
        update={
            name: [item for item in getattr(found, name) if tuple(item.attributes) in kept]
            for name in ("people", "gains", "concentration", "costs")
        }
    )


def _is_told(line: AffectedPeople, groups: PublicGroups) -> bool:
    """Errors are told where both kinds are, with how many decisions each is of: together they are all labelled ones."""
    kinds = [line.harm] if line.harm == "unfavourable" else ["false_negative", "false_positive"]
    return all(
        any(groups.tells_all((tuple(line.attributes), (), metric, line.cls)) for metric in TELLING[kind])
        for kind in kinds
    )

"""Decisions that were asked for in a coarser precision, or of a compiled model: what that took, and what it showed."""

from __future__ import annotations

from collections.abc import Mapping

from audit.models.tier_counts import COUNTED, FACTOR, LARGEST, UNCOMPILED
from audit.pipeline.case import Case
from audit.result import DecisionPrecision, Note, Subject

#: Share of decisions computed again from which a coarser precision is not worth having.
MOST_AGAIN = 0.5


def precision_of(subject: Subject, work: Mapping[str, int]) -> DecisionPrecision | None:
    """Sum up what all stages that ask for decisions counted.

    Parameters
    ----------
    work
        Counters of all stages together.
    """
    if subject.model is None or subject.model.precision == "float32":
        return None
    counted = {name: work.get(f"{COUNTED}{name}", 0) for name in ("asked", "exact", "sampled", "again")}
    found = {name: work.get(f"{COUNTED}{name}", 0) for name in ("otherwise", "beyond")}
    largest = [float(name.removeprefix(LARGEST)) for name in work if name.startswith(LARGEST)]
    return DecisionPrecision(
        precision=subject.model.precision, **counted, factor=FACTOR, **found, largest=max(largest, default=0.0)
    )


def without_tiers(work: Mapping[str, int]) -> dict[str, int]:
    """Leave out of the work of an audit what is summed up by itself."""
    return {name: n for name, n in work.items() if not name.startswith(COUNTED)}


def precision_notes(case: Case, found: DecisionPrecision | None) -> list[Note]:
    """Note a precision that the device does not have, that nothing was asked in, or that is too coarse for margins."""
    model = case.config.model
    if model is not None and model.precision == "tf32" and found is None:
        return [Note(code="no_tf32_here")]
    if found is None:
        return []
    if not found.asked:
        return [Note(code="precision_not_used", params={"precision": found.precision, "n": found.exact})]
    if found.again <= MOST_AGAIN * found.asked:
        return []
    return [
        Note(code="precision_too_coarse", params={"precision": found.precision, "n": found.again, "of": found.asked})
    ]


def compiling_notes(work: Mapping[str, int]) -> list[Note]:
    """Note that compiling failed once decisions were under way, in this process or in a worker."""
    return [Note(code="compiled_in_part", params={"n": n})] if (n := work.get(UNCOMPILED, 0)) else []

"""Several decisions about one row, from what is true of it and what was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from audit.data.examples import Words
from audit.entities.decisions import leakage, match
from audit.entities.entity import OUTSIDE, Entity
from audit.store.decisions import Decided

#: The class that says that a label does not hold.
NONE = "(none)"
#: Outcome of the data -> the class that says that there is nothing.
NOTHING = {"entities": OUTSIDE, "labels": NONE}


def entity_decisions(words: Words, gold: Sequence[Entity] | None, found: Sequence[Entity]) -> list[Decided]:
    """List the decisions about the words of a row: every gold entity, and every other one that was found.

    A wrong boundary is two, a miss and an invention (`audit.entities.decisions.match`). Where nobody knows what is
    true, there are the found ones alone. If there are none at all, one decision says so.
    """
    characters = [len(word) for word in words.words]
    leaks = leakage(gold or (), found, characters)
    out = []
    for one in match(gold or (), found):
        leak = leaks.get(Entity(one.start, one.end, one.y_true))
        out.append(
            Decided(
                y_true=None if gold is None else one.y_true,
                y_pred=one.y_pred,
                position=one.start,
                last=one.end - 1,
                start=words.starts[one.start],
                end=words.ends[one.end - 1],
                visible=leak.uncovered if leak else None,
                characters=leak.characters if leak else None,
            )
        )
    return out or [Decided(None if gold is None else OUTSIDE, OUTSIDE, status="nothing")]


def label_decisions(labels: Sequence[str], gold: Collection[str] | None, found: Collection[str]) -> list[Decided]:
    """List the decisions about the labels of a row: one for each label, in their order."""

    def said(label: str, among: Collection[str]) -> str:
        return label if label in among else NONE

    return [Decided(None if gold is None else said(label, gold), said(label, found), output=label) for label in labels]

"""Schemes of tags: which letter says that an entity begins, goes on and ends.

Entities are read as conlleval and seqeval read them by default, which makes sense of every sequence: an entity begins
at B, S and U, where the type changes, and at any other tag that no entity reaches; it ends after E, L, S and U. What a
scheme adds is whether the sequence was well formed: it is, if writing its entities gives the same tags again.

References
----------
Tjong Kim Sang and De Meulder, CoNLL-2003, and its script conlleval; Ratinov and Roth 2009 (BILOU); Nakayama, seqeval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.entities.entity import Entity

#: A tag taken apart: its letter ("" where tags are bare types) and the type; None for O.
Part = tuple[str, str] | None

#: Letters after which no entity goes on, and letters that always begin one.
ENDING, BEGINNING = frozenset("ELSU"), frozenset("BSU")


@dataclass(frozen=True)
class Scheme:
    """How entities are written as tags.

    Attributes
    ----------
    begin, inside, end, single
        Letter of the first word of an entity, of those within, of the last, and of one that is alone.
    touching
        Letter of the first word where the entity before ends right here and has the same type; "" for no other.
    """

    name: str
    begin: str
    inside: str
    end: str
    single: str
    touching: str = ""

    @property
    def letters(self) -> frozenset[str]:
        """All letters it uses."""
        return frozenset((self.begin, self.inside, self.end, self.single, self.touching)) - {""}

    def write(self, entities: Iterable[Entity], length: int) -> list[Part]:
        """Write entities, in order and not overlapping, as the tags of `length` words."""
        parts: list[Part] = [None] * length
        before = Entity(0, 0, "")
        for entity in entities:
            size = entity.end - entity.start
            word = [self.begin, *[self.inside] * (size - 2), self.end] if size > 1 else [self.single]
            if self.touching and before.end == entity.start and before.type == entity.type:
                word[0] = self.touching
            parts[entity.start : entity.end] = [(letter, entity.type) for letter in word]
            before = entity
        return parts


#: The better known come first. IOE2 marks the last word of every entity; BMES, common for Chinese, says M for inside.
SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme("IOB2", "B", "I", "I", "B"),
        Scheme("IO", "I", "I", "I", "I"),
        Scheme("IOB1", "I", "I", "I", "I", touching="B"),
        Scheme("BIOES", "B", "I", "E", "S"),
        Scheme("BILOU", "B", "I", "L", "U"),
        Scheme("BMES", "B", "M", "E", "S"),
        Scheme("IOE2", "I", "I", "E", "E"),
        Scheme("bare", "", "", "", ""),
    )
}
#: Other names of the same.
ALIASES = {"BIO": "IOB2", "BIO2": "IOB2", "IOBES": "BIOES", "BILUO": "BILOU", "BMEOS": "BMES", "BMESO": "BMES"}
LETTERS = frozenset().union(*(scheme.letters for scheme in SCHEMES.values()))


def read(parts: Sequence[Part]) -> list[Entity]:
    """Read the entities of one sequence of tags, in order."""
    entities = []
    start = 0
    before: Part = None
    for at, part in enumerate([*parts, None]):
        goes_on = (
            before is not None
            and part is not None
            and part[1] == before[1]
            and part[0] not in BEGINNING
            and before[0] not in ENDING
        )
        if before is not None and not goes_on:
            entities.append(Entity(start, at, before[1]))
        if not goes_on:
            start = at
        before = part
    return entities


def candidates(letters: Iterable[str]) -> list[Scheme]:
    """Schemes that have all these letters and the fewest others, the better known first."""
    seen = frozenset(letters)
    if not seen:  # nothing is tagged, so nothing tells the scheme
        return [SCHEMES["IOB2"]]
    fitting = [scheme for scheme in SCHEMES.values() if seen <= scheme.letters]
    fewest = min((len(scheme.letters) for scheme in fitting), default=0)
    return [scheme for scheme in fitting if len(scheme.letters) == fewest]

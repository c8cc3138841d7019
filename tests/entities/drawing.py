"""Random tags and entities."""

from __future__ import annotations

from hypothesis import strategies as st

from audit.entities.entity import Entity

#: Hyphens, other scripts, markup, an order to a terminal, names that are tags, and one that looks like another.
TYPES = ("person", "creative-work", "人名", "<b>", "\x1b[31m", "B-person", "I", "person\u200b")


def tags(letters: str, types: tuple[str, ...] = TYPES[:3]) -> st.SearchStrategy[list[str]]:
    """A sequence of tags in which anything may follow anything."""
    tag = st.one_of(st.just("O"), st.builds("{}-{}".format, st.sampled_from(letters), st.sampled_from(types)))
    return st.lists(tag, max_size=14)


@st.composite
def flat(draw: st.DrawFn, types: tuple[str, ...] = ("A", "B", "C"), most: int = 6) -> list[Entity]:
    """Entities as tags can write them: in order, none over another."""
    at, found = 0, []
    for _ in range(draw(st.integers(0, most))):
        start = at + draw(st.integers(0, 2))
        at = start + draw(st.integers(1, 4))
        found.append(Entity(start, at, draw(st.sampled_from(types))))
    return found


#: Entities in any order, nested, overlapping, twice.
tangled = st.lists(
    st.builds(
        lambda start, size, kind: Entity(start, start + size, kind),
        st.integers(0, 8),
        st.integers(1, 5),
        st.sampled_from(("A", "B")),
    ),
    max_size=8,
)

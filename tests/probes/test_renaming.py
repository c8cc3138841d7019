"""A name in the place of another: the words, their places, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data.examples import Words
from audit.probes.renaming import refused, renamed
from audit.terms.people import NameGroup, NameList, PersonName

AISHA = PersonName("Aisha", "Khalil")
GROUP = NameGroup(("x",), ("Aisha",), ("Khalil",))
NAMES = NameList("en", "", ("origin",), (GROUP,))
CHINESE = NameList("zh", "", ("origin",), (GROUP,), between="", family_first=True)
TITLES = {"mrs", "mr"}


def is_title(word: str) -> bool:
    return word.rstrip(".").lower() in TITLES


def written(words: list[str], first: int, end: int, names: NameList = NAMES) -> tuple[list[str], tuple[int, int]]:
    found = renamed(Words.of(words), first, end, AISHA, names)
    return found.words.words, (found.first, found.end)


@pytest.mark.parametrize(
    ("words", "first", "end", "expected"),
    [
        (["I", "saw", "Bob", "."], 2, 3, ["I", "saw", "Aisha", "."]),
        (["I", "saw", "Bob", "Ross", "."], 2, 4, ["I", "saw", "Aisha", "Khalil", "."]),
        (["Jean", "-", "Luc", "Picard", "ran"], 0, 4, ["Aisha", "Khalil", "ran"]),
        (["bob", "ran"], 0, 1, ["aisha", "ran"]),
        (["BOB", "ROSS", "RAN"], 0, 2, ["AISHA", "KHALIL", "RAN"]),
        (["Bob's", "car"], 0, 1, ["Aisha's", "car"]),
        (["Bob", "Ross’", "car"], 0, 2, ["Aisha", "Khalil’", "car"]),
        (["(Bob", "Ross),", "too"], 0, 2, ["(Aisha", "Khalil),", "too"]),
        (["O'Hara", "ran"], 0, 1, ["Aisha", "ran"]),
        (["J.", "Ross", "ran"], 0, 2, ["Aisha", "Khalil", "ran"]),
    ],
)
def test_what_stands_around_the_name_stays(words: list[str], first: int, end: int, expected: list[str]) -> None:
    found, place = written(words, first, end)
    assert found == expected
    assert place == (first, first + len(expected) - len(words) + end - first)


def test_blanks_of_a_text_stay() -> None:
    text = "Hi,  Bob\tRoss!\n Bye"
    places = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
    words = Words(text, tuple(a for a, _ in places), tuple(b for _, b in places))
    found = renamed(words, 2, 4, AISHA, NAMES)
    assert found.words.text == "Hi,  Aisha Khalil!\n Bye"
    assert found.words.words == ["Hi", ",", "Aisha", "Khalil", "!", "Bye"]
    assert found.written == "Aisha Khalil"


def test_names_without_a_blank() -> None:
    assert written(["我", "见", "王", "伟"], 2, 4, CHINESE)[0][2:] == list("KhalilAisha")
    assert written(["我", "见", "王伟"], 2, 3, CHINESE)[0] == ["我", "见", "KhalilAisha"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["@bob"], "no_plain_name"),
        (["#bobforever"], "no_plain_name"),
        (["Bob", "2"], "no_plain_name"),
        (["…"], "no_plain_name"),
        (["Mrs.", "Ross"], "title"),
        (["Mr", "Ross"], "title"),
        (["Dr.", "Ross"], None),
        (["Bob"], None),
    ],
)
def test_what_no_name_is_put_in_the_place_of(words: list[str], why: str | None) -> None:
    assert refused(Words.of([*words, "ran"]), 0, len(words), is_title) == why


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[A-Za-z',.]{1,8}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_nothing_else_moves(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(first + 1, len(words)))
    before = Words.of(words)
    if refused(before, first, end, is_title) is not None:
        return
    found = renamed(before, first, end, AISHA, NAMES)
    after = found.words.words
    assert after[: found.first] == words[:first]
    assert after[found.end :] == words[end:]
    start, stop = before.starts[first], before.ends[end - 1]
    assert found.words.text == before.text[:start] + found.written + before.text[stop:]
    assert "aisha" in found.written.lower()
    assert all(a <= b for a, b in zip(found.words.starts, found.words.ends, strict=True))

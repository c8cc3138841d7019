"""Where a term stands decides whether it is one: line breaks, links, names, unseen characters, longer words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.probes.exchange import exchanges
from audit.terms.lexicon import ADDRESS, Mention, find_terms
from audit.terms.loading import load_lexicons

LEXICONS = load_lexicons(["en", "zh"])
WORDS = [
    *(
        [
            "her",
            "his",
            "him",
            "she",
            "Mary",
            "King",
            "back",
            "last",
            "night",
            "car",
            "made",
            "let",
            "go",
            "the",
            "The",
            "Burger",
            "man",
            "I",
            "white",
            "of",
            "and",
            "or",
            "very",
        ]
    ),
    *["people", "with", "disabilities", "ladies'", ",", "."],
]


def mentions(text: str, shift: int = 0) -> list[tuple[object, ...]]:
    def plain(found: Mention) -> tuple[object, ...]:
        return found.start + shift, found.end + shift, found.axis, found.group, found.meaning, found.other, found.kept

    return [plain(found) for found in LEXICONS[0].find(text)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=6),
    st.lists(st.sampled_from(WORDS), max_size=6),
    st.sampled_from(["\n", "\r\n", "\u2028", "\n\n"]),
)
def test_nothing_is_read_across_a_line_break(first: list[str], second: list[str], gap: str) -> None:
    a, b = " ".join(first), " ".join(second)
    assert mentions(a + gap + b) == mentions(a) + mentions(b, len(a) + len(gap))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=6), st.lists(st.sampled_from(WORDS), max_size=6))
def test_texts_of_a_pair_are_read_apart(first: list[str], second: list[str]) -> None:
    a, b = " ".join(first), " ".join(second)
    for found in exchanges(LEXICONS, (a, b)):
        for version in found.versions:
            assert isinstance(version.text, tuple)
            assert all(edit.end <= len(a) or edit.start > len(a) for edit in version.edits)
            assert version.text[0].count("\n") == version.text[1].count("\n") == 0


ADDRESSES = st.builds(
    "{}{}".format,
    st.sampled_from(["https://x.org/", "http://", "www.", "@", "#", "me@", "https://a.b/?q=", "pic.twitter.com/"]),
    st.sampled_from(
        ["women", "her", "king.com", "she-he.org", "Mary.com", "muslims/men.com", "gay.net", "old.woman.io"]
    ),
)


@settings(max_examples=100, deadline=None)
@given(
    ADDRESSES, st.sampled_from(["", "she said ", "the men like "]), st.sampled_from(["", " and her car", ", he said"])
)
def test_links_mentions_and_hashtags_stay(address: str, before: str, after: str) -> None:
    text = f"{before}{address}{after}"
    spans = [match.span() for match in ADDRESS.finditer(text)]
    assert spans
    for found in exchanges(LEXICONS, text):
        for version in found.versions:
            assert all(edit.end <= a or b <= edit.start for edit in version.edits for a, b in spans)


CALLED = LEXICONS[0].readings["interjections"]


def both_ways() -> list[str]:
    """Forms that are read one way, and whose counterpart is read as theirs."""
    senses, out = LEXICONS[0].senses, []
    for form, found in senses.items():
        if len(found) != 1 or found[0].axis != "gender" or form in CALLED:
            continue
        (other,) = {"female", "male"} - {found[0].group}
        there = found[0].meaning.forms[other][0]
        back = senses.get(there, [])
        if len(back) == 1 and back[0].meaning.forms[found[0].group][0] == form:
            out.append(form)
    return out


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(both_ways()), min_size=1, max_size=4),
    st.sampled_from(["the {}", "an old {}.", "{}'s car"]),
)
def test_exchanging_twice_gives_the_text_again(words: list[str], frame: str) -> None:
    text = " and ".join(frame.format(word) for word in words)
    (once,) = [found for found in exchanges(LEXICONS, text) if found.axis == "gender"]
    if once.refused:
        return
    (version,) = once.versions
    (again,) = [found for found in exchanges(LEXICONS, version.text) if found.axis == "gender"]
    assert again.text == text


@pytest.mark.parametrize("mark", ["\u00ad", "\u200b", "\u200d", "\ufeff"])
def test_characters_that_are_not_seen_are_overlooked(mark: str) -> None:
    (found,) = exchanges(LEXICONS, f"She saw her{mark}self and the wo{mark}men.")
    assert found.text == "He saw himself and the men."
    assert exchanges(LEXICONS, f"a her{mark}oic act") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Gloria King sings.", "name"),
        ("They met at Duke Street.", "name"),
        ("We like Burger King.", "entity"),
        ("BURGER KING is closed", "entity"),
        ("#women", "address"),
        ("man I need sleep", "interjection"),
        ("孙女士来了", "boundary"),
        ("母亲树上有花", None),
    ],
)
def test_what_is_left_alone_is_counted_with_its_reason(text: str, reason: str | None) -> None:
    found = [one for one in exchanges(LEXICONS, text) if one.axis == "gender"]
    assert [one.refused for one in found] == [reason]
    if reason:
        assert find_terms(LEXICONS, text) == []


def test_both_meanings_are_made_where_the_reading_stays_open() -> None:
    (found,) = exchanges(LEXICONS, "I heard her scream.")
    assert {version.text for version in found.versions} == {"I heard his scream.", "I heard him scream."}
    (found,) = exchanges(LEXICONS, "I made her dinner and gave her flowers")
    assert len(found.versions) == 4
    (found,) = exchanges(LEXICONS, "I made her dinner, gave her flowers and called her names")
    assert (found.versions, found.refused) == ((), "open")


def test_the_segmenter_is_loaded_with_the_first_chinese_term() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from audit.terms.loading import load_lexicons; from audit.probes.exchange import exchanges\n"
        "found = load_lexicons(['en', 'zh']); exchanges(found, 'she'); print('rjieba' in sys.modules)\n"
        "exchanges(found, '她'); print('rjieba' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "True"]

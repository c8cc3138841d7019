"""Exchanging identity terms: worked examples, and what holds for every text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data.examples import Fields
from audit.errors import ConfigError
from audit.probes.exchange import Exchange, exchanges
from audit.terms.lexicon import Lexicon, find_terms
from audit.terms.loading import lexicons_sha256, load_lexicons


@pytest.fixture(scope="module")
def both() -> list[Lexicon]:
    return load_lexicons(["en", "zh"])


LEXICONS = load_lexicons(["en", "zh"])


def on(text: str, axis: str = "gender", to: str | None = None) -> Exchange:
    """The exchange of a text on an axis, to a group where there are several."""
    found = [e for e in exchanges(LEXICONS, text) if e.axis == axis and (to is None or to in {e.source, e.target})]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("He told her that she was late.", "She told him that he was late."),
        ("HIS car", "HER car"),
        ("the actress's husband", "the actor's wife"),
        ("the actress’s husband", "the actor’s wife"),
        ("Her, not him", "Him, not her"),
        ("Her car broke down.", "His car broke down."),
        ("She lost hers, he has his.", "He lost his, she has hers."),
        ("I saw him and his dog 😀", "I saw her and her dog 😀"),
        ("James and Mary", "Mary and James"),
        ("MARY and the men", "MARY and the women"),
        ("Mr. Smith and his wife", "Mrs. Smith and her husband"),
        ("גברת she said مرحبا", "גברת he said مرحبا"),
        ("他告诉她他会来", "她告诉他她会来"),
        ("她们的妈妈", "他们的爸爸"),
        ("其他人说他妈妈来了", "其他人说她爸爸来了"),
    ],
)
def test_gender(text: str, edited: str) -> None:
    assert on(text).text == edited


@pytest.mark.parametrize(
    ("text", "axis", "to", "edited"),
    [
        ("the Christian meets Christiana", "religion", "muslim", "the Muslim meets Christiana"),
        ("I hate Muslims!", "religion", "christian", "I hate Christians!"),
        ("muslims are here", "religion", "jewish", "jews are here"),
        ("She is a Muslim.", "religion", "jewish", "She is a Jew."),
        ("a Muslim woman", "religion", "jewish", "a Jewish woman"),
        ("She is a Muslim.", "religion", "atheist", "She is an atheist."),
        ("An atheist came", "religion", "hindu", "A Hindu came"),
        ("African American woman", "ethnicity", "asian", "Asian woman"),
        ("a black car and a black man", "ethnicity", "white", "a black car and a white man"),
        ("BLACK PEOPLE", "ethnicity", "white", "WHITE PEOPLE"),
        ("Black women", "ethnicity", "white", "White women"),
        ("we love gay people", "sexual_orientation", "straight", "we love straight people"),
        ("people with disabilities", "disability", None, "people without disabilities"),
        ("the elderly", "age", None, "the young"),
        ("an old man fixes old bicycles", "age", None, "a young man fixes old bicycles"),
        ("穆斯林去清真寺", "religion", "christian", "基督徒去教堂"),
    ],
)
def test_other_axes(text: str, axis: str, to: str | None, edited: str) -> None:
    assert on(text, axis, to).text == edited


@pytest.mark.parametrize(
    "text",
    [
        "the theory of heroism",
        "Christiana",
        "black friday",
        "其他的吉他",
        "",
        "😀",
        "go straight on",
        "them",
    ],
)
def test_words_that_only_look_like_terms(text: str) -> None:
    assert exchanges(LEXICONS, text) == []


def test_longest_match_hides_what_is_in_it() -> None:
    assert {e.axis for e in exchanges(LEXICONS, "an African American")} == {"ethnicity"}
    assert {e.axis for e in exchanges(LEXICONS, "two Americans")} == {"nationality"}


def test_every_edit_is_told_with_its_place() -> None:
    text = "He met an atheist and his wife."
    found = on(text, "religion", "muslim")
    assert [(text[e.start : e.end], e.new) for e in found.edits] == [("an", "a"), ("atheist", "Muslim")]
    assert [(e.old, e.new) for e in on(text).edits] == [("He", "She"), ("his", "her"), ("wife", "husband")]


def test_ambiguous_words_are_counted() -> None:
    assert on("She gave it to her.").ambiguous == 1
    assert on("She slept.").ambiguous == 0


def test_texts_that_would_make_no_sense_are_refused_with_the_reason() -> None:
    found = on("She gave birth to a son")
    assert (found.text, found.refused) == (None, "senseless")
    assert on("她怀孕了").refused == "senseless"
    (other,) = [e for e in exchanges(LEXICONS, "the Torah") if e.target == "hindu"]
    assert other.refused == "no_form"


def test_two_groups_change_places() -> None:
    (swap,) = [e for e in exchanges(LEXICONS, "Muslims and Jews") if e.both]
    assert (swap.text, swap.source, swap.target) == ("Jews and Muslims", "muslim", "jewish")


def test_pairs_of_texts_are_edited_together() -> None:
    (found,) = exchanges(LEXICONS, ("He left.", "Did she see him?"))
    assert found.text == ("She left.", "Did he see her?")


@pytest.mark.parametrize(
    "text",
    ["He told her that she was late.", "the actress's husband", "James and Mary", "their mothers and fathers",
     "HIS CAR", "Her, not him", "the king's daughters",
     "他告诉她他会来", "爸爸和妈妈", "a boy and a girl", "Nephews! And nieces?"],
)  # fmt: skip
def test_exchanging_twice_gives_the_text_again(text: str) -> None:
    once = on(text).text
    assert isinstance(once, str)
    assert once != text
    assert on(once).text == text


PLAIN = [
    form
    for line in LEXICONS[0].senses.values()
    for sense in line
    if sense.axis == "gender" and len(line) == 1
    for form in sense.meaning.forms[sense.group][:1]
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["the", "and", "saw", "(", "42", "é", "漢"]) | st.sampled_from(PLAIN), max_size=8))
def test_nothing_else_in_a_text_moves(words: list[str]) -> None:
    text = " ".join(words)
    for found in exchanges(LEXICONS, text):
        if found.text is None:
            continue
        assert isinstance(found.text, str)
        pieces, at = [], 0
        for edit in found.edits:
            assert text[edit.start : edit.end] == edit.old
            pieces += [text[at : edit.start], edit.new]
            at = edit.end
        assert "".join([*pieces, text[at:]]) == found.text


@pytest.mark.parametrize("name", ["mother", "Black", "name of the wife"])
def test_a_field_that_is_called_like_a_term_mentions_nobody(name: str) -> None:
    (found,) = exchanges(LEXICONS, Fields((name, "text"), ("works", "he is nice")))
    assert (found.axis, found.source, found.target, found.both) == ("gender", "male", "female", False)
    assert found.text == Fields((name, "text"), ("works", "she is nice"))
    (edit,) = found.edits
    assert (edit.old, edit.start) == ("he", len(f"{name}: works\ntext: "))


def test_axes_can_be_chosen(both: list[Lexicon]) -> None:
    limited = load_lexicons(["en"], axes=["religion"])
    assert {e.axis for e in exchanges(limited, "She is a Muslim")} == {"religion"}
    assert len(find_terms(both, "She is a Muslim")) == 2
    with pytest.raises(ConfigError, match="no lexicon has the axis 'colour'"):
        load_lexicons(["en"], axes=["colour"])


def test_a_lexicon_of_ones_own_extends_or_replaces(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "language: en\nprotected: [no man]\naxes:\n"
        "  gender: {groups: [female, male], forms: [{female: lass, male: lad}]}\n"
        "  caste: {groups: [dalit, brahmin], forms: [{dalit: Dalit, brahmin: Brahmin}]}\n"
    )
    extended = load_lexicons(["en"], [path])
    assert [e.text for e in exchanges(extended, "A lad met a Dalit and she left")] == [
        "A lass met a Dalit and he left",
        "A lad met a Brahmin and she left",
    ]
    assert exchanges(extended, "no man") == []
    alone = load_lexicons([], [path], replace=True)
    assert [e.axis for e in exchanges(alone, "she met a Dalit")] == ["caste"]
    assert lexicons_sha256(extended) != lexicons_sha256(load_lexicons(["en"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("axes: {}", "at least `language` and `axes`"),
        ("language: en\naxes: {a: {groups: [x, y]}}", "at least `groups` and `forms`"),
        ("language: en\naxes: {a: {groups: [x, y], forms: [{x: a, z: b}]}}", "'z' is no group"),
        ("language: en\naxes: {a: {groups: [x, y], forms: [{x: a, y: ''}]}}", "a form is empty"),
        ("language: en\naxes: {a: {groups: [x, y], forms: [], senseless: ['(']}}", "no regular expression"),
        ("language: en\naxes: {a: {groups: [x, y], forms: [], other: 1}}", "unknown key 'other'"),
        ("language: en\nmore: 1\naxes: {}", "unknown key 'more'"),
        ("language: en\narticles: maybe\naxes: {}", "true or false"),
        ("{", "cannot be read as YAML"),
    ],
)
def test_a_broken_lexicon_is_refused_with_the_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_lexicons(["en"], [path])
    assert "own.yaml" in str(caught.value)


def test_a_missing_lexicon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_lexicons(["en"], [tmp_path / "none.yaml"])

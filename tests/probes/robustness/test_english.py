"""English texts: what is changed, what is refused and why."""

from __future__ import annotations

import pytest

from audit.probes.robustness.dictionary import could_be, is_word, word_list
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.transform import Changed, Refused
from audit.probes.robustness.typing_errors import NEIGHBOURS

BY_NAME = {one.name: one for one in transforms_for("text", ("en",))}


def changed(name: str, text: str, severity: int | None = None, seed: int = 0) -> str:
    """The changed text, or the reason why there is none."""
    transform = BY_NAME[name]
    made = transform.apply(text, severity or len(transform.severities), seed)
    return made.reason if isinstance(made, Refused) else str(made.example)


@pytest.mark.parametrize("name", ["negations", "acronyms", "capitonyms"])
def test_lists_hold_words(name: str) -> None:
    # YAML reads no, on and off as truth values unless they are quoted.
    assert all(isinstance(word, str) and word == word.lower() for word in word_list(name))
    assert {"no", "not", "never"} <= word_list("negations")


def test_neighbours_are_the_keys_around_a_key() -> None:
    assert set(NEIGHBOURS["g"]) == set("ftyhbv")
    assert set(NEIGHBOURS["a"]) == set("qwsz")
    assert all(b in NEIGHBOURS[a] and a in NEIGHBOURS[b] for a in NEIGHBOURS for b in NEIGHBOURS[a])


@pytest.mark.parametrize("name", ["keyboard", "swapped_letters", "dropped_letter", "doubled_letter"])
def test_a_typing_error_is_no_word_and_can_be_read_back(name: str) -> None:
    text = "Because people thought beautiful neighbourhoods should always remember their immigrants"
    for seed in range(20):
        made = BY_NAME[name].apply(text, 5, seed)
        assert isinstance(made, Changed)
        for old, new in zip(text.split(), str(made.example).split(), strict=True):
            assert (old[0], old[-1]) == (new[0], new[-1])
            if old != new:
                assert not is_word(new)
                assert could_be(new) <= {old.lower()}


def test_a_larger_share_of_words_is_changed() -> None:
    text = "people " * 40
    counts = [
        len(made.edits) for s in range(1, 6) if isinstance(made := BY_NAME["keyboard"].apply(text, s, 1), Changed)
    ]
    assert counts == [2, 4, 8, 14, 20]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No not never nobody without", "negation"),
        ("a bc def", "short"),
        ("Zbigniew Xqzzy", "unknown_word"),
        ("can't wouldn't", "contraction"),
        ("https://people.example/because", "address"),
        ("@people #because", "address"),
        ("", "no_place"),
    ],
)
def test_typing_errors_are_refused(text: str, reason: str) -> None:
    found = changed("dropped_letter", text)
    assert found == reason or (reason == "contraction" and found == "negation")


def test_lve_is_not_written_for_it_may_be_love_or_live() -> None:
    assert {"love", "live"} <= could_be("lve")
    assert changed("dropped_letter", "love") == "another_word"


@pytest.mark.parametrize(
    ("text", "lower"),
    [
        # Inside a sentence a capital may make a name.
        ("We Like it", "we Like it"),
        ("They told US and IT", "they told US and IT"),
        ("The Polish said AIDS", "the Polish said AIDS"),
        ("So I think", "so i think"),
        ("Rose came", "capitals_mean"),
        ("all lower already", "no_place"),
        ("MUSLIMS came", "capitals_mean"),
    ],
)
def test_lower_case(text: str, lower: str) -> None:
    assert changed("lower_case", text) == lower


def test_upper_case_leaves_words_that_become_others() -> None:
    assert changed("upper_case", "tell us who did it, not me") == "TELL us who DID it, not ME"
    assert changed("upper_case", "the Polish team") == "THE Polish TEAM"
    assert changed("upper_case", "us") == "capitals_mean"


@pytest.mark.parametrize(
    ("text", "dropped", "doubled"),
    [
        ("I like it.", "I like it", "I like it.."),
        ("Stop! ", "Stop ", "Stop!! "),
        ("Is it?", "question", "Is it??"),
        ("Well...", "ellipsis", "ellipsis"),
        ("What?!", "ellipsis", "ellipsis"),
        ("in the U.S.", "abbreviation", "abbreviation"),
        ("no mark", "no_place", "no_place"),
        ("C'est fini !", "C'est fini ", "C'est fini !!"),
        ("cut apart . . .", "ellipsis", "ellipsis"),
        ("我喜欢。", "我喜欢", "我喜欢。。"),
    ],
)
def test_final_marks(text: str, dropped: str, doubled: str) -> None:
    assert changed("final_mark_dropped", text) == dropped
    assert changed("final_mark_doubled", text) == doubled


def test_blanks_are_more_of_them_or_unbreakable() -> None:
    found = changed("blanks", "one two three\nfour")
    assert found.split() == ["one", "two", "three", "four"]
    assert found != "one two three\nfour"
    assert found.count("\n") == 1


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("I don't know", "I do not know"),
        ("They can't and WON'T", "They cannot and WILL NOT"),
        ("Aren't you", "inverted"),
        ("Why don't they leave", "inverted"),
        ("He's here", "open"),
        ("They'd go", "open"),
        ("We’re done", "We are done"),
        ("I've seen it", "I have seen it"),
        ("ain't", "open"),
    ],
)
def test_contractions_are_expanded_where_one_reading_is_possible(short: str, long: str) -> None:
    assert changed("expanded", short) == long


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("I do not know", "I don't know"),
        ("DO NOT go", "DON'T go"),
        ("You are late", "You're late"),
        ("They cannot, he will not", "They can't, he won't"),
        ("That is what they are", "stressed"),
        ("I know how tall you are in inches", "stressed"),
        ("You are not only late", "stressed"),
        ("It is not only me", "stressed"),
        ("I am NOT late", "no_place"),
        ("It does NOT", "stressed"),
        ("I have a dog", "stressed"),
        ("being the fool I am I went", "stressed"),
        ("I have been there", "I've been there"),
    ],
)
def test_contractions_are_made_where_nothing_leans_on_them(long: str, short: str) -> None:
    assert changed("contracted", long) == short


@pytest.mark.parametrize(
    ("text", "uk", "us"),
    [
        ("My favorite color", "My favourite colour", "no_place"),
        ("THEY ORGANIZE", "THEY ORGANISE", "no_place"),
        ("he realised it", "no_place", "he realized it"),
        ("Pearl Harbor", "name", "no_place"),
        ("practice makes a check of the meter", "no_place", "no_place"),
    ],
)
def test_spelling(text: str, uk: str, us: str) -> None:
    assert (changed("spelling_uk", text), changed("spelling_us", text)) == (uk, us)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Nice day ✨🎉", "Nice day"),
        ("Done. 📌 More text", "Done. More text"),
        ("can't stand these hoes 🎶🎶", "carries_meaning"),
        ("Nice day 🙄", "carries_meaning"),
        ("They are 🐒", "carries_meaning"),
        ("my 📷 is new", "in_sentence"),
        ("🎉", "in_sentence"),
    ],
)
def test_only_emoji_that_decorate_are_removed(text: str, new: str) -> None:
    assert changed("emoji_removed", text) == new


def test_look_alikes_and_unseen_characters() -> None:
    text = "people are beautiful"
    alike, unseen = changed("homoglyphs", text), changed("zero_width", text)
    assert alike != text
    assert len(alike) == len(text)
    assert "".join(character for character in unseen if character.isprintable()) == text != unseen

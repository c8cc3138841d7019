"""What holds of every transform, whatever the text: the same seed makes the same variant, and its edits say how."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.config.robustness import MeasurementError
from audit.data.examples import Asked, Example, Fields, Words, joined
from audit.probes.edited import edited
from audit.probes.robustness.protected import protected
from audit.probes.robustness.registry import NAMES, REASONS, transforms_for
from audit.probes.robustness.text import TextTransform
from audit.probes.robustness.transform import Changed, Refused, Transform, seed_of

PIECES = (
    *("The neighbours", "don't", "like", "Muslims", "US", "us", "not", "never", "I am", "you are", "cannot", "colour"),
    *("@someone", "#hashtag", "https://example.org/a?b=1", "a.b@example.org", "1,000.50", "12:30", "&amp;", "covid19"),
    *(
        "我不喜欢这个地方",
        "他们说的话",
        "這裡的頭髮",
        "，",
        "。",
        ",",
        "A",
        "lol",
        "✨",
        "😀",
        ".",
        "!",
        "?",
        "...",
        "\n",
    ),
    *("beautiful", "because", "Polish people", "people", "would", "thought", "\u200b", "’s", "organize", "Ａ"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=40)
TEXT_TRANSFORMS = [one for one in transforms_for("text", ("en", "zh")) if isinstance(one, TextTransform)]
SOME = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
by_name = pytest.mark.parametrize("transform", TEXT_TRANSFORMS, ids=lambda one: one.name)


def examples(text: str) -> list[Example]:
    return [
        text,
        (text, f"{text} again"),
        Asked(text, output="toxic"),
        Fields(("note", "sex", "age"), (text, "female", 41.0)),
        Words.of([word for word in text.split() if word.strip()]),
    ]


@by_name
@given(text=TEXTS, severity=st.integers(1, 5), seed=st.integers(0, 2**32))
@SOME
def test_edits_applied_to_the_original_give_the_variant(
    transform: TextTransform, text: str, severity: int, seed: int
) -> None:
    severity = min(severity, len(transform.severities))
    for example in examples(text):
        made = transform.apply(example, severity, seed)
        assert made == transform.apply(example, severity, seed)
        if isinstance(made, Refused):
            assert made.reason in REASONS
            continue
        assert made.edits
        assert edited(example, made.edits) == made.example != example
        shown = joined(example)
        assert all(shown[edit.start : edit.end] == edit.old != edit.new for edit in made.edits)
        assert all(a.end <= b.start for a, b in zip(made.edits, made.edits[1:], strict=False))
        assert {reason for reason, _ in made.left} <= set(REASONS)


@by_name
@given(text=TEXTS)
@SOME
def test_severity_0_changes_nothing(transform: TextTransform, text: str) -> None:
    assert transform.apply(text, 0, 7) == Changed(text)


@by_name
@given(text=TEXTS, seed=st.integers(0, 2**32))
@SOME
def test_what_is_protected_stays(transform: TextTransform, text: str, seed: int) -> None:
    made = transform.apply(text, len(transform.severities), seed)
    if isinstance(made, Changed):
        kept = list(protected(text, negations=transform.guarded))
        assert not any(a < edit.end and b > edit.start for edit in made.edits for a, b, _ in kept)


@by_name
@given(text=TEXTS, seed=st.integers(0, 2**32))
@SOME
def test_a_larger_severity_makes_the_same_edits_and_more(transform: TextTransform, text: str, seed: int) -> None:
    before: set[object] = set()
    for severity in range(1, len(transform.severities) + 1):
        made = transform.apply(text, severity, seed)
        if isinstance(made, Changed):
            assert before <= set(made.edits)
            before = set(made.edits)


@by_name
@given(text=TEXTS, seed=st.integers(0, 2**32), data=st.data())
@SOME
def test_spared_characters_stay(transform: TextTransform, text: str, seed: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    made = transform.apply(text, len(transform.severities), seed, spared=[(start, end)])
    if isinstance(made, Changed):
        assert not any(start < edit.end and end > edit.start for edit in made.edits)


@by_name
@given(text=TEXTS, seed=st.integers(0, 2**32))
@SOME
def test_words_keep_their_number(transform: TextTransform, text: str, seed: int) -> None:
    words = Words.of(text.split())
    made = transform.apply(words, len(transform.severities), seed)
    if isinstance(made, Changed):
        assert isinstance(made.example, Words)
        assert len(made.example) == len(words)


@by_name
def test_only_sentences_of_fields_are_changed(transform: TextTransform) -> None:
    fields = Fields(("sex", "text", "age"), ("female", "She said because it's beautiful, 我们喜欢 colour!", 41.0))
    made = transform.apply(fields, len(transform.severities), 3)
    if isinstance(made, Changed):
        assert isinstance(made.example, Fields)
        assert (made.example.values[0], made.example.values[2]) == ("female", 41.0)


def test_names_are_unique_and_every_kind_has_transforms() -> None:
    assert len(set(NAMES)) == len(NAMES)
    errors = {"age": MeasurementError(absolute=1.0)}
    found: list[Transform] = [
        one for kind in ("text", "numbers", "image") for one in transforms_for(kind, ("en", "zh"), (), errors)
    ]
    assert {one.name for one in found} == set(NAMES)


def test_rows_have_seeds_of_their_own() -> None:
    assert seed_of(1, "a") == seed_of(1, "a") != seed_of(1, "b")
    assert seed_of(1, "a") != seed_of(2, "a")

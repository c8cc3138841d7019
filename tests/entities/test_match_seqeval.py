"""Entities and their strict scores are those of seqeval, for sequences that follow no scheme too."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, IOE2, Tokens

from audit.entities.decisions import match
from audit.entities.schemes import SCHEMES, read
from audit.entities.tags import read_tags
from tests.entities.drawing import TYPES, flat, tags


def ours(sequence: list[str], scheme: str) -> list[tuple[str, int, int]]:
    """Entities as seqeval writes them."""
    found = read_tags([sequence], column="tags", where="rows.json", scheme=scheme).rows[0]
    assert found is not None
    return [(entity.type, entity.start, entity.end - 1) for entity in found]


@pytest.mark.parametrize(
    ("scheme", "letters"), [("IOB2", "BI"), ("IOB1", "BI"), ("BIOES", "BIES"), ("IOE2", "IE"), ("IO", "I")]
)
def test_any_sequence_is_read_as_seqeval_reads_it(scheme: str, letters: str) -> None:
    @given(tags(letters, TYPES))
    def check(sequence: list[str]) -> None:
        assert ours(sequence, scheme) == get_entities(sequence)

    check()


@pytest.mark.parametrize(("scheme", "letters"), [("BILOU", "BILU"), ("BMES", "BMES")])
def test_other_letters_are_read_as_seqeval_reads_those_it_knows(scheme: str, letters: str) -> None:
    known = str.maketrans("LUM", "ESI")

    @given(tags(letters))
    def check(sequence: list[str]) -> None:
        renamed = [tag[0].translate(known) + tag[1:] for tag in sequence]
        assert ours(sequence, scheme) == get_entities(renamed)

    check()


@given(st.lists(st.sampled_from(["O", "B", "I", "E", "S"]), max_size=12))
def test_tags_without_types(sequence: list[str]) -> None:
    assert ours(sequence, "BIOES") == get_entities(sequence)


@pytest.mark.parametrize(
    ("name", "theirs"), [("IOB2", IOB2), ("IOB1", IOB1), ("BIOES", IOBES), ("BILOU", BILOU), ("IOE2", IOE2)]
)
def test_well_formed_sequences_mean_the_same_in_the_strict_mode_of_seqeval(name: str, theirs: type) -> None:
    @given(flat())
    def check(entities: list) -> None:
        parts = SCHEMES[name].write(entities, 30)
        written = ["O" if part is None else "-".join(part) for part in parts]
        assert read(parts) == entities
        found = Tokens(written, theirs).entities
        assert [(entity.start, entity.end, entity.tag) for entity in found] == [tuple(entity) for entity in entities]

    check()


def rate(part: int, whole: int) -> float:
    """seqeval's own answer where nothing can be counted is 0."""
    return part / whole if whole else 0.0


@given(st.lists(st.tuples(tags("BIES"), tags("BIES")), min_size=1, max_size=4))
def test_one_type_against_the_rest_over_decisions_is_the_strict_score(pairs: list[tuple[list[str], list[str]]]) -> None:
    gold = [[*left, *["O"] * (len(right) - len(left))] for left, right in pairs]
    predicted = [[*right, *["O"] * (len(left) - len(right))] for left, right in pairs]
    columns = [read_tags(rows, column="t", where="f", scheme="BIOES") for rows in (gold, predicted)]
    decided = [d for g, p in zip(columns[0].rows, columns[1].rows, strict=True) for d in match(g or [], p or [])]
    kinds = sorted({kind for d in decided for kind in (d.y_true, d.y_pred)} - {"O"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval warns of each type that is never predicted
        theirs = precision_recall_fscore_support(gold, predicted, average=None)
        micro = precision_recall_fscore_support(gold, predicted, average="micro")
    for at, kind in enumerate(kinds):
        hits = sum(d.y_true == d.y_pred == kind for d in decided)
        said, true = sum(d.y_pred == kind for d in decided), sum(d.y_true == kind for d in decided)
        expected = (rate(hits, said), rate(hits, true), rate(2 * hits, said + true), true)
        assert tuple(part[at] for part in theirs) == pytest.approx(expected, abs=1e-12)
    hits = sum(d.y_true == d.y_pred for d in decided)
    said, true = (sum(d[side] != "O" for d in decided) for side in (3, 2))
    assert micro == pytest.approx((rate(hits, said), rate(hits, true), rate(2 * hits, said + true), true), abs=1e-12)

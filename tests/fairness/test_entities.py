"""Entities: one decision per labelled entity and per invented one; the strict scores of the CoNLL-2003 evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.discovery import DiscoveryCounter, Search
from audit.fairness.compare.disparities import compare
from audit.fairness.tally import tally_decisions
from audit.store.decisions import Decided, several
from tests.fairness.several import NO_ENTITY, SCHEMA, compared, question, quickly, rows_of, slicing, value

TYPES = ["LOC", "PER"]
CLASSES = [NO_ENTITY, *TYPES]
Spans = dict[tuple[int, int], str]


def decisions_of(gold: Spans, found: Spans) -> list[Decided]:
    """One decision per labelled entity, and per found one that has no such span."""
    pairs = [(span, kind, found.get(span, NO_ENTITY)) for span, kind in gold.items()]
    pairs += [(span, NO_ENTITY, kind) for span, kind in found.items() if span not in gold]
    return [Decided(t, p, position=span[0], start=span[0], end=span[1]) for span, t, p in pairs]


@dataclass
class Counts:
    """Strict matches, labelled entities and found ones, with their rows' weights."""

    right: float = 0.0
    gold: float = 0.0
    found: float = 0.0

    def scores(self) -> tuple[float | None, float | None, float | None]:
        f1 = 2 * self.right / (self.gold + self.found) if self.gold + self.found else None
        return self.right / self.found if self.found else None, self.right / self.gold if self.gold else None, f1


def by_hand(rows: list[tuple[Spans, Spans]], weights: list[float], kinds: list[str]) -> Counts:
    """What conlleval counts: sets of (start, end, type), a match only where all three agree."""
    counts = Counts()
    for (gold, found), weight in zip(rows, weights, strict=True):
        sets = [{(*span, kind) for span, kind in side.items() if kind in kinds} for side in (gold, found)]
        counts.right += weight * len(sets[0] & sets[1])
        counts.gold += weight * len(sets[0])
        counts.found += weight * len(sets[1])
    return counts


spans = st.dictionaries(st.sampled_from([(0, 2), (0, 3), (4, 5), (6, 9)]), st.sampled_from(TYPES), max_size=3)


@quickly()
@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(spans, spans, st.sampled_from("ab"), st.sampled_from([0.5, 1.0, 4.0])), min_size=1))
def test_scores_are_the_strict_ones_of_spans(case: list[tuple[Spans, Spans, str, float]]) -> None:
    rows = rows_of([group for *_, group, _ in case], [weight for *_, weight in case])
    decided = [decisions_of(gold, found) for gold, found, *_ in case]
    asked = ("precision", "true_positive_rate", "f1_score", "micro_precision", "micro_recall", "micro_f1",
             "macro_precision", "macro_recall", "macro_f1")  # fmt: skip
    done = compared("entities", decided, rows, CLASSES, asked)
    for group in sorted({g.values[0] for g in done.slicing.groups}):
        mine = [(gold, found) for gold, found, of, _ in case if of == group]
        weights = [weight for *_, of, weight in case if of == group]
        together = by_hand(mine, weights, TYPES)
        names = ("micro_precision", "micro_recall", "micro_f1")
        for name, expected in zip(names, together.scores(), strict=True):
            assert value(done, name, group).value == approximately(expected), name
        each = [by_hand(mine, weights, [kind]) for kind in TYPES]
        for kind, counts in zip(TYPES, each, strict=True):
            for name, expected in zip(("precision", "true_positive_rate", "f1_score"), counts.scores(), strict=True):
                assert value(done, name, group, kind).value == approximately(expected), (name, kind)
        if all(counts.gold for counts in each):
            for at, name in enumerate(("macro_precision", "macro_recall", "macro_f1")):
                mean = np.mean([counts.scores()[at] or 0.0 for counts in each])
                assert value(done, name, group).value == pytest.approx(mean, abs=1e-12), name
        else:
            assert value(done, "macro_f1", group).note == "class_without_support"


def approximately(expected: float | None) -> object:
    return None if expected is None else pytest.approx(expected, abs=1e-12)


def tags_of(entities: Spans, length: int) -> list[str]:
    """Write entities that do not overlap as BIO tags."""
    tags = ["O"] * length
    for (start, end), kind in entities.items():
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def test_scores_of_every_group_are_seqevals() -> None:
    rng = np.random.default_rng(5)
    rows, groups = [], rng.choice(["a", "b"], 120).tolist()
    for _ in groups:
        gold, found = (
            {(4 * i, 4 * i + int(rng.integers(1, 4))): str(rng.choice(TYPES)) for i in range(5) if rng.random() < 0.6}
            for _ in range(2)
        )
        # Most entities are found as they are, some with another end or type.
        found |= {span: kind for span, kind in gold.items() if rng.random() < 0.7}
        found = {span: kind for span, kind in found.items() if span in gold or span[0] not in {s for s, _ in gold}}
        rows.append((gold, found))
    done = compared("entities", [decisions_of(*row) for row in rows], rows_of(groups), CLASSES)
    for group in "ab":
        gold, found = (
            [tags_of(row[side], 24) for row, of in zip(rows, groups, strict=True) if of == group] for side in (0, 1)
        )
        for average in ("micro", "macro"):
            theirs = precision_recall_fscore_support(gold, found, average=average, mode="strict", scheme=IOB2)
            ours = [value(done, f"{average}_{name}", group).value for name in ("precision", "recall", "f1")]
            assert ours == pytest.approx(list(theirs[:3]), abs=1e-12)
        each = precision_recall_fscore_support(gold, found, average=None, mode="strict", scheme=IOB2)
        for at, kind in enumerate(TYPES):
            ours = [value(done, name, group, kind) for name in ("precision", "true_positive_rate", "f1_score")]
            assert [one.value for one in ours] == pytest.approx([part[at] for part in each[:3]], abs=1e-12)
            assert ours[1].n == each[3][at]


def drawn(size: int = 300, seed: int = 0, right: tuple[float, float] = (0.9, 0.9)) -> tuple[list, list[str]]:
    """Rows of three persons each; a row's persons are all found with the same chance, of 0 or 1 in most."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(["a", "b"], size).tolist()
    decided = []
    for group in groups:
        chance = rng.beta(0.3 * right["ab".index(group)], 0.3 * (1 - right["ab".index(group)]))
        hit = rng.random(3) < chance
        gold: Spans = {(10 * i, 10 * i + 4): "PER" for i in range(3)}
        found: Spans = {span: "PER" for span, one in zip(gold, hit, strict=True) if one}
        decided.append(decisions_of(gold, found | {(40, 44): "LOC"}))
    return decided, groups


def test_rows_are_clusters() -> None:
    decided, groups = drawn()
    done = compared("entities", decided, rows_of(groups), CLASSES, ("micro_recall", "micro_f1", "true_positive_rate"))
    rows = groups.count("a")
    for metric, cls in (("micro_recall", None), ("true_positive_rate", "PER")):
        found = value(done, metric, "a", cls)
        assert (found.n, found.clusters) == (3 * rows, rows)
        assert rows <= found.effective_n < 1.7 * rows


def test_nothing_is_said_of_decisions_that_are_not_there() -> None:
    decided, groups = drawn(40)
    done = compared("entities", decided, rows_of(groups), CLASSES)
    assert {v.cls for v in done.metrics} == {None, *TYPES}
    assert {report.cls for report in done.class_reports} == set(TYPES)
    assert done.selected == [] and question("entities", CLASSES).selectable == []


def test_a_gap_of_entities_is_a_finding() -> None:
    decided, groups = drawn(600, right=(0.95, 0.7))
    found = clear_gaps([compared("entities", decided, rows_of(groups), CLASSES, ("micro_recall",))], 0.95)
    assert [(item.metric, item.low_group) for item in found.items] == [("micro_recall", ["b"])]


def test_slices_are_searched_by_what_is_found_and_what_is_invented() -> None:
    decided, groups = drawn(800, right=(0.95, 0.6))
    table = several(rows_of(groups), decided, SCHEMA)
    searched = DiscoveryCounter(Search(("group",), 1, CLASSES, None, True, 0.05, True, nothing=NO_ENTITY), seed=0)
    searched.add(table, 0)
    items = searched.done().items
    assert ("micro_recall", {"group": "b"}, None) in [(item.metric, item.slice, item.cls) for item in items]


def test_a_row_without_entities_changes_nothing() -> None:
    decided, groups = drawn(50)
    table = several(rows_of([*groups, "a"]), [*decided, []], SCHEMA)
    (tally,) = tally_decisions([table], [slicing("entities")])
    done = compare(tally, question("entities", CLASSES))
    alone = compared("entities", decided, rows_of(groups), CLASSES)
    assert [v for v in done.metrics if v.group == ["a"]] == [v for v in alone.metrics if v.group == ["a"]]


def test_rows_in_which_there_is_nothing_move_no_score_of_entities() -> None:
    """They are handed over as a decision of nothing, to be counted among rows."""
    decided, groups = drawn(80)
    asked = ("micro_recall", "micro_precision", "true_positive_rate", "precision", "f1_score", "micro_f1", "macro_f1")
    alone = compared("entities", decided, rows_of(groups), CLASSES, asked)
    silent = [[Decided(NO_ENTITY, NO_ENTITY)] for _ in range(70)]
    done = compared("entities", decided + silent, rows_of(groups + ["a"] * 70), CLASSES, asked)
    for before, after in zip(alone.metrics, done.metrics, strict=True):
        assert (after.value, after.n, after.clusters) == (before.value, before.n, before.clusters)
        if not after.metric.endswith(("f1", "f1_score")):  # whose bounds are drawn
            assert (after.lower, after.upper) == (before.lower, before.upper)

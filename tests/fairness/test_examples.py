"""Rates of whole rows and of characters, where a row has several decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from audit.config import PolicyConfig, RuleConfig
from audit.fairness.bounds.effective import kish
from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.disparities import Compared
from audit.fairness.compare.examples import ExampleCounter
from audit.fairness.metrics.choosing import described
from audit.fairness.tally import Slicing, tally_columns
from audit.policy.judge import judge
from audit.policy.rules import questions
from audit.result import AuditResult, Flags
from audit.store.columns import control_column
from audit.store.decisions import Decided, decision_schema, several
from tests.fairness.helpers import gap
from tests.fairness.several import NO_ENTITY, NO_LABEL, SCHEMA, compared, labels, question, rows_of, slicing, value

NAMES = ["x", "y"]


def rates(
    outcome: str, batches: Sequence[pa.Table], asked: tuple[str, ...], controls: tuple[str, ...] = ()
) -> list[Compared]:
    classes = [NO_LABEL, *NAMES] if outcome == "labels" else [NO_ENTITY, "PER"]
    slicings = [slicing(outcome, controls)]
    counter = ExampleCounter(question(outcome, classes, asked), slicings)
    for batch in batches:
        counter.add(batch.select([*dict.fromkeys([*tally_columns(slicings), *counter.columns])]))
    return counter.done()


def cut(table: pa.Table, at: Sequence[int]) -> list[pa.Table]:
    edges = [0, *sorted(at), table.num_rows]
    return [table.slice(a, b - a) for a, b in pairwise(edges)]


matrices = st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.data(), matrices)
def test_exact_match_is_scikit_learns_wherever_batches_are_cut(data: st.DataObject, rows: list[list[int]]) -> None:
    matrix, size = np.array(rows), len(rows)
    truth, predicted = matrix[:, :2], matrix[:, 2:]
    groups = data.draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size))
    weights = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=size, max_size=size))
    table = several(rows_of(groups, weights), labels(truth, predicted, NAMES), SCHEMA)
    at = data.draw(st.lists(st.integers(0, table.num_rows), max_size=4))
    (done,) = rates("labels", cut(table, at), ("exact_match",))
    for group in sorted(set(groups)):
        mine = np.array(groups) == group
        found = value(done, "exact_match", group)
        assert found.n == mine.sum()
        w = np.array(weights)[mine]
        assert found.value == pytest.approx(accuracy_score(truth[mine], predicted[mine], sample_weight=w), abs=1e-12)
        # Each row is a cluster of its own, so they are independent.
        assert found.clusters is None
        assert found.effective_n <= kish(np.array([w.sum()]), np.array([(w**2).sum()]))[0] + 1e-9


def entity(t: str, p: str, characters: int | None = None, visible: int | None = None, **more: object) -> Decided:
    return Decided(t, p, position=0, characters=characters, visible=visible, **more)  # type: ignore[arg-type]


HIT, MISS, INVENTED = entity("PER", "PER", 5, 0), entity("PER", "O", 8, 6), entity("O", "PER")
#: A row in which nothing is true and nothing was found.
SILENT = Decided("O", "O")


def test_a_row_is_right_if_every_entity_is_and_where_there_is_none() -> None:
    decided = [[HIT, HIT], [HIT, MISS], [INVENTED], [SILENT], []]
    table = several(rows_of(["a"] * 5), decided, SCHEMA)
    (done,) = rates("entities", [table], ("exact_match",))
    found = value(done, "exact_match", "a")
    assert (found.n, found.value) == (4, 0.5)


def test_rows_that_failed_or_that_nobody_labelled_do_not_count() -> None:
    failed = replace(HIT, y_pred=None, status="failed")
    unlabelled = replace(INVENTED, y_true=None)
    table = several(rows_of(["a"] * 3), [[HIT], [HIT, failed], [unlabelled]], SCHEMA)
    (done,) = rates("entities", [table], ("exact_match",))
    assert (value(done, "exact_match", "a").n, value(done, "exact_match", "a").value) == (1, 1.0)


def test_what_stays_visible_is_a_share_of_characters_with_rows_as_clusters() -> None:
    """A long name that is missed shows more than a short one; what a wider span covers is covered."""
    decided = [[HIT, MISS], [HIT], [MISS, INVENTED], [SILENT]] * 20
    table = several(rows_of(["a"] * 80, [1.0, 2.0, 0.5, 1.0] * 20), decided, SCHEMA)
    (done,) = rates("entities", [table], ("visible_characters",))
    found = value(done, "visible_characters", "a")
    assert found.n == 20 * (13 + 5 + 8)
    assert found.value == pytest.approx((6 + 0.5 * 6) / (13 + 2 * 5 + 0.5 * 8))
    assert found.clusters == 60
    assert found.lower < found.value < found.upper


def test_of_rows_that_show_all_or_nothing_no_more_is_known_than_of_so_many_rows() -> None:
    decided = [[entity("PER", "O", 8, 8)] * 3, [entity("PER", "PER", 8, 0)] * 3] * 30
    (done,) = rates("entities", [several(rows_of(["a"] * 60), decided, SCHEMA)], ("visible_characters",))
    found = value(done, "visible_characters", "a")
    assert (found.n, found.value, found.clusters) == (60 * 24, 0.5, 60)
    assert found.effective_n == pytest.approx(60, rel=0.02)


def test_a_row_that_stands_for_several_counts_as_often() -> None:
    rows = rows_of(["a", "a"]).set_column(2, "count", pa.array([3, 1], pa.int64()))
    both = rates("entities", [several(rows, [[MISS], [HIT]], SCHEMA)], ("exact_match", "visible_characters"))
    exact, visible = value(both[0], "exact_match", "a"), value(both[1], "visible_characters", "a")
    assert (exact.n, exact.value) == (4, 0.25)
    assert (visible.n, visible.value) == (3 * 8 + 5, pytest.approx(18 / 29))


def test_gaps_and_clear_gaps_are_as_of_decisions() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(["a", "b"], 600).tolist()
    chance = {"a": 0.1, "b": 0.4}
    decided = [[MISS if rng.random() < chance[group] else HIT] * 2 for group in groups]
    found = rates("entities", [several(rows_of(groups), decided, SCHEMA)], ("exact_match", "visible_characters"))
    exact, visible = found
    width = gap(visible, "visible_characters", "difference")
    assert (width.worst_group, width.best_group) == (["b"], ["a"])
    assert 0 < width.lower < width.value < width.upper
    assert gap(exact, "exact_match", "difference").worst_group == ["b"]
    assert {item.metric for item in clear_gaps(found, 0.95).items} == {"exact_match", "visible_characters"}
    assert not exact.class_reports and not exact.selected


def test_controls_are_held_fixed() -> None:
    rng = np.random.default_rng(0)
    site = rng.choice(["s", "t"], 400)
    groups = np.where(rng.random(400) < np.where(site == "s", 0.8, 0.2), "a", "b").tolist()
    decided = [[MISS if rng.random() < (0.6 if at == "s" else 0.1) else HIT] for at in site]
    rows = rows_of(groups).append_column(control_column("site"), [site.tolist()])
    table = several(rows, decided, decision_schema(["group"], ["site"]))
    (done,) = rates("entities", [table], ("visible_characters",), ("site",))
    plain = [value.value for value in done.metrics if not value.stratum]
    held = [value.value for value in done.adjusted]
    assert abs(held[0] - held[1]) < 0.1 < abs(plain[0] - plain[1])


def test_nothing_asked_nothing_read() -> None:
    counter = ExampleCounter(question("entities", [NO_ENTITY, "PER"], ("micro_f1",)), [Slicing(("group",))])
    assert counter.columns == [] and counter.done() == []


def test_an_audit_without_any_row_of_these_has_no_groups() -> None:
    table = several(rows_of(["a"]), [[]], SCHEMA)
    assert [done.metrics for done in rates("entities", [table], ("exact_match", "visible_characters"))] == [[], []]


def test_a_rule_counts_the_rows_that_it_lacks_as_rows() -> None:
    """What a row is: not each of its decisions, and not each character."""
    rng = np.random.default_rng(0)
    groups = ["a"] * 60 + ["b"] * 40
    decided = [[MISS if rng.random() < 0.3 else HIT for _ in range(5)] for _ in groups]
    table = several(rows_of(groups), decided, SCHEMA)
    asked = question("entities", [NO_ENTITY, "PER"], ("micro_recall", "exact_match", "visible_characters"))
    plain = compared("entities", decided, rows_of(groups), [NO_ENTITY, "PER"], ("micro_recall",))
    found = [plain, *rates("entities", [table], ("exact_match", "visible_characters"))]
    result = AuditResult.model_construct(
        level=0.95, config={}, slicings=[plain.slicing], metric_definitions=described(asked.metrics),
        metrics=[value for done in found for value in done.metrics], adjusted=[], correlations=[],
        comparison=None, exchange=None, flags=Flags(decisions=0, by_severity={}, rates=[], explained=0, shown=[]),
    )  # fmt: skip
    names = ("micro_recall", "exact_match", "visible_characters")
    policy = PolicyConfig(rules=tuple(RuleConfig(metric=name, limit=0.4) for name in names))
    for one in questions(result, policy):
        assert {name: one.rows_of([name], 0) for name in "ab"} == {"a": 60, "b": 40}
    told = judge(result, policy).rules
    assert [rule.metric for rule in told] == list(names)
    assert all(rule.cls is None for rule in told)

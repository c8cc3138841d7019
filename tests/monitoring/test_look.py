"""What a history says: alarms with what they rest on, limits that are kept, epochs, labels that come late."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audit.monitoring.entries import Entry, Plan
from audit.monitoring.epoch import Epoch
from audit.monitoring.history import History
from audit.monitoring.look import level_of, look
from audit.result.monitoring import Monitoring
from tests.monitoring.streams import Cell, counts, day, decided, entry, labelled, plan, rule

SIZES = {"a": 300, "b": 300}


def seen(entries: list[Entry]) -> Monitoring:
    return look(History(Path("h.jsonl"), tuple(entries), "c" * 64))


def stream(
    planned: Plan, days: int, rates: Callable[[int], dict[str, float]], sizes: dict[str, int] = SIZES
) -> list[Entry]:
    rng = np.random.default_rng(7)
    return [entry(n, [decided(rng, sizes, rates(n))], planned if n == 0 else None) for n in range(days)]


def test_nothing_yet() -> None:
    found = seen([])
    assert (found.status, found.windows, found.alarms, found.watched) == ("undefined", [], [], 0)


def test_a_gap_that_grows_over_its_limit_raises_both_alarms_and_says_when() -> None:
    found = seen(stream(plan(), 90, lambda n: {"a": 0.3 + 0.2 * (n >= 50), "b": 0.3}))
    codes = {alarm.code: alarm for alarm in found.alarms}
    assert set(codes) == {"gap_over_limit", "gap_changed", "decisions_drifted"} or set(codes) == {
        "gap_over_limit",
        "gap_changed",
    }
    over, changed = codes["gap_over_limit"], codes["gap_changed"]
    assert (over.severity, over.rule, over.limit, over.groups) == (
        "error",
        "selection_rate limit 0.1",
        0.1,
        [["a"], ["b"]],
    )
    assert day(50) < changed.raised < over.raised < day(80)
    assert changed.change is not None
    assert changed.change.earliest <= day(50) <= changed.change.latest
    assert changed.change.before == pytest.approx(0, abs=0.03)
    assert changed.change.after == pytest.approx(0.2, abs=0.06)
    assert found.status == "fail"
    [state] = found.limits
    assert (state.status, state.groups) == ("fail", [["a"], ["b"]])
    [gap] = [one for one in found.series if one.kind == "gap"]
    assert gap.changed
    assert gap.lower > gap.upper
    assert len(gap.points) == 90
    assert gap.points[0].n == [300, 300]


def test_a_gap_within_its_limit_is_shown_to_be() -> None:
    found = seen(stream(plan([rule(), rule("ratio", 0.5)]), 40, lambda n: {"a": 0.32, "b": 0.3}))
    assert found.alarms == []
    assert [state.status for state in found.limits] == ["pass", "pass"]
    assert found.status == "pass"


def test_a_ratio_below_its_limit() -> None:
    found = seen(stream(plan([rule("ratio", 0.8)]), 40, lambda n: {"a": 0.2, "b": 0.4}))
    [alarm] = found.alarms
    assert (alarm.code, alarm.groups, alarm.limit) == ("ratio_under_limit", [["b"], ["a"]], 0.8)
    assert alarm.value == pytest.approx(0.5, abs=0.07)
    [state] = found.limits
    assert (state.status, state.aggregate) == ("fail", "ratio")


def test_old_windows_do_not_vouch_for_new_ones() -> None:
    """A group too small for an alarm yet: its limit is open again once newer windows speak against it."""
    sizes = {"a": 30, "b": 300}
    calm = stream(plan(), 120, lambda n: {"a": 0.3, "b": 0.3}, sizes)
    assert seen(calm).limits[0].status == "pass"
    late = stream(plan(), 135, lambda n: {"a": 0.3 + 0.3 * (n >= 122), "b": 0.3}, sizes)
    assert seen(late).limits[0].status != "pass"


def test_margins_are_held_against_the_stream_itself() -> None:
    rules = [rule("gap_change", 0.05, severity="error"), rule("group_change", 0.05, severity="error")]
    found = seen(stream(plan(rules), 80, lambda n: {"a": 0.3 + 0.2 * (n >= 40), "b": 0.3}))
    by_rule = {alarm.rule: alarm for alarm in found.alarms if alarm.rule}
    assert set(by_rule) == {one.name for one in rules}
    assert by_rule[rules[1].name].groups == [["a"]]
    assert by_rule[rules[1].name].code == "rate_changed"


def test_labels_count_when_they_arrive() -> None:
    rules = [rule("limit", 0.1, "true_positive_rate")]
    right = {"a": (0.9, 0.2), "b": (0.6, 0.2)}
    rng = np.random.default_rng(1)
    whole = [labelled(rng, SIZES, right) for _ in range(40)]
    hidden = [
        counts([([*group], None, p, n) for group, _, p, n in _cells(one)]) for one in whole
    ]  # fmt: skip
    lines = [entry(n, [one], plan(rules) if n == 0 else None) for n, one in enumerate(hidden)]
    before = seen(lines)
    assert before.alarms == []
    assert before.limits[0].status == "inconclusive"
    assert [note.code for note in before.notes if note.code == "monitor_no_labels"]
    for n, one in enumerate(whole):
        lines.append(entry(n, [one], kind="labels"))
    after = seen(lines)
    [over] = [alarm for alarm in after.alarms if alarm.code == "gap_over_limit"]
    assert over.raised == day(40), "not before the labels were there"
    assert after.epochs[0].labelled == after.epochs[0].decisions
    assert {window.amendments for window in after.windows} == {1}
    # Decisions were not counted again.
    share = [next(s for s in found.series if s.kind == "decisions") for found in (before, after)]
    assert share[0] == share[1]


def _cells(one: object) -> list[Cell]:
    cells: list[Cell] = []
    for group, label, predicted, n in zip(one.groups, one.y_true, one.y_pred, one.n, strict=True):  # type: ignore[attr-defined]
        cells.append((group, label, predicted, n))
    merged: dict[tuple[str, str | None], int] = {}
    for group, _, predicted, n in cells:
        merged[group[0], predicted] = merged.get((group[0], predicted), 0) + n
    return [([group], None, predicted, n) for (group, predicted), n in merged.items()]


def test_labels_may_arrive_in_parts() -> None:
    rules = [rule("limit", 0.1, "true_positive_rate")]
    cells: list[Cell] = [
        (["a"], "yes", "yes", 10),
        (["a"], None, "yes", 10),
        (["b"], "yes", "no", 5),
        (["b"], None, "no", 5),
    ]
    more: list[Cell] = [
        (["a"], "yes", "yes", 15),
        (["a"], "no", "yes", 5),
        (["b"], "yes", "no", 5),
        (["b"], None, "no", 5),
    ]
    found = seen([entry(0, [counts(cells)], plan(rules)), entry(0, [counts(more)], kind="labels")])
    [gap] = [one for one in found.series if one.metric == "true_positive_rate"]
    assert gap.value == 1.0
    assert gap.points[0].n == [15, 5]


def test_a_group_that_comes_up_later_is_watched_from_then_on() -> None:
    def sizes(n: int) -> dict[str, int]:
        return SIZES if n < 20 else {**SIZES, "c": 300}

    rng = np.random.default_rng(2)
    rates = {"a": 0.3, "b": 0.3, "c": 0.7}
    lines = [entry(n, [decided(rng, sizes(n), rates)], plan() if n == 0 else None) for n in range(60)]
    found = seen(lines)
    over = {tuple(group[0] for group in alarm.groups) for alarm in found.alarms if alarm.code == "gap_over_limit"}
    assert over == {("c", "a"), ("c", "b")}
    assert any(alarm.code == "groups_drifted" for alarm in found.alarms)


def test_groups_in_no_gap_and_exempt_ones_are_left_out() -> None:
    rng = np.random.default_rng(2)
    rates, sizes = {"a": 0.3, "b": 0.3, "c": 0.9, "(missing)": 0.9}, dict.fromkeys(["a", "b", "c", "(missing)"], 300)
    lines = [
        entry(
            n,
            [decided(rng, sizes, rates).model_copy(update={"outside": [["(missing)"]]})],
            plan([rule(exempt=["c"])]) if n == 0 else None,
        )
        for n in range(40)
    ]
    found = seen(lines)
    assert len(found.limits) == 1
    assert not [alarm for alarm in found.alarms if alarm.code == "gap_over_limit"]
    assert {tuple(map(tuple, one.groups)) for one in found.series if one.kind == "gap"} == {
        (("a",), ("b",)), (("b",), ("a",)), (("c",), ("a",)), (("c",), ("b",))
    } & {tuple(map(tuple, one.groups)) for one in found.series if one.kind == "gap"}  # fmt: skip
    assert len([one for one in found.series if one.kind == "gap"]) == 3


def test_weights_make_each_window_one_observation() -> None:
    found = seen(stream(plan(why_windows="weights"), 30, lambda n: {"a": 0.3, "b": 0.3}))
    assert {one.unit for one in found.series if one.kind == "gap"} == {"windows"}
    assert "monitor_windows_weights" in {note.code for note in found.notes}


def test_lengths_and_words_drift() -> None:
    rng = np.random.default_rng(4)
    lines = []
    for n in range(60):
        late = n >= 30
        lengths = [0] * 6 + rng.multinomial(600, [0.1, 0.1, 0.3, 0.5] if late else [0.2, 0.3, 0.3, 0.2]).tolist()
        words = None if n == 0 else {"texts": 600, "unseen": int(rng.binomial(600, 0.5 if late else 0.25))}
        counted = [decided(rng, SIZES, {"a": 0.3, "b": 0.3})]
        lines.append(entry(n, counted, plan() if n == 0 else None, lengths=lengths, words=words))
    found = seen(lines)
    assert {alarm.code for alarm in found.alarms} == {"lengths_drifted", "vocabulary_drifted"}
    assert {alarm.severity for alarm in found.alarms} == {"warn"}
    assert found.status == "pass", "what only warns fails nothing"


def test_an_epoch_begins_anew() -> None:
    rng = np.random.default_rng(7)
    lines = stream(plan(), 40, lambda n: {"a": 0.55, "b": 0.3})
    for n in range(40, 80):
        fresh = {"epoch": 2, "began": "model", "plan": plan()} if n == 40 else {"epoch": 2}
        lines.append(entry(n, [decided(rng, SIZES, {"a": 0.3, "b": 0.3})], **fresh))
    found = seen(lines)
    assert [epoch.number for epoch in found.epochs] == [1, 2]
    assert [alarm.epoch for alarm in found.alarms] == [1]
    assert found.standing == []
    assert found.status == "pass"
    assert len(found.windows) == 40


def test_epochs_of_a_year_share_its_level() -> None:
    starts: list[str] = []
    spent = []
    for number in (0, 30, 60, 90, 200, 366, 500):
        starts.append(day(number))
        spent.append(level_of(starts, 0.05))
    assert spent[0] == pytest.approx(0.05 / 3)
    assert spent[1] == pytest.approx(0.05 / 6)
    assert sum(spent[:5]) <= 0.05 * 2 / 3
    # Any stretch of 365 days: what begins in it, and what was there before.
    for first in range(len(starts)):
        within = [level for start, level in zip(starts, spent, strict=True) if starts[first] <= start < day(365)]
        assert sum(within) + max(spent) <= 0.05 + 1e-12


def test_what_is_said_follows_from_the_lines_alone() -> None:
    lines = stream(plan(), 20, lambda n: {"a": 0.4, "b": 0.3})
    assert seen(lines) == seen(lines)
    first = lines[0]
    assert first.plan is not None
    epoch = Epoch(1, first.plan, 0.01, first)
    raised = [alarm for line in lines for alarm in epoch.add(line)]
    assert raised == epoch.alarms

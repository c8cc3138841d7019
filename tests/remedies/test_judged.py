"""Halves are alike and apart, and what is judged on the second covers the truth of what was chosen on the first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.compare.question import Question
from audit.remedies.halves import halve
from audit.remedies.what_if import Wanted, what_if
from benchmarks.calibration_remedies import CLASSES, DESIGNS, Scored, rules_of, simulate
from tests.remedies.test_thresholds import scored

RUNS = 10
WANTED = Wanted(("demographic_parity",), "accuracy", 100, 500, 3)


def question(seed: int = 0) -> Question:
    return Question([], [], list(CLASSES), "yes", 0.95, seed=seed)


def test_halves_are_drawn_within_every_group_and_label() -> None:
    rows = scored(1).assign(row=lambda frame: frame.index)
    fitted, judged = halve(rows, 0)
    assert sorted([*fitted.row, *judged.row]) == list(rows.row)
    sizes = pd.DataFrame(
        {name: half.groupby(["group", "label"]).size() for name, half in (("f", fitted), ("j", judged))}
    )
    assert (sizes.f - sizes.j).abs().max() <= 1
    assert halve(rows, 0)[0].equals(fitted) and not halve(rows, 1)[0].equals(fitted)


def test_a_row_of_many_decisions_is_split_by_lot() -> None:
    rows = scored(2, rows=30, digits=1).assign(count=40)
    fitted, judged = halve(rows, 0)
    assert fitted["count"].sum() == judged["count"].sum() == 600
    # Cut in the middle, both halves would be the same data: twenty each.
    assert fitted["count"].std() > 1.5
    total = pd.concat([fitted, judged]).groupby(["group", "label", "score"])["count"].sum()
    assert (total == rows.groupby(["group", "label", "score"])["count"].sum()).all()


def test_clusters_stay_whole() -> None:
    rows = scored(3).assign(cluster=lambda frame: [f"c{i % 97}" if i % 5 else None for i in frame.index])
    fitted, judged = halve(rows, 0)
    assert not set(fitted.cluster.dropna()) & set(judged.cluster.dropna())
    assert abs(len(fitted) - len(judged)) < 80


@pytest.mark.parametrize("design", [DESIGNS[0], DESIGNS[3]], ids=lambda design: design.name)
def test_bounds_on_the_other_half_hold(design: Scored) -> None:
    found = simulate(design, RUNS)
    # Four remedies, three rates and gaps: those of one sample hang together, so this is far from a tight bound.
    assert found.rates.of == RUNS * 4 * 3 * 2
    assert found.rates.count / found.rates.of > 0.88
    assert found.lower.count / found.lower.of > 0.88
    assert found.upper.count / found.upper.of > 0.85


def test_rates_are_those_of_the_rules_on_the_other_half() -> None:
    rows = scored(4, rows=2000, digits=2)
    done = what_if(rows, "group", CLASSES, {}, question(), WANTED)
    _, judged = halve(rows, 0)
    assert (done.fitted, done.judged) == (2000 - len(judged), len(judged))
    assert (done.left_out, done.note) == ([], None)
    for remedy in done.remedies:
        for group in remedy.groups:
            mine = judged[judged.group == group.group[0]]
            chance = mine.predicted.to_numpy(float)
            if remedy.code != "as_decided":
                chance = rules_of(remedy)[group.group[0]].positive(mine.score.to_numpy())
                gained = float((chance * (1 - mine.predicted)).mean())
                assert group.newly_positive == pytest.approx(gained)
            expected = {
                "selection_rate": chance.mean(),
                "true_positive_rate": chance[mine.label == 1].mean(),
                "false_positive_rate": chance[mine.label == 0].mean(),
            }
            assert {one.metric: one.value for one in group.rates} == pytest.approx(expected)
        for gap in remedy.gaps:
            values = [one.value or 0.0 for group in remedy.groups for one in group.rates if one.metric == gap.metric]
            assert gap.value == pytest.approx(np.ptp(values))
            assert gap.lower is not None and gap.upper is not None and gap.lower <= np.ptp(values) <= gap.upper
    assert [point.constraint for point in done.frontier] == ["demographic_parity"] * 3
    assert done.frontier[0].allowed == 0.0


def test_groups_of_which_too_little_is_known_keep_the_one_threshold() -> None:
    rows = scored(5, rows=900)
    few = rows[(rows.group != "c") | (rows.label == 0) | (rows.index % 12 == 0)]
    done = what_if(few, "group", CLASSES, {"b": "configured"}, question(), WANTED)
    assert {item.group[0]: item.note for item in done.left_out} == {"b": "outside_gaps", "c": "too_few_positives"}
    assert (done.note, done.remedies) == ("fewer_than_two_groups", [])
    done = what_if(few, "group", CLASSES, {}, question(), WANTED)
    assert [item.group for item in done.left_out] == [["c"]]
    by_code = {remedy.code: {group.group[0]: group.rules for group in remedy.groups} for remedy in done.remedies}
    assert by_code["demographic_parity"]["c"] == by_code["one_threshold"]["c"]
    assert all("c" not in (gap.low_group or []) + (gap.high_group or []) for gap in done.remedies[2].gaps)

"""Decisions that changed between two versions: counts, bounds that hold for few, and gaps beyond chance only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import beta

from audit.fairness.compare.changed import changed_decisions
from audit.fairness.compare.paired import PairedTally, same_decisions
from audit.fairness.metrics.names import FLIPS
from audit.fairness.tally import Slicing
from audit.result import ClearGaps, Flips, Group, SlicingFacts
from audit.store.columns import group_column

LEVEL = 0.95


def facts(names: list[str], outside: str | None = None) -> SlicingFacts:
    blank = {"n": 1, "share": 0.5, "weight": 1.0, "effective_n": 1.0, "n_labelled": 1}
    groups = [
        Group(values=[name], **blank, by_label={}, by_prediction={}, in_gaps=name != outside, note=None)
        for name in names
    ]
    return SlicingFacts(attributes=["g"], groups=groups)


def judged(frame: pd.DataFrame, outside: str | None = None) -> tuple[dict[str, Flips], ClearGaps]:
    """Flips of a table of `g`, `truth`, `before`, `after`, and perhaps `cluster` and `weight`."""
    clustered = "cluster" in frame
    renamed = frame.rename(columns={"g": group_column("g"), "truth": "y_true", "after": "y_pred", "before": "y_before"})
    weight = renamed["weight"] if "weight" in renamed else pd.Series(1.0, renamed.index)
    renamed = renamed.assign(n=1, w=weight, w2=weight**2)
    keys = [group_column("g"), *(["cluster"] if clustered else []), "y_true", "y_pred", "y_before"]
    cells = renamed.groupby(keys, dropna=False, as_index=False)[["n", "w", "w2"]].sum()
    cells = cells.astype(dict.fromkeys(("y_true", "y_pred", "y_before"), object)).where(cells.notna(), None)
    names = sorted(set(frame["g"]))
    codes = cells[group_column("g")].map(names.index).to_numpy(np.int64)
    tally = PairedTally(Slicing(("g",), (), clustered), cells, pd.DataFrame())
    flips, gaps = changed_decisions([(tally, codes, facts(names, outside))], "1", LEVEL)
    return {flip.group[0]: flip for flip in flips}, gaps


def rates(flips: Flips) -> dict[str, tuple[int, int]]:
    return {rate.kind: (rate.flips, rate.n) for rate in flips.rates}


def test_every_way_of_changing_is_counted_among_those_that_could() -> None:
    frame = pd.DataFrame(
        [
            *[("a", "1", "0", "1")] * 3,  # newly right, to positive
            *[("a", "1", "1", "0")] * 2,  # newly wrong, to negative
            *[("a", None, "1", "0")] * 4,  # nobody knows what is right
            *[("a", "0", "0", "0")] * 11,
            *[("b", "0", "2", "3")] * 5,  # from one wrong class to another
        ],
        columns=["g", "truth", "before", "after"],
    )
    found, _ = judged(frame)
    assert rates(found["a"]) == {
        "changed": (9, 20), "to_positive": (3, 20), "to_negative": (6, 20), "newly_wrong": (2, 16),
        "newly_right": (3, 16),
    }  # fmt: skip
    assert rates(found["b"]) == dict.fromkeys(FLIPS, (0, 5)) | {"changed": (5, 5)}


@pytest.mark.parametrize(("flips", "n"), [(0, 1), (0, 40), (1, 40), (3, 3), (9, 3728)])
def test_few_flips_have_the_bounds_of_clopper_and_pearson(flips: int, n: int) -> None:
    frame = pd.DataFrame({"g": "a", "truth": "1", "before": "1", "after": ["0"] * flips + ["1"] * (n - flips)})
    (rate, *_) = judged(frame)[0]["a"].rates
    tail = (1 - LEVEL) / 2
    lower = beta.ppf(tail, flips, n - flips + 1) if flips else 0.0
    upper = beta.ppf(1 - tail, flips + 1, n - flips) if flips < n else 1.0
    assert rate.rate == pytest.approx(flips / n)
    assert (rate.lower, rate.upper) == (pytest.approx(lower, abs=1e-9), pytest.approx(upper, abs=1e-9))


def test_flips_that_come_in_clusters_tell_less() -> None:
    """Twenty flips in two conversations are no twenty witnesses."""
    frame = pd.DataFrame({"g": "a", "truth": "1", "before": "1", "after": ["0"] * 20 + ["1"] * 180})
    alone, together = judged(frame), judged(frame.assign(cluster=[f"c{i // 10}" for i in range(200)]))
    lone, tied = alone[0]["a"].rates[0], together[0]["a"].rates[0]
    assert lone.rate == tied.rate == 0.1
    assert tied.clusters == 20
    assert tied.upper - tied.lower > 2 * (lone.upper - lone.lower)


def test_weights_enter_shares_and_not_counts() -> None:
    frame = pd.DataFrame({"g": "a", "truth": "1", "before": "1", "after": ["0", "1", "1"], "weight": [6.0, 3.0, 3.0]})
    (rate, *_) = judged(frame)[0]["a"].rates
    assert (rate.flips, rate.n, rate.rate) == (1, 3, pytest.approx(0.5))


def drawn(rng: np.random.Generator, size: int, share: dict[str, float]) -> pd.DataFrame:
    g = np.repeat(list(share), size)
    before = rng.choice(["0", "1"], len(g))
    hit = rng.random(len(g)) < np.array([share[name] for name in g])
    after = np.where(hit, np.where(before == "1", "0", "1"), before)
    return pd.DataFrame({"g": g, "truth": rng.choice(["0", "1"], len(g)), "before": before, "after": after})


def test_groups_that_change_more_often_are_named_and_no_others() -> None:
    rng = np.random.default_rng(0)
    found, gaps = judged(drawn(rng, 600, {"a": 0.02, "b": 0.02, "c": 0.12}))
    assert {tuple(item.high_group) for item in gaps.items} == {("c",)}
    assert gaps.items[0].metric == "flips:changed"
    assert gaps.comparisons == 3 * len(FLIPS)
    assert len(found) == 3
    _, without = judged(drawn(rng, 600, {"a": 0.02, "b": 0.02, "c": 0.12}), outside="c")
    assert without.items == []
    assert without.comparisons == len(FLIPS)


def test_chance_alone_names_nobody_in_nineteen_of_twenty() -> None:
    """Of rare flips, where bounds that lean on the normal curve are wrong most often."""
    rng = np.random.default_rng(1)
    named = sum(bool(judged(drawn(rng, 80, dict.fromkeys("abcd", 0.03)))[1].items) for _ in range(60))
    assert named <= 6


def test_versions_that_decided_about_other_things_are_not_paired(tmp_path: Path) -> None:
    def table(name: str, ids: list[str]) -> Path:
        pq.write_table(pa.table({"row_id": ids}), tmp_path / name)
        return tmp_path / name

    one = table("one", ["a#1", "a#4", "b#2"])
    assert same_decisions(one, table("same", ["a#1", "a#4", "b#2"]))
    for other in (["a#1", "b#2"], ["a#1", "b#2", "a#4"], ["a#1", "a#4", "b#2", "c#1"], []):
        assert not same_decisions(one, table("other", other))

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.compare.discovery import DiscoveryCounter, Search, _halves
from audit.result import Discovery
from benchmarks.calibration import discovery_on_noise
from tests.fairness.helpers import decisions


def search(
    frame: pd.DataFrame, columns: tuple[str, ...], *, labelled: bool = True, clustered: bool = False
) -> Discovery:
    asked = Search(columns, 2, ["0", "1"], "1", labelled=labelled, alpha=0.05, clustered=clustered)
    counter = DiscoveryCounter(asked, 0)
    counter.add(decisions(frame, columns), 0)
    return counter.done()


def population(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.5
    p = np.where(rng.random(n) < 0.85, y, ~y)
    frame = pd.DataFrame({"y_true": np.where(y, "1", "0"), "y_pred": np.where(p, "1", "0")})
    return frame.assign(a=rng.choice(list("xyz"), n), b=rng.choice(list("12345678"), n))


def test_one_in_a_hundred_that_is_always_missed_is_found() -> None:
    frame = population(20_000)
    frame.loc[:199, ["a", "y_pred"]] = ["few", "0"]
    found = search(frame, ("a", "b"))
    item = next(i for i in found.items if i.metric == "false_negative_rate")
    assert item.slice == {"a": "few"}
    assert item.value == 1.0
    assert 0.6 < item.lower < item.difference


def test_an_intersection_is_found_and_its_wider_slices_are_not_blamed() -> None:
    frame = population(12_000, 1)
    here = (frame["a"] == "x") & (frame["b"] == "3")
    frame.loc[here, "y_pred"] = np.where(frame.loc[here, "y_true"] == "1", "0", "1")
    assert search(frame, ("a", "b")).items[0].slice == {"a": "x", "b": "3"}


def test_a_slice_within_a_clearer_one_is_not_listed_twice() -> None:
    frame = population(12_000, 2)
    here = frame["a"] == "x"
    frame.loc[here, "y_pred"] = "0"
    listed = [i.slice for i in search(frame, ("a", "b")).items if i.metric == "false_negative_rate"]
    assert listed[0] == {"a": "x"}
    assert not any(item.get("a") == "x" for item in listed[1:])


def test_without_labels_selection_is_searched() -> None:
    frame = population(8_000, 3)
    frame.loc[frame["a"] == "x", "y_pred"] = "0"
    frame["y_true"] = None
    found = search(frame, ("a", "b"), labelled=False)
    assert {i.metric for i in found.items} == {"selection_rate"}
    assert found.items[0].slice == {"a": "x"}


@pytest.mark.parametrize("clustered", [False, True])
def test_noise_is_rarely_reported(clustered: bool) -> None:
    # At a true rate of 5 %, more than 8 of 60 would come up in less than 0.5 % of tries.
    assert discovery_on_noise(60, clustered=clustered).count <= 8


def test_of_several_classes_only_accuracy_is_searched() -> None:
    frame = population(8_000, 4)
    frame.loc[frame["a"] == "x", "y_pred"] = "2"
    asked = Search(("a", "b"), 2, ["0", "1", "2"], None, labelled=True, alpha=0.05, clustered=False)
    counter = DiscoveryCounter(asked, 0)
    counter.add(decisions(frame, ("a", "b")), 0)
    found = counter.done()
    assert {item.metric for item in found.items} == {"accuracy"}
    assert found.items[0].slice == {"a": "x"}


def test_clusters_are_never_cut_in_two() -> None:
    frame = population(500).assign(cluster=[str(i // 5) for i in range(500)])
    halves = pd.Series(_halves(decisions(frame, ["a", "b"]), 0, 3))
    assert (halves.groupby(frame["cluster"]).nunique() == 1).all()
    assert 150 < (halves == "a").sum() < 350

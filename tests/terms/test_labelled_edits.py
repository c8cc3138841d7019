"""Edits held against labels: how many of those made are right, and how many right ones are refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from audit.terms.loading import load_lexicons
from tests.terms.labelled import markdown, outcomes, read_labelled

#: Least precision of the edits made, and largest share of right edits refused, over all classes.
PRECISION, REFUSED = 0.98, 0.05


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return outcomes(load_lexicons(["en", "zh"]))


def test_edits_that_are_made_are_right(counts: pd.DataFrame) -> None:
    total = counts[["right", "open", "wrong"]].sum()
    assert 1 - total["wrong"] / total.sum() >= PRECISION


def test_few_right_edits_are_refused(counts: pd.DataFrame) -> None:
    total = counts[["right", "open", "refused"]].sum()
    assert total["refused"] / total.sum() <= REFUSED


def test_open_readings_are_few_and_hold_the_right_one(counts: pd.DataFrame) -> None:
    her = counts.loc["her"].sum()
    assert her["open"] / her[["right", "open", "wrong"]].sum() <= 0.25


def test_the_set_is_large_enough() -> None:
    cases = read_labelled()
    sizes = pd.Series([case.kind for case in cases]).value_counts()
    assert len(cases) >= 500
    assert sizes["her"] >= 150
    assert sizes["zh"] >= 100
    assert sizes["name"] + sizes["firstname"] >= 100
    assert len({(case.exchange, case.text) for case in cases}) == len(cases)


def test_the_documentation_shows_these_figures(counts: pd.DataFrame) -> None:
    page = (Path(__file__).parents[2] / "docs" / "counterfactuals.md").read_text(encoding="utf-8")
    assert "\n".join(markdown(counts)) in page
    assert f"\n{len(read_labelled())} texts" in page

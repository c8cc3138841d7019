"""Which concept a word of a text belongs to: the user's categories match words and phrases of any script."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.explain.gaps.concepts import sum_by_concept


def explained(text: str | tuple[str, str], spans: list[tuple[int, int]]) -> pd.DataFrame:
    """One decision whose units are these spans, each with an attribution of 1."""
    row = {
        "input": text,
        "starts": [start for start, _ in spans],
        "ends": [end for _, end in spans],
        "score_attributions": [1.0] * len(spans),
        "frame": 0.0,
    }
    return pd.DataFrame([row])


def units_of_category(text: str | tuple[str, str], spans: list[tuple[int, int]], terms: list[str]) -> list[int]:
    found = sum_by_concept(explained(text, spans), [], {"mine": terms})
    mine = [code for code, name in enumerate(found.names) if name.name == "mine"]
    return [int(unit) for unit in found.units[np.isin(found.concepts, mine)]]


@pytest.mark.parametrize(
    ("text", "terms", "units"),
    [
        ("这个女人很好", ["女人"], [2, 3]),
        ("女人和男人", ["男人", "女人"], [0, 1, 3, 4]),
        ("彼女は女性です", ["女性"], [3, 4]),
    ],
)
def test_scripts_without_blanks_match_by_characters(text: str, terms: list[str], units: list[int]) -> None:
    assert units_of_category(text, [(i, i + 1) for i in range(len(text))], terms) == units


@pytest.mark.parametrize("gap", [" ", "  ", "\n", " \t ", "\u00a0", "\u3000"])
def test_phrases_match_over_any_white_space(gap: str) -> None:
    text = f"so very{gap}much indeed"
    end = 7 + len(gap)
    spans = [(0, 2), (3, 7), (end, end + 4), (end + 5, end + 11)]
    assert units_of_category(text, spans, ["very much"]) == [1, 2]


def test_phrases_do_not_reach_from_one_text_of_a_pair_into_the_other() -> None:
    spans = [(0, 2), (3, 7), (8, 12), (13, 19)]
    assert units_of_category(("so very", "much indeed"), spans, ["very much"]) == []
    assert units_of_category("so very\nmuch indeed", spans, ["very much"]) == [1, 2]
    assert units_of_category(("so very", "much indeed"), spans, ["much"]) == [2]

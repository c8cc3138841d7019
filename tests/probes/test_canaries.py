"""Exposure of secrets: by hand, against theory, and in files that say too little."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from audit.errors import ConfigError
from audit.probes.canaries import Canary, exposure_of, load_canaries


def test_exposure_by_hand() -> None:
    others = [0.1, 0.5, 0.9] + [-1.0] * 12
    found = exposure_of(0.4, others, 16, 0.95)
    assert (found.ahead, found.whole, found.most) == (2.0, True, 4.0)
    assert found.value == found.lower == found.upper == pytest.approx(4 - math.log2(3))
    assert found.p_value == pytest.approx(3 / 16)
    assert exposure_of(2.0, others, 16, 0.95).value == 4.0
    assert exposure_of(-2.0, others, 16, 0.95).value == 0.0


def test_where_some_are_drawn_the_exposure_has_an_interval() -> None:
    found = exposure_of(0.0, [1.0] * 30 + [-1.0] * 270, 10_000, 0.95)
    exact = binomtest(30, 300).proportion_ci(0.95)
    assert (found.lower, found.upper) == pytest.approx((-math.log2(exact.high), -math.log2(exact.low)))
    assert found.lower < found.value < found.upper
    first = exposure_of(2.0, [0.0] * 300, 10_000, 0.95)
    assert (first.upper, first.p_value) == (math.log2(10_000), 1 / 301)


def test_a_secret_that_was_never_shown_has_any_rank() -> None:
    """Above b bits in no more than 2^−b of cases, and the share of likelier secrets is held by its interval."""
    rng, above, held = np.random.default_rng(0), 0, 0
    for _ in range(400):
        values = rng.normal(size=10_000)
        found = exposure_of(values[0], values[1:301].tolist(), 10_000, 0.95)
        true = -math.log2((values > values[0]).mean() or 1e-4)
        held += found.lower <= true <= found.upper
        above += found.p_value < 0.05
    assert held >= 0.95 * 400 - 10
    assert above <= 0.05 * 400 + 12


def test_other_secrets_look_like_the_secret() -> None:
    canary = Canary(text="code {secret}", secret="4a-Z")
    assert canary.space == 10 * 26 * 26
    others = canary.others(500, 0)
    assert len(set(others)) == 500
    assert canary.secret not in others
    assert all(one[0].isdigit() and one[1].islower() and one[2] == "-" and one[3].isupper() for one in others)
    assert canary.others(500, 0) == others
    few = Canary(text="{secret}", secret="42")
    assert sorted([*few.others(1000, 0), "42"]) == [f"{number:02d}" for number in range(100)]
    named = Canary(text="{secret}", secret="ann", candidates=[f"name{i}" for i in range(30)])
    assert named.space == 31
    assert set(named.others(1000, 0)) == set(named.candidates)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("canaries: [{text: no place, secret: 'topsecret1'}]", "once, where the secret stands"),
        ("canaries: [{text: '{secret}', secret: '!!!'}]", "only 1 secrets might stand there"),
        ("canaries: []", "at least 1"),
        (
            "canaries: [{text: '{secret}', secret: '4711'}, {text: '{secret}', secret: '4712', name: '1'}]",
            "two canaries",
        ),
        ("canaries: [{text: '{secret}', secret: 4711}]", "valid string"),
    ],
)
def test_a_file_that_says_too_little_is_refused_without_its_secrets(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "canaries.yaml").write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_canaries(tmp_path / "canaries.yaml")
    assert "topsecret1" not in str(caught.value)
    assert "4711" not in str(caught.value)

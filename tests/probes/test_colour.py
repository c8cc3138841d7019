"""CIELAB as the standard has it, and the published tones of the Monk scale."""

from __future__ import annotations

import numpy as np
import pytest

from audit.probes.colour import MONK_SRGB, from_lab, monk_lab, to_lab


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # Lindbloom's calculator (sRGB, D65, 2°), to the digits that it prints.
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_known_colours(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    assert to_lab(np.array(rgb)) == pytest.approx(np.array(lab), abs=0.02)


def test_there_and_back_is_the_same_colour() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(from_lab(to_lab(rgb)), rgb)


def test_what_no_screen_shows_is_cut_to_what_it_can() -> None:
    assert from_lab(np.array([150.0, 0.0, 0.0])).tolist() == [255, 255, 255]
    assert from_lab(np.array([-20.0, 0.0, 0.0])).tolist() == [0, 0, 0]


def test_tones_of_the_scale_grow_darker() -> None:
    assert len(MONK_SRGB) == 10
    assert MONK_SRGB[0] == (0xF6, 0xED, 0xE4)
    assert MONK_SRGB[9] == (0x29, 0x24, 0x20)
    lightness = [monk_lab(tone)[0] for tone in range(3, 11)]
    assert lightness == sorted(lightness, reverse=True)

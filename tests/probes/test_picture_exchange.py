"""Pictures are moved to other tones and other light, and to nothing else."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest

from audit.data.examples import Image
from audit.data.tones import tone_of
from audit.probes.colour import monk_lab, to_lab
from audit.probes.exchange import Exchange
from audit.probes.picture_exchange import LightExchange, ToneExchange
from audit.store.columns import group_column

ROW = {"row_id": "a", group_column("tone"): "dark"}


def picture(rgb: Any) -> Image:
    out = io.BytesIO()
    PIL.Image.fromarray(np.asarray(rgb, np.uint8)).save(out, "PNG")
    return Image(out.getvalue())


def skin(tone: int, seed: int = 0) -> Image:
    """Skin of a tone with something darker in it."""
    from audit.probes.colour import from_lab

    lab = np.broadcast_to(monk_lab(tone), (16, 16, 3)).copy()
    lab[4:9, 5:11, 0] -= 8
    lab[..., 0] += np.random.default_rng(seed).normal(0, 0.5, (16, 16))
    return picture(from_lab(lab))


def pixels(image: Any) -> np.ndarray:
    return np.asarray(PIL.Image.open(io.BytesIO(image.data)))


def by_target(found: list[Exchange]) -> dict[str, Exchange]:
    return {one.target: one for one in found}


def test_skin_gets_the_other_tone_and_keeps_its_shapes() -> None:
    image = skin(3)
    found = by_target(ToneExchange({"a": 3}, (2, 6, 9), None).exchanges(image, ROW))
    assert set(found) == {"Monk 2", "Monk 6", "Monk 9"}
    before = to_lab(pixels(image))
    for target, exchange in found.items():
        assert (exchange.axis, exchange.source, exchange.both) == ("tone", "Monk 3", False)
        (version,) = exchange.versions
        after = to_lab(pixels(version.text))
        shift = monk_lab(int(target.split()[1])) - monk_lab(3)
        # Eight bits hold a colour to about one unit of CIELAB.
        assert np.abs(after - before - shift).mean(axis=(0, 1)).max() < 1


def test_its_own_tone_is_no_exchange_and_groups_name_the_source() -> None:
    found = ToneExchange({"a": 9}, (2, 6, 9), "tone").exchanges(skin(9), ROW)
    assert [(one.source, one.target) for one in found] == [("dark", "Monk 2"), ("dark", "Monk 6")]


def test_a_tone_that_nobody_gave_is_never_guessed() -> None:
    found = ToneExchange({}, (2, 9), None).exchanges(skin(5), ROW)
    assert [(one.source, one.refused, one.versions) for one in found] == [("(missing)", "no_tone", ())] * 2


def test_a_picture_that_would_be_lost_is_left_out() -> None:
    black = picture(np.zeros((8, 8, 3)))
    (found,) = ToneExchange({"a": 1}, (10,), None).exchanges(black, ROW)
    assert (found.refused, found.versions) == ("out_of_range", ())


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_light_moves_grey_by_tenths_and_leaves_its_ends(step: int) -> None:
    from audit.probes.colour import from_lab

    ends = picture([[[0, 0, 0], [255, 255, 255], from_lab(np.array([50.0, 0, 0])).tolist()]])
    found = by_target(LightExchange(step, None).exchanges(ends, ROW))
    assert set(found) == {"darker", "brighter"}
    for way, sign in (("darker", -1), ("brighter", 1)):
        (version,) = found[way].versions
        after = to_lab(pixels(version.text))[0, :, 0]
        assert after[:2] == pytest.approx([0, 100], abs=1e-6)
        assert after[2] == pytest.approx(50 + sign * 10 * step, abs=0.6)
        assert found[way].source == "as taken"


def test_a_version_is_made_again_bit_by_bit() -> None:
    image = skin(4)
    for exchanger in (ToneExchange({"a": 4}, (2, 9), None), LightExchange(2, "tone")):
        for found in exchanger.exchanges(image, ROW):
            (version,) = found.versions
            again = exchanger.again(image, found.source, found.target, (), version.change)
            assert again == version.text


def test_a_picture_is_the_same_however_many_strips_it_is_changed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture(np.random.default_rng(3).integers(0, 256, (37, 23, 3), np.uint8))
    whole = ToneExchange({"a": 4}, (6,), None).exchanges(image, ROW)
    monkeypatch.setattr("audit.probes.picture_exchange.STRIP", 100)
    assert ToneExchange({"a": 4}, (6,), None).exchanges(image, ROW) == whole


def test_what_cannot_be_decoded_is_counted() -> None:
    for exchanger in (ToneExchange({"a": 4}, (6,), None), LightExchange(1, None)):
        assert {found.refused for found in exchanger.exchanges(Image(b"no picture"), ROW)} == {"unreadable"}


@pytest.mark.parametrize(
    ("cell", "tone"),
    [("3", 3), ("Monk 3", 3), ("monk10", 10), ("MST 1", 1), ("10", 10), ("0", None), ("11", None), ("dark", None)],
)
def test_how_tones_are_written(cell: str, tone: int | None) -> None:
    assert tone_of(cell) == tone

"""Pictures at the published strengths: what each change does to pixels, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

from audit.data.examples import Asked, Image, plain
from audit.data.images import decode
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.transform import Changed, Refused

BY_NAME = {one.name: one for one in transforms_for("image", ())}


def picture(pixels: npt.NDArray[np.uint8]) -> Image:
    out = io.BytesIO()
    PIL.Image.fromarray(pixels).save(out, "PNG")
    return Image(out.getvalue())


def scene(side: int = 224) -> npt.NDArray[np.uint8]:
    """Stripes and a ramp, in colours."""
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    return np.stack([20 + 200 * (x // 8 % 2), 20 + 200 * y // side, 20 + 200 * x // side], axis=-1).astype(np.uint8)


def pixels(made: Changed | Refused) -> npt.NDArray[np.int64]:
    assert isinstance(made, Changed)
    found = plain(made.example)
    assert isinstance(found, Image)
    return np.asarray(decode(found).pixels, np.int64)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_the_same_seed_makes_the_same_picture_and_more_severe_is_further_away(name: str) -> None:
    transform, before = BY_NAME[name], picture(scene())
    moved = []
    for severity in range(len(transform.severities) + 1):
        made = transform.apply(before, severity, 5)
        assert made == transform.apply(before, severity, 5)
        moved.append(float(np.abs(pixels(made) - scene()).mean()))
    assert moved[0] == 0
    assert moved[-1] > moved[1] > 1
    # What JPEG leaves out of a picture depends on where its blocks fall.
    assert name == "jpeg" or moved == sorted(moved)


def test_published_strengths() -> None:
    before, n = picture(np.full((224, 224, 3), 128, np.uint8)), 224 * 224 * 3
    board = np.full((224, 224, 3), 118, np.uint8)
    board[::2] = 138
    noise = pixels(BY_NAME["gaussian_noise"].apply(picture(board), 1, 1)) - board
    # Standard error of a standard deviation of n normal numbers, four times.
    assert abs(noise.std() / 255 - 0.08) < 4 * 0.08 / np.sqrt(2 * n) + 1 / 255 / 12
    assert pixels(BY_NAME["brightness"].apply(before, 2, 1)).max() == round(128 + 0.2 * 255)
    darker = pixels(BY_NAME["darkness"].apply(before, 2, 1)).max()
    assert abs(darker - (128 - 0.2 * 255)) <= 1
    ramp = np.repeat(np.arange(224, dtype=np.uint8)[None, :, None], 224, axis=0).repeat(3, axis=2)
    flat = pixels(BY_NAME["contrast"].apply(picture(ramp), 1, 1))
    assert abs((flat.max() - flat.min()) - 0.4 * 223) <= 1


def test_blur_and_noise_go_with_the_size_of_a_picture() -> None:
    for name in ("gaussian_blur", "gaussian_noise"):
        small = pixels(BY_NAME[name].apply(picture(scene(224)), 3, 2)) - scene(224)
        big = scene(224).repeat(4, axis=0).repeat(4, axis=1)
        large = pixels(BY_NAME[name].apply(picture(big), 3, 2)) - big
        reduced = large.reshape(224, 4, 224, 4, 3).mean(axis=(1, 3))
        assert reduced.std() == pytest.approx(small.std(), rel=0.15)


def test_what_nobody_could_answer_is_refused() -> None:
    bright = np.full((64, 64, 3), 200, np.uint8)
    bright[:20] = 30
    assert BY_NAME["brightness"].apply(picture(bright), 5, 0) == Refused("out_of_range")
    faint = np.full((64, 64, 3), 120, np.uint8)
    faint[::2] = 132
    assert BY_NAME["contrast"].apply(picture(faint), 5, 0) == Refused("no_contrast")
    assert BY_NAME["gaussian_noise"].apply(picture(faint), 5, 0) == Refused("no_contrast")
    assert BY_NAME["jpeg"].apply(Image(b"no picture"), 1, 0) == Refused("unreadable")
    assert BY_NAME["jpeg"].apply("a text", 1, 0) == Refused("no_picture")


def test_the_decision_that_is_meant_stays() -> None:
    made = BY_NAME["jpeg"].apply(Asked(picture(scene()), output="smiling"), 1, 0)
    assert isinstance(made, Changed)
    assert isinstance(made.example, Asked)
    assert made.example.output == "smiling"
    assert made.change == "jpeg 25"

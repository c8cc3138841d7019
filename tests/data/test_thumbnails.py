"""Thumbnails are small, upright, and hold pixels alone."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from audit.data.examples import Fields, Image
from audit.data.shown import shown_of
from audit.data.thumbnails import MOST_SIDE, SMALL, thumbnail, whole

SECRET = "Ann Lee, 12 High Street"


def jpeg(width: int, height: int, orientation: int) -> Image:
    """A photo with a name in its EXIF data, bright on the left."""
    values = np.zeros((height, width, 3), np.uint8)
    values[:, : width // 2] = 240
    exif = PIL.Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, SECRET
    out = io.BytesIO()
    PIL.Image.fromarray(values).save(out, "JPEG", exif=exif, comment=SECRET.encode())
    return Image(out.getvalue())


def opened(content: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(content))


@pytest.mark.parametrize("size", [(400, 200), (60, 30)])
def test_what_a_camera_wrote_stays_out_and_the_picture_stands_upright(size: tuple[int, int]) -> None:
    image = jpeg(*size, orientation=6)
    assert SECRET.encode() in (image.data or b"")
    content = shown_of(image)["image"]
    assert content is not None
    assert SECRET.encode() not in content
    found = opened(content)
    assert not found.getexif()
    assert "comment" not in found.info
    assert found.height > found.width
    top = np.asarray(found.convert("L"))[: found.height // 4].mean()
    assert top > 200 > 50 > np.asarray(found.convert("L"))[-found.height // 4 :].mean()


def test_small_pictures_are_kept_without_loss_and_large_ones_shrink() -> None:
    values = np.random.default_rng(0).integers(0, 256, (SMALL, SMALL, 3), np.uint8)
    assert np.array_equal(np.asarray(opened(thumbnail(PIL.Image.fromarray(values)))), values)
    large = opened(thumbnail(PIL.Image.new("L", (1000, 10), 128)))
    assert (large.format, large.size) == ("JPEG", (MOST_SIDE, 2))


def test_the_same_picture_makes_the_same_thumbnail() -> None:
    image = jpeg(300, 200, orientation=1)
    assert shown_of(image) == shown_of(image)


def test_what_cannot_be_decoded_has_none() -> None:
    assert whole(Image(b"no picture")) is None
    assert shown_of(Image(b"no picture")) == {"input": "", "fields": None, "image": None}


def test_named_values_are_kept_as_readers_see_them() -> None:
    found = shown_of(Fields(("age", "city"), (42.0, None)))
    assert found["fields"] == [{"name": "age", "value": "42"}, {"name": "city", "value": ""}]
    assert found["input"] == "age: 42\ncity: "

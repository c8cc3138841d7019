"""What a picture is made of what its file holds: every mode, and every way in which a file is broken."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from audit.data.examples import Image
from audit.data.images import MOST_PIXELS, NotDecodedError, decode
from audit.errors import DataError

#: A corner of another colour in a picture that is wider than high, so that no turn of it looks like it.
PLAIN = PIL.Image.fromarray(np.full((4, 6, 3), 40, np.uint8))
PLAIN.putpixel((0, 0), (255, 255, 255))


def content(picture: PIL.Image.Image, kind: str = "png", **settings: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **settings)
    return stream.getvalue()


def pixels(data: bytes, mode: Any = "RGB") -> np.ndarray:
    return np.asarray(decode(Image(data), mode).pixels)


def code_of(image: Image) -> str:
    with pytest.raises(NotDecodedError) as caught:
        decode(image)
    return caught.value.code


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it has side x side pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    found = pixels(content(PLAIN, exif=exif))
    corner = np.argwhere(found[..., 0] == 255).tolist()
    expected = {1: [0, 0], 2: [0, 5], 3: [3, 5], 4: [3, 0], 5: [0, 0], 6: [0, 3], 7: [5, 3], 8: [5, 0]}[orientation]
    assert corner == [expected]
    assert found.shape == ((4, 6, 3) if orientation < 5 else (6, 4, 3))


def test_nothing_of_the_file_but_its_pixels_is_kept() -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = "a name that nobody should read"
    found = decode(Image(content(PLAIN, "jpeg", exif=exif, comment=b"another"))).pixels
    assert found.info == {}
    assert not found.getexif()


def test_an_orientation_that_is_no_number_turns_nothing() -> None:
    data = content(PLAIN, exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0")
    assert pixels(data).shape == (4, 6, 3)


def test_modes() -> None:
    grey = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    deep = PIL.Image.fromarray(grey.astype(np.uint16) * 257)
    for data in (content(PIL.Image.fromarray(grey)), content(deep), content(deep, "tiff")):
        assert np.array_equal(pixels(data), np.repeat(grey[..., None], 3, 2))
        assert np.array_equal(pixels(data, "L"), grey)
    palette = PIL.Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.putdata([0, 1])
    assert pixels(content(palette)).tolist() == [[[0, 0, 0], [10, 20, 30]]]
    # What shows nothing is white, as of a picture on a page; what shows half is half of it.
    assert pixels(content(palette, transparency=1)).tolist() == [[[0, 0, 0], [255, 255, 255]]]
    layered = PIL.Image.new("RGBA", (1, 1), (0, 0, 0, 51))
    assert pixels(content(layered)).tolist() == [[[204, 204, 204]]]
    assert pixels(content(layered.convert("LA"))).tolist() == [[[204, 204, 204]]]
    assert pixels(content(PIL.Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "tiff")).tolist() == [[[255, 0, 0]]]
    assert pixels(content(PIL.Image.new("1", (1, 1), 1))).tolist() == [[[255, 255, 255]]]


def test_numbers_without_a_white_are_no_picture() -> None:
    assert code_of(Image(content(PIL.Image.fromarray(np.ones((2, 2), np.float32)), "tiff"))) == "unscaled_image"
    assert code_of(Image(content(PIL.Image.fromarray(np.full((2, 2), 1 << 20, np.int32)), "tiff"))) == "unscaled_image"


@pytest.mark.parametrize("kind", ["gif", "webp", "tiff", "png"])
def test_the_first_of_several_pictures_is_read(kind: str) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    found = decode(Image(content(frames[0], kind, save_all=True, append_images=frames[1:])))
    assert found.one_of_several
    assert np.asarray(found.pixels)[0, 0].argmax() == 0
    assert not decode(Image(content(frames[0], kind))).one_of_several


WHOLE = content(PIL.Image.effect_noise((64, 64), 50).convert("RGB"), "jpeg")
NOISE = content(PIL.Image.effect_noise((64, 64), 50))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "no_image"),
        (b"", "unreadable_image"),
        (b"not a picture", "unreadable_image"),
        (WHOLE[: len(WHOLE) // 2], "unreadable_image"),
        (WHOLE[:30], "unreadable_image"),
        (NOISE[: len(NOISE) // 2], "unreadable_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", "unreadable_image"),
        (b"%PDF-1.4\n", "unreadable_image"),
        (bomb(10_000), "too_large_image"),
        (bomb(60_000), "too_large_image"),
        (bomb(100), "unreadable_image"),
    ],
    ids=["none", "empty", "text", "half", "head", "end", "eps", "pdf", "bomb", "large bomb", "promise"],
)
def test_what_cannot_be_seen_has_a_code(data: bytes | None, code: str) -> None:
    assert code_of(Image(data)) == code


def test_files_cut_or_changed_anywhere_never_raise_anything_else() -> None:
    rng = np.random.default_rng(0)
    for whole in (WHOLE, content(PLAIN), content(PLAIN, "gif"), content(PLAIN, "tiff"), content(PLAIN, "webp")):
        for _ in range(60):
            broken = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for at in rng.integers(0, len(broken), 3):
                broken[at] = rng.integers(0, 256)
            try:
                found = decode(Image(bytes(broken)))
            except NotDecodedError:
                continue
            assert found.pixels.width * found.pixels.height <= MOST_PIXELS


def test_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    path.write_bytes(content(PIL.Image.new("RGB", (1, 1), "red")))
    assert np.asarray(decode(Image(path=path)).pixels).tolist() == [[[255, 0, 0]]]


def test_a_file_that_went_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there any more"):
        decode(Image(path=tmp_path / "gone.png"))

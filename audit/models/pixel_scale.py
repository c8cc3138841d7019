"""What an image processor makes of the 256 values that a pixel can have: looked up, not computed again and again.

Resizing is the processor's own work on every picture. What comes after it, for most processors, is a multiplication, a
subtraction and a division of each value by itself, so that a table of 256 numbers for each channel says the same to the
last bit, in a fraction of the time, and pictures wait in a quarter of the memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

#: Leave the values of pixels as they are.
UNSCALED = {"do_rescale": False, "do_normalize": False}
#: Sizes of pictures that the table is tried on: smaller than any model's, larger, high, and wide.
_TRIED = ((1, 1), (60, 40), (40, 60), (300, 300), (500, 30))


class PixelScale:
    """Table of the numbers that values of pixels become.

    Attributes
    ----------
    table : array of shape (channels, 256)
        Numbers, float32.
    """

    def __init__(self, table: Floats) -> None:
        self.table = table

    @classmethod
    def of(cls, processor: Any, mode: str) -> PixelScale | None:
        """Learn the table from a processor; None if it does anything else than look at each value by itself.

        That is found out, not assumed: for pictures of noise of several sizes, resized by the processor, the table has
        to give what the processor gives, bit by bit.

        Parameters
        ----------
        mode
            `RGB` or `L`: what the processor is given.
        """
        if getattr(processor, "do_pad", None):
            # A margin of nothing is added when all else is done, and only to some pictures.
            return None
        values = PIL.Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert(mode)
        try:
            learned = _run(processor, values, do_resize=False, do_center_crop=False)
            if learned.dtype != np.float32 or learned[0].size != 256:
                return None
            scale = cls(learned.reshape(len(learned), 256))
            return scale if all(scale._holds(processor, picture) for picture in _noise(mode)) else None
        except Exception:  # noqa: BLE001 - a processor refuses what it does not know as it likes: it then does all itself
            return None

    def __call__(self, pixels: npt.NDArray[Any], out: Floats) -> None:
        """Write the numbers of a picture of shape (channels, height, width)."""
        for table, channel, numbers in zip(self.table, pixels, out, strict=True):
            # Bytes are always within the table; any other mode than `raise` may write without a buffer between.
            np.take(table, channel, out=numbers, mode="clip")

    def _holds(self, processor: Any, picture: PIL.Image.Image) -> bool:
        pixels, expected = _run(processor, picture, **UNSCALED), _run(processor, picture)
        if pixels.dtype != np.uint8 or pixels.shape != expected.shape or len(pixels) != len(self.table):
            return False
        found = np.empty(pixels.shape, np.float32)
        self(pixels, found)
        return expected.dtype == np.float32 and found.tobytes() == expected.tobytes()


def _run(processor: Any, picture: PIL.Image.Image, **changes: bool) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = np.asarray(processor(picture, return_tensors="np", **changes)["pixel_values"])[0]
    return found


def _noise(mode: str) -> list[PIL.Image.Image]:
    """Pictures from dark to light, of all sizes that are tried."""
    rng = np.random.default_rng(0)
    return [
        PIL.Image.fromarray((rng.random((height, width, 3)) * 256 ** (0.6 + 0.1 * at)).astype(np.uint8)).convert(mode)
        for at, (width, height) in enumerate(_TRIED)
    ]

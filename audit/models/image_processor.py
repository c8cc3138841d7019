"""The image processor that was saved with a model: PIL's numbers, whatever else is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import PIL.Image
from transformers import AutoImageProcessor

from audit.config import ModelConfig
from audit.data.images import MOST_PIXELS, NotDecodedError
from audit.errors import ModelError
from audit.models.checkpoint import door
from audit.models.config_only import read_json
from audit.models.folder import CheckpointFolder
from audit.models.loaded import Reader
from audit.models.pixel_scale import UNSCALED, Bytes, Floats, PixelScale

#: Files that an image processor is described in: one of its own, or one of a processor for several kinds of input.
OWN, SHARED = "preprocessor_config.json", "processor_config.json"


def load_image_processor(config: ModelConfig, folder: CheckpointFolder) -> Any:
    """Load the image processor that was saved with the model.

    Raises
    ------
    ModelError
        If there is none: how pictures are resized and which numbers they become would be a guess.
    """
    if read_json(folder.path, OWN) is None and "image_processor" not in (read_json(folder.path, SHARED) or {}):
        raise ModelError(
            f"holds no {OWN}, which says how pictures are resized and which numbers they become",
            where=str(folder.path), hint="save the image processor that the model was trained with there",
        )  # fmt: skip
    with door("loading the image processor", folder.path):
        # PIL's is the one that is there on every machine; torchvision's resizes to slightly other numbers. Versions
        # before 5.2 call it `use_fast`.
        return AutoImageProcessor.from_pretrained(
            folder.path, backend="pil", use_fast=False, local_files_only=True,
            trust_remote_code=config.allow_remote_code,
        )  # fmt: skip


IMAGE_PROCESSOR = Reader(load_image_processor, (OWN, SHARED))


class PixelReader:
    """Makes of a decoded picture the numbers that a model takes.

    Parameters
    ----------
    processor
        As transformers loads it.
    mode
        `RGB`, or `L` for a model of grey pictures.
    where
        Folder of the model, for errors.

    Attributes
    ----------
    size : tuple of int
        Height and width of what the model takes.
    """

    def __init__(self, processor: Any, mode: Literal["RGB", "L"], where: str) -> None:
        self._processor, self.mode = processor, mode
        edge = getattr(getattr(processor, "size", None), "shortest_edge", None)
        self._edge = 0.0 if not edge else edge / (getattr(processor, "crop_pct", None) or 1)
        self.size = self._one_size(where)
        self._scale = PixelScale.of(processor, mode)

    def pixels(self, picture: PIL.Image.Image) -> Bytes | Floats:
        """Resize a picture; return an array of shape (channels, height, width), which `numbers` reads.

        Raises
        ------
        NotDecodedError
            If the processor cannot make one of it, or would need more memory on the way than any picture.
        """
        # A narrow strip whose short side is enlarged first would be a bomb.
        width, height = picture.size
        if width * height * max(1.0, self._edge / min(width, height)) ** 2 > MOST_PIXELS:
            raise NotDecodedError("too_large_image")
        try:
            return self._run(picture) if self._scale is None else self._run(picture, **UNSCALED)
        except Exception as error:  # processors raise whatever comes to their mind
            raise NotDecodedError("unprocessed_image") from error

    def numbers(self, pictures: Sequence[Bytes | Floats]) -> Floats:
        """Return what the model takes of some resized pictures, shape (pictures, channels, height, width).

        The same to the last bit as the processor's own.
        """
        found = np.empty((len(pictures), *pictures[0].shape), np.float32)
        for pixels, out in zip(pictures, found, strict=True):
            if self._scale is not None and pixels.dtype == np.uint8:
                self._scale(pixels, out)
            else:
                out[:] = pixels
        return found

    def seen(self, picture: PIL.Image.Image) -> PIL.Image.Image:
        """Turn the numbers that a picture becomes into a picture again.

        Raises
        ------
        NotDecodedError
            As `pixels` does.
        """
        (found,) = self.numbers([self.pixels(picture)])
        # Whatever scale a processor uses, black and white say where it begins and ends.
        ends = [self.pixels(PIL.Image.new(self.mode, (64, 64), colour)) for colour in ("black", "white")]
        black, white = self.numbers(ends).mean(axis=(2, 3))
        share = (found - black[:, None, None]) / (white - black)[:, None, None]
        values = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
        return PIL.Image.fromarray(values[0] if len(values) == 1 else values.transpose(1, 2, 0))

    def _run(self, picture: PIL.Image.Image, **changes: bool) -> Bytes | Floats:
        found = np.asarray(self._processor(picture, return_tensors="np", **changes)["pixel_values"])
        if found.ndim != 4 or len(found) != 1:
            raise ValueError(f"pixel_values have the shape {found.shape}, not (1, channels, height, width)")
        pixels: Bytes | Floats = found[0] if changes else found[0].astype(np.float32, copy=False)
        return pixels

    def _one_size(self, where: str) -> tuple[int, int]:
        """Try pictures of different shape: all must become numbers of one shape."""
        shapes = set()
        for size in ((60, 40), (40, 60), (300, 300)):
            with door("trying the image processor", where):
                shapes.add(self._run(PIL.Image.new(self.mode, size, 90)).shape[1:])
        if len(shapes) > 1:
            raise ModelError(
                f"its image processor makes pictures of different sizes: {', '.join(map(str, sorted(shapes)))}",
                where=where, hint=f"in {OWN}, set `size` to a height and a width, or `do_center_crop` and `crop_size`",
            )  # fmt: skip
        height, width = shapes.pop()
        return int(height), int(width)

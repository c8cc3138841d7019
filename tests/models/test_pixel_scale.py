"""Numbers of pixels are looked up: they are the processor's own to the last bit, or the processor computes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import transformers

from audit.models.image_processor import PixelReader
from audit.models.pixel_scale import PixelScale
from tests.conftest import shared
from tests.models.pictures import SIDE, noise

SIZE = {"height": SIDE, "width": SIDE}
EDGE = {"shortest_edge": SIDE}
COLOURS = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
PROCESSORS: dict[str, tuple[str, dict[str, Any]]] = {
    "vit": ("ViTImageProcessor", {"size": SIZE} | COLOURS),
    "cubic": ("ViTImageProcessor", {"size": SIZE, "resample": 3}),
    "no resize": ("ViTImageProcessor", {"do_resize": False}),
    "another scale": ("ViTImageProcessor", {"size": SIZE, "rescale_factor": 1 / 127.5}),
    "scaled alone": ("ViTImageProcessor", {"size": SIZE, "do_normalize": False}),
    "cropped": ("CLIPImageProcessor", {"size": EDGE, "crop_size": SIZE}),
    "cropped of smaller": ("CLIPImageProcessor", {"size": {"shortest_edge": 20}, "crop_size": SIZE}),
    "deit": ("DeiTImageProcessor", {"size": {"height": 80, "width": 80}, "crop_size": SIZE}),
    "convnext": ("ConvNextImageProcessor", {"size": EDGE, "crop_pct": 0.875}),
    "efficientnet": ("EfficientNetImageProcessor", {"size": SIZE, "include_top": False}),
    "mobilenet": ("MobileNetV2ImageProcessor", {"size": {"shortest_edge": 80}, "crop_size": SIZE}),
    "levit": ("LevitImageProcessor", {"size": EDGE, "crop_size": SIZE}),
}  # fmt: skip


def made(name: str, folder: Path) -> Any:
    """A processor as a model folder holds it, computing with PIL."""
    kind, settings = PROCESSORS[name]
    getattr(transformers, kind)(**settings).save_pretrained(folder)
    return transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")


def own(processor: Any, picture: PIL.Image.Image) -> np.ndarray:
    return np.asarray(processor(picture, return_tensors="np")["pixel_values"][0])


def both(processor: Any, mode: Any, pictures: list[PIL.Image.Image]) -> tuple[np.ndarray, np.ndarray]:
    reader = PixelReader(processor, mode, "here")
    found = reader.numbers([reader.pixels(picture) for picture in pictures])
    return found, np.stack([own(processor, picture) for picture in pictures])


@pytest.mark.parametrize("name", PROCESSORS)
def test_numbers_are_the_processors_own_to_the_last_bit(name: str, tmp_path: Path) -> None:
    processor = made(name, tmp_path)
    assert PixelScale.of(processor, "RGB") is not None
    sizes = [(SIDE, SIDE)] if name == "no resize" else [(SIDE, SIDE), (50, 90), (300, 80), (7, 7)]
    for size in sizes:
        pictures = noise(2, size=size)
        if name == "no resize":
            scale = PixelScale.of(processor, "RGB")
            assert scale is not None
            expected = own(processor, pictures[0])
            found = np.empty(expected.shape, np.float32)
            scale(np.asarray(pictures[0]).transpose(2, 0, 1), found)
            assert found.tobytes() == expected.tobytes()
            continue
        found, expected = both(processor, "RGB", pictures)
        assert found.tobytes() == expected.astype(np.float32).tobytes()


def test_grey_pictures(tmp_path: Path) -> None:
    transformers.ViTImageProcessor(size=SIZE, image_mean=[0.4], image_std=[0.3]).save_pretrained(tmp_path)
    processor = transformers.AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    assert PixelScale.of(processor, "L") is not None
    found, expected = both(processor, "L", [picture.convert("L") for picture in noise(3)])
    assert found.tobytes() == expected.tobytes()


class ByTheWholePicture:
    """A processor that brings every picture to the same brightness: no value has a number of its own."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor

    def __call__(self, picture: Any, **asked: Any) -> dict[str, np.ndarray]:
        pixels = self._processor(picture, **asked)["pixel_values"]
        return {"pixel_values": pixels if asked.get("do_normalize") is False else pixels - pixels.mean()}


class Stubborn(ByTheWholePicture):
    """A processor that knows none of the usual settings."""

    def __call__(self, picture: Any, return_tensors: str) -> dict[str, np.ndarray]:  # type: ignore[override]
        return {"pixel_values": self._processor(picture, return_tensors=return_tensors)["pixel_values"]}


@pytest.mark.parametrize("kind", [ByTheWholePicture, Stubborn])
def test_a_processor_that_does_more_computes_itself(kind: Any, tmp_path: Path) -> None:
    processor = kind(made("vit", tmp_path))
    assert PixelScale.of(processor, "RGB") is None
    found, expected = both(processor, "RGB", noise(3))
    assert found.tobytes() == expected.astype(np.float32).tobytes()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("vit", {"do_rescale": False, "do_normalize": False}),
        ("vit", {"do_pad": True}),
        ("efficientnet", {"include_top": True}),
    ],
)
def test_what_is_not_scaled_gets_a_margin_or_is_scaled_twice_is_left_to_the_processor(
    name: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    processor = made(name, tmp_path)
    for key, value in changes.items():
        setattr(processor, key, value)
    assert PixelScale.of(processor, "RGB") is None
    found, expected = both(processor, "RGB", noise(2, size=(SIDE, SIDE)))
    assert found.tobytes() == expected.astype(np.float32).tobytes()


def test_faces_and_their_model() -> None:
    import io

    import pyarrow.parquet as pq

    path = shared("models", "resnet-adult-fairface")
    cells = pq.read_table(shared("data", "fairface_540.parquet"), columns=["image"])["image"].to_pylist()[:24]
    processor = transformers.AutoImageProcessor.from_pretrained(path, backend="pil")
    assert PixelScale.of(processor, "RGB") is not None
    faces = [PIL.Image.open(io.BytesIO(cell["bytes"])).convert("RGB") for cell in cells]
    found, expected = both(processor, "RGB", faces)
    assert found.tobytes() == expected.tobytes()

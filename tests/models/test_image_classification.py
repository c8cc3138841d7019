"""The adapter of image classifiers: promises, equality with plain transformers, and one clear error for the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
import transformers

from audit.config import ModelConfig
from audit.data.examples import Image
from audit.errors import AuditError, ConfigError, ModelError
from audit.models.described import classes_of, infer_task
from audit.models.image_classification import ImageClassification, layout_of
from audit.models.registry import load_adapter
from audit.testing import check_adapter
from tests.models.pictures import SIDE, examples, noise, png, save


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("vit", tmp_path_factory.mktemp("vit"))


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("resnet", tmp_path_factory.mktemp("resnet"))


def load(path: Path, **changes: Any) -> ImageClassification:
    adapter = load_adapter(ModelConfig(path=path, device="cpu", **changes))
    assert isinstance(adapter, ImageClassification)
    return adapter


def settings(path: Path, **changes: Any) -> None:
    """Change the image processor's settings; None takes one away."""
    file = path / "preprocessor_config.json"
    merged = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in merged.items() if value is not None}))


def plain_logits(path: Path, pictures: list[PIL.Image.Image]) -> torch.Tensor:
    """One by one, by plain transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(path, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(path, dtype=torch.float32).eval()
    with torch.inference_mode():
        return torch.cat([model(**processor(one, return_tensors="pt")).logits for one in pictures])


def logits(adapter: ImageClassification, images: list[Image]) -> torch.Tensor:
    with torch.inference_mode():
        return adapter.logits(adapter.collate(adapter.encode(images)))


def test_the_task_and_classes_are_told_without_torch(vit: Path) -> None:
    config = ModelConfig(path=vit)
    assert infer_task(config) == "image-classification"
    assert classes_of(config) == ["dark", "light"]


@pytest.mark.parametrize("family", ["vit", "resnet", "deit-with-teacher"])
def test_it_keeps_its_promises_and_says_what_plain_transformers_says(family: str, tmp_path: Path) -> None:
    path, pictures = save(family, tmp_path), noise(5)
    adapter = load(path)
    check_adapter(adapter, examples(5))
    found, expected = logits(adapter, examples(5)), plain_logits(path, pictures)
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_half_precision_and_int8(vit: Path) -> None:
    exact = logits(load(vit), examples(4))
    half = logits(load(vit, dtype="bfloat16"), examples(4))
    assert half.dtype == torch.float32
    assert float((half - exact).abs().max()) < 0.05 * float(exact.abs().max())
    rounded = load(vit, quantize="int8")
    assert rounded.facts().quantised is not None
    assert rounded.facts().sha256 != load(vit).facts().sha256
    off = (logits(rounded, examples(4)) - exact).abs().max()
    assert 0 < float(off) < 0.2 * float(exact.abs().max())


def test_units_are_the_models_own_patches(vit: Path, resnet: Path) -> None:
    for path, grid in ((vit, (8, 8)), (resnet, (16, 16))):
        adapter = load(path)
        (item,) = adapter.encode(examples(1))
        assert adapter.facts().grid == grid
        assert item.length == len(item.places) == grid[0] * grid[1]
        assert item.cost == SIDE * SIDE // 256
        values = torch.rand(2, 3, SIDE, SIDE, dtype=torch.float64)
        cell = SIDE // grid[0]
        expected = values[:, :, cell : 2 * cell, 3 * cell : 4 * cell].sum((1, 2, 3))
        found = adapter.by_element(values, adapter.collate([item]))[:, grid[1] + 3]
        assert torch.allclose(found, expected)


def test_baselines(vit: Path) -> None:
    adapter = load(vit)
    items = adapter.encode(examples(3))
    batch = adapter.collate(items)
    assert adapter.baseline_kind("auto") == "blur"
    assert [adapter.other_baseline(kind) for kind in ("blur", "mean", "zero")] == ["mean", "blur", "blur"]
    mean = adapter.baseline(items, batch, "mean")
    assert torch.allclose(mean, batch.mean((2, 3), keepdim=True).expand_as(batch), atol=1e-6)
    assert not adapter.baseline(items, batch, "zero").any()
    blurred = adapter.baseline(items, batch, "blur")
    # What is even stays even, up to the edges; what is not becomes smoother.
    assert torch.allclose(adapter.baseline(items, mean, "blur"), mean, atol=1e-5)
    assert (blurred.std((2, 3)) < batch.std((2, 3)) / 2).all()
    with pytest.raises(ModelError, match="no baseline 'mask' of a picture"):
        adapter.baseline_kind("mask")


def test_a_model_of_texts_has_no_baseline_of_pictures(checkpoints: dict[str, Path]) -> None:
    adapter = load_adapter(ModelConfig(path=checkpoints["bert"], device="cpu"))
    with pytest.raises(ModelError, match="no baseline 'blur' of a text"):
        adapter.baseline_kind("blur")


def test_grey_pictures(tmp_path: Path) -> None:
    config = transformers.ResNetConfig(
        num_channels=1, hidden_sizes=[16, 24], depths=[1, 1], embedding_size=16, layer_type="basic"
    )
    torch.manual_seed(0)
    transformers.ResNetForImageClassification(config).eval().save_pretrained(tmp_path)
    size = {"height": SIDE, "width": SIDE}
    transformers.ViTImageProcessor(size=size, image_mean=[0.5], image_std=[0.5]).save_pretrained(tmp_path)
    check_adapter(load(tmp_path), examples(3))
    assert load(tmp_path).encode(examples(1))[0].inputs["pixels"].shape == (1, SIDE, SIDE)
    # Means of three channels: transformers' error, told once, before anything is decided.
    settings(tmp_path, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    with pytest.raises(ModelError, match="trying the image processor failed: ValueError: mean must have 1 elements"):
        load(tmp_path)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 3), (3, 1), (4, 3), (500, 2)])
def test_pictures_of_any_size(vit: Path, size: tuple[int, int]) -> None:
    picture = noise(1, size=size)[0]
    found = logits(load(vit), [Image(png(picture))])
    expected = plain_logits(vit, [picture])
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_a_picture_that_failed_is_not_shown_to_the_model(vit: Path) -> None:
    bad, good = load(vit).encode([Image(b"no picture"), *examples(1)])
    assert (bad.failed, bad.length, bad.inputs) == ("unreadable_image", 0, {})
    assert good.failed is None


def test_a_strip_that_would_be_enlarged_beyond_measure_is_not(tmp_path: Path) -> None:
    save("resnet", tmp_path)
    transformers.ConvNextImageProcessor(size={"shortest_edge": 224}, crop_pct=0.875).save_pretrained(tmp_path)
    strip, square = (Image(png(PIL.Image.new("RGB", size))) for size in ((20_000, 1), (50, 50)))
    bad, good = load(tmp_path).encode([strip, square])
    assert bad.failed == "too_large_image"
    assert good.inputs["pixels"].shape == (3, 224, 224)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": SIDE},
        {"size": [SIDE, SIDE]},
        {"size": {"shortest_edge": 80}, "do_center_crop": True, "crop_size": SIDE,
         "image_processor_type": "CLIPImageProcessor"},
        {"do_center_crop": True, "crop_size": {"height": SIDE, "width": SIDE}, "size": {"height": 20, "width": 20},
         "image_processor_type": "CLIPImageProcessor"},
        {"do_rescale": False, "do_normalize": False},
        {"rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3, "image_std": [1.0] * 3},
        {"resample": 3},
        {"image_processor_type": "ViTImageProcessorFast"},
        {"image_processor_type": None, "feature_extractor_type": "ViTFeatureExtractor"},
    ],
    ids=["number", "pair", "crop", "crop of smaller", "0 to 255", "to one", "cubic", "fast", "old"],
)  # fmt: skip
def test_processors_as_users_have_them(vit: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    for file in vit.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    settings(tmp_path, **changes)
    found, expected = logits(load(tmp_path), examples(3)), plain_logits(tmp_path, noise(3))
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"size": {"height": SIDE}}, "loading the image processor failed"),
        ({"size": {}}, "loading the image processor failed"),
        ({"size": {"shortest_edge": SIDE}}, "makes pictures of different sizes"),
        ({"size": {"height": 32, "width": 32}}, "trying ViTForImageClassification failed"),
        ({"image_mean": [0.5]}, "trying the image processor failed"),
        ({"image_std": [0.0] * 3}, "not finite numbers"),
        ({"do_center_crop": True, "crop_size": 48, "image_processor_type": "CLIPImageProcessor"}, "failed"),
        ({"auto_map": {"AutoImageProcessor": "mine.Processor"}}, "wants to run code of its own"),
        ({"image_processor_type": "NoSuchProcessor"}, "loading the image processor failed"),
    ],
    ids=["height alone", "nothing", "free", "small", "one mean", "no spread", "crop", "code", "unknown"],
)
def test_processors_that_are_refused(vit: Path, tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    for file in vit.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    settings(tmp_path, **changes)
    with pytest.raises(ModelError, match=problem):
        load(tmp_path)


def test_no_processor_is_one_clear_error(vit: Path, tmp_path: Path) -> None:
    for file in vit.glob("*model*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_bytes((vit / "config.json").read_bytes())
    with pytest.raises(ModelError, match=r"holds no preprocessor_config\.json"):
        load(tmp_path)


def test_the_hash_is_over_the_processor_too(vit: Path, tmp_path: Path) -> None:
    for file in vit.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert load(tmp_path).facts().sha256 == load(vit).facts().sha256
    settings(tmp_path, resample=3)
    assert load(tmp_path).facts().sha256 != load(vit).facts().sha256


@pytest.mark.parametrize("changes", [{"max_length": 20}, {"thresholds": 0.4}])
def test_what_says_nothing_to_it_is_refused(vit: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"model.{next(iter(changes))}"):
        load(vit, **changes)


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        ({"problem_type": "multi_label_classification"}, "only models with one class for each"),
        ({"problem_type": "regression"}, "regression"),
        ({"architectures": ["BertForSequenceClassification"]}, "which is not for image-classification"),
        ({"id2label": {"0": "dark"}, "label2id": {"dark": 0}}, "config.json describes other shapes|has one output"),
        ({"num_channels": 4}, "other shapes"),
    ],
)
def test_checkpoints_for_something_else_are_refused(
    vit: Path, tmp_path: Path, described: dict[str, Any], problem: str
) -> None:
    for file in vit.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((vit / "config.json").read_text()) | described
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(AuditError, match=problem):
        load(tmp_path, task="image-classification")


def test_grids_of_any_size() -> None:
    from audit.models.patch_grid import PatchGrid

    shapes = {
        (224, 16): 14, (224, 32): 7, (224, 14): 16, (224, 4): 14, (518, 14): 37, (112, None): 14,
        (32, 4): 8, (5, None): 5, (227, None): 14, (384, 16): 12, (64, 64): 16, (30, 16): 15,
    }  # fmt: skip
    for (side, patch), cells in shapes.items():
        grid = PatchGrid.of((side, side), patch and (patch, patch))
        assert grid.shape == (cells, cells), (side, patch)
        assert grid.rows[0] == 0 and grid.rows[-1] == side and min(np.diff(grid.rows)) > 0
        ones = torch.ones(1, 3, side, side)
        assert float(grid.sums(ones).sum()) == 3 * side * side
        one = torch.zeros(1, grid.cells, dtype=torch.bool)
        one[0, cells + 1] = True
        assert int(grid.spread(one).sum()) == int(grid.sums(ones)[0, cells + 1]) // 3


def test_windows_that_slide_are_computed_with_channels_last(vit: Path, resnet: Path) -> None:
    assert layout_of(transformers.AutoModelForImageClassification.from_pretrained(vit)) == torch.contiguous_format
    assert layout_of(transformers.AutoModelForImageClassification.from_pretrained(resnet)) == torch.channels_last

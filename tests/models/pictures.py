"""Tiny random image classifiers of the families that transformers knows, and pictures to show them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from audit.data.examples import Image

SIDE = 64
_TRANSFORMER = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "patch_size": 8,
}  # fmt: skip
_STAGES = {"hidden_sizes": [16, 24], "depths": [1, 1]}
_SWIN = {"embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4, "patch_size": 4}
_FOUR = {"depths": [1, 1, 1, 1], "hidden_sizes": [16, 24, 32, 32]}
_TOWER = {
    "vision_config": _TRANSFORMER | {"image_size": SIDE},
    "text_config": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
                    "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
}  # fmt: skip
#: Family -> sizes, and the head where there are several.
FAMILIES: dict[str, tuple[dict[str, Any], str | None]] = {
    "beit": (_TRANSFORMER, None),
    "bit": (_STAGES | {"embedding_size": 16, "num_groups": 4}, None),
    "clip": (_TOWER, None),
    "convnext": (_FOUR, None),
    "convnextv2": (_FOUR, None),
    "cvt": ({"embed_dim": [16, 24, 32], "depth": [1, 2, 3], "num_heads": [1, 2, 2]}, None),
    "data2vec-vision": (_TRANSFORMER, None),
    "deit": (_TRANSFORMER, "DeiTForImageClassification"),
    "deit-with-teacher": (_TRANSFORMER, "DeiTForImageClassificationWithTeacher"),
    "dinov2": (_TRANSFORMER, None),
    "dinov2_with_registers": (_TRANSFORMER, None),
    "efficientnet": ({"width_coefficient": 0.25, "depth_coefficient": 0.1, "hidden_dim": 320}, None),
    "focalnet": ({"embed_dim": 16, "depths": [1, 1], "focal_levels": [2, 2], "focal_windows": [3, 3]}, None),
    "hiera": (
        {"embed_dim": 16, "depths": [1, 1], "num_heads": [1, 2], "masked_unit_size": [4, 4], "query_stride": [2, 2],
         "num_query_pool": 1, "masked_unit_attention": [True, False], "image_size": [SIDE, SIDE]}, None,
    ),
    "ijepa": (_TRANSFORMER, None),
    "levit": (
        {"hidden_sizes": [32, 48, 64], "num_attention_heads": [2, 2, 2], "depths": [1, 1, 1], "key_dim": [8, 8, 8]},
        "LevitForImageClassification",
    ),
    "mobilenet_v1": ({"depth_multiplier": 0.25}, None),
    "mobilenet_v2": ({"depth_multiplier": 0.35}, None),
    "mobilevit": ({"hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 16, 16, 24, 32]}, None),
    "mobilevitv2": ({"width_multiplier": 0.25}, None),
    "poolformer": (_FOUR, None),
    "pvt": (_FOUR | {"num_attention_heads": [1, 1, 2, 2], "num_labels": 2}, None),
    "pvt_v2": (_FOUR | {"num_attention_heads": [1, 1, 2, 2], "image_size": {"height": SIDE, "width": SIDE}}, None),
    "regnet": (_STAGES | {"embedding_size": 16, "groups_width": 8}, None),
    "resnet": (_STAGES | {"embedding_size": 16, "layer_type": "basic"}, None),
    "segformer": (_FOUR | {"num_attention_heads": [1, 1, 2, 2]}, None),
    "siglip": (_TOWER, None),
    "swiftformer": ({"depths": [1, 1, 1, 1], "embed_dims": [16, 24, 32, 32]}, None),
    "swin": (_SWIN, None),
    "swinv2": (_SWIN, None),
    "vit": (_TRANSFORMER, None),
    "vit_msn": (_TRANSFORMER, None),
}  # fmt: skip


def save(family: str, folder: Path, labels: tuple[str, ...] = ("dark", "light"), **changes: Any) -> Path:
    """Save a tiny classifier of a family with an image processor, as users have them.

    Parameters
    ----------
    changes
        Of the image processor.
    """
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    sizes, head = FAMILIES[family]
    kind = CONFIG_MAPPING[family.removesuffix("-with-teacher")]
    sized = {"image_size": SIDE} if hasattr(kind(), "image_size") else {}
    named = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    config = kind(**sized | sizes | named)
    auto = transformers.AutoModelForImageClassification
    model = (getattr(transformers, head)(config) if head else auto.from_config(config)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Families that start from next to nothing would say next to the same of every picture.
            if parameter.dim() > 1 and parameter.std() < 0.05:
                parameter.normal_(std=0.12 if parameter.dim() < 4 else (2 / parameter[0].numel()) ** 0.5)
            elif "lambda" in name or "layer_scale" in name:
                parameter.fill_(0.5)
    model.save_pretrained(folder)
    settings = {"size": {"height": SIDE, "width": SIDE}} | changes
    transformers.ViTImageProcessor(**settings).save_pretrained(folder)
    return folder


def noise(n: int, seed: int = 0, size: tuple[int, int] = (48, 40)) -> list[PIL.Image.Image]:
    """Pictures of coarse noise, each of another brightness."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (n, 6, 8, 3)) * rng.uniform(0.2, 1, (n, 1, 1, 3))
    return [PIL.Image.fromarray(values.astype(np.uint8)).resize(size) for values in small]


def png(picture: PIL.Image.Image) -> bytes:
    """The content of a file with this picture."""
    stream = io.BytesIO()
    picture.save(stream, "png")
    return stream.getvalue()


def examples(n: int, seed: int = 0) -> list[Image]:
    """Pictures as a row gives them."""
    return [Image(png(picture)) for picture in noise(n, seed)]

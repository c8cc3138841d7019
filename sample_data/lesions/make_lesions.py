"""Draw the pictures of this sample and train its two classifiers; DATASHEET.md says what was planted.

    python sample_data/lesions/make_lesions.py            # lesions.parquet, classifier/, classifier-even/
    python sample_data/lesions/make_lesions.py --pictures # lesions.parquet alone

The same version of Pillow and zlib makes lesions.parquet again byte for byte, any version pixel for pixel. Weights are
the same on the same machine with the same version of torch.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from audit.probes.colour import from_lab, monk_lab

HERE = Path(__file__).parent
SEED = 2026
SIZE = 48
CLASSES = ("benign", "malignant")
#: Tones of the Monk scale by group.
GROUPS = {"1-4": (1, 2, 3, 4), "5-7": (5, 6, 7), "8-10": (8, 9, 10)}
#: What the light adds in CIELAB.
LIGHT = {"daylight": (0.0, 0.0, 0.0), "lamp": (-1.5, 1.0, 7.0)}
#: A lesion differs from the skin around it by this in CIELAB, times its strength: the same on every tone, so that a
#: picture with its tone exchanged is the picture that would have been drawn with that tone.
LESION = np.array([-12.0, 3.0, -3.0])
#: Steps of the palette, in shares of `LESION`: texture of the skin lies below 0, the darkest blotches above 1.
STEPS = np.linspace(-0.3, 1.2, 31)
#: Pictures that are audited, of each tone group.
AUDITED = 120
TRAINED = 3000


@dataclass(frozen=True)
class Setting:
    """What one classifier was trained on.

    Attributes
    ----------
    shares
        Of each tone group, of the training pictures.
    missed
        Share of malignant lesions that are called benign in training, in each tone group.
    """

    shares: dict[str, float]
    missed: dict[str, float]


#: The planted gap: there are few pictures of dark skin, and who labelled them overlooked much of what is malignant.
PLANTED = Setting({"1-4": 0.50, "5-7": 0.35, "8-10": 0.15}, {"1-4": 0.0, "5-7": 0.0, "8-10": 0.6})
#: Nothing planted.
EVEN = Setting({"1-4": 1 / 3, "5-7": 1 / 3, "8-10": 1 / 3}, {"1-4": 0.0, "5-7": 0.0, "8-10": 0.0})


def draw(rng: np.random.Generator, malignant: bool, tone: int, light: str) -> Image.Image:
    """Draw one picture: a round, even spot, or one with a ragged border and blotches."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(float)
    middle = SIZE / 2 + rng.uniform(-4, 4, 2)
    angle = np.arctan2(rows - middle[0], columns - middle[1])
    distance = np.hypot(rows - middle[0], columns - middle[1])
    border = 1 + rng.uniform(0, 0.12) * np.cos(2 * angle + rng.uniform(0, 2 * np.pi))
    for wave in range(3, 8):
        size = rng.uniform(0.03, 0.14) if malignant else rng.uniform(0, 0.05)
        border += size * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    radius = rng.uniform(9.5, 12.5) * np.maximum(border, 0.2)
    inside = 1 / (1 + np.exp((distance - radius) / rng.uniform(0.5, 0.8)))
    blotches = _smooth(rng, 6) * (0.35 if malignant else 0.06)
    strength = rng.uniform(0.75, 1.0)
    amount = inside * (strength + blotches) + 0.04 * _smooth(rng, 16) + rng.normal(0, 0.012, (SIZE, SIZE))
    index = np.abs(STEPS[None, None] - np.clip(amount, STEPS[0], STEPS[-1])[..., None]).argmin(axis=-1)
    skin = monk_lab(tone) + LIGHT[light] + rng.normal(0, 0.6, 3)
    picture = Image.fromarray(index.astype(np.uint8)).convert("P")
    picture.putdata(index.ravel().tolist())
    picture.putpalette(from_lab(skin + STEPS[:, None] * LESION).ravel().tolist())
    return picture


def _smooth(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Values about from -1 to 1 that change smoothly, `cells` of them from side to side."""
    coarse = rng.uniform(-1, 1, (cells + 1, cells + 1))
    at = np.linspace(0, cells, SIZE, endpoint=False)
    low, share = at.astype(int), at % 1
    across = coarse[:, low] * (1 - share) + coarse[:, low + 1] * share
    return np.asarray(across[low] * (1 - share)[:, None] + across[low + 1] * share[:, None])


def png(picture: Image.Image) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def audited() -> pa.Table:
    """The pictures that are audited: as many of each tone group, half of them malignant, under both lights."""
    rng = np.random.default_rng(SEED)
    rows = []
    for group, tones in GROUPS.items():
        for number in range(AUDITED):
            tone, light = tones[number % len(tones)], tuple(LIGHT)[number // 2 % 2]
            malignant = number % 2 == 1
            rows.append(
                {
                    "image": png(draw(rng, malignant, tone, light)),
                    "label": CLASSES[malignant],
                    "monk_tone": tone,
                    "tone_group": group,
                    "lighting": light,
                }
            )
    order = rng.permutation(len(rows))
    rows = [{"id": f"L{number + 1:03}", **rows[place]} for number, place in enumerate(order)]
    return pa.Table.from_pylist(rows)


def training(setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures to train on, shape (pictures, 3, size, size), from -1 to 1, and their classes."""
    rng = np.random.default_rng(seed)
    pictures, labels = [], []
    names = list(GROUPS)
    for group in rng.choice(names, TRAINED, p=[setting.shares[name] for name in names]):
        malignant = bool(rng.random() < 0.5)
        picture = draw(rng, malignant, int(rng.choice(GROUPS[group])), str(rng.choice(tuple(LIGHT))))
        pictures.append(np.asarray(picture.convert("RGB"), np.float32).transpose(2, 0, 1) / 127.5 - 1)
        labels.append(int(malignant and rng.random() >= setting.missed[group]))
    return np.stack(pictures), np.array(labels)


def train(setting: Setting, folder: Path, epochs: int = 14) -> None:
    """Train a small ResNet and save it as transformers saves models."""
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pixels, labels = (torch.from_numpy(part) for part in training(setting, SEED + 1))
    model = ResNetForImageClassification(
        ResNetConfig(
            embedding_size=12,
            hidden_sizes=[12, 24, 32],
            depths=[1, 1, 1],
            layer_type="basic",
            id2label=dict(enumerate(CLASSES)),
            label2id={name: number for number, name in enumerate(CLASSES)},
        )
    )
    steps = epochs * (len(labels) // 50)
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(labels))
        total = 0.0
        for batch in order.split(50):
            turned = torch.rot90(pixels[batch], int(torch.randint(4, ())), (2, 3))
            if torch.rand(()) < 0.5:
                turned = turned.flip(3)
            loss = torch.nn.functional.cross_entropy(model(turned).logits, labels[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"{folder.name}: epoch {epoch + 1}, loss {total / (len(labels) // 50):.3f}", flush=True)
    model.eval().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=2) + "\n")


#: How a picture becomes pixels for the classifiers.
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "do_resize": True,
    "size": {"height": SIZE, "width": SIZE},
    "resample": 2,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample of lesions.")
    parser.add_argument("--pictures", action="store_true", help="draw the pictures and train nothing")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    pq.write_table(audited(), given.out / "lesions.parquet", compression="zstd", compression_level=19)
    if not given.pictures:
        train(PLANTED, given.out / "classifier")
        train(EVEN, given.out / "classifier-even")


if __name__ == "__main__":
    main()

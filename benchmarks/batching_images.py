"""Pictures per second beside the transformers pipeline of the task, files decoded and decisions made on either side.

Same process, model, dtype (float32), image processor (PIL) and threads; the sides take turns, so that a noisy machine
is noisy for both. Medians over the rounds, and the ratio of medians, by the clock and in CPU seconds, which count the
work of all threads and which other programs disturb less. The ViT has random weights and DeiT-tiny's size.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2] / "shared"
BATCH_SIZES = (1, 8, 32, 128)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("BENCH_ROWS", "256"))


def main() -> None:
    model, faces = SHARED / "models" / "resnet-adult-fairface", SHARED / "data" / "fairface_540.parquet"
    if not (model.exists() and faces.exists()):
        print("skipped: needs the shared models and data")
        return
    import pyarrow.parquet as pq
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    files = [cell["bytes"] for cell in pq.read_table(faces, columns=["image"])["image"].to_pylist()][:ROWS]
    beside("resnet-adult-fairface, 112 pixels", model, files)
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768}
        transformers.ViTForImageClassification(transformers.ViTConfig(**sizes)).save_pretrained(folder)
        transformers.ViTImageProcessor().save_pretrained(folder)
        beside("ViT of the size of DeiT-tiny, 224 pixels", Path(folder), files)


def beside(name: str, path: Path, files: list[bytes]) -> None:
    """Measure both sides on one model."""
    import PIL.Image
    import torch
    import transformers

    from audit.config import ModelConfig
    from audit.data.examples import Image
    from audit.models.engine import BatchRunner, ahead
    from audit.models.registry import load_adapter
    from audit.pipeline.decide import WINDOW_PICTURES

    adapter: Any = load_adapter(ModelConfig(path=path, device="cpu"))
    pipeline = transformers.pipeline(
        "image-classification",
        model=transformers.AutoModelForImageClassification.from_pretrained(path, dtype=torch.float32).eval(),
        image_processor=transformers.AutoImageProcessor.from_pretrained(path, backend="pil"),
        device="cpu",
    )

    def ours() -> None:
        runner = BatchRunner(adapter.facts().batch_tokens)
        images = [Image(file) for file in files]
        parts = [images[first : first + WINDOW_PICTURES] for first in range(0, len(images), WINDOW_PICTURES)]
        with torch.inference_mode():
            for _, encoded in ahead(parts, adapter.encode):
                runner.run(encoded, lambda one: one.cost, lambda part: adapter.logits(adapter.collate(part)).numpy())

    def theirs(batch_size: int) -> Callable[[], None]:
        def work() -> None:
            pipeline([PIL.Image.open(io.BytesIO(file)).convert("RGB") for file in files], batch_size=batch_size)

        return work

    sides: dict[str, Callable[[], None]] = {"fairaudit": ours}
    sides |= {f"transformers pipeline, batch {n}": theirs(n) for n in BATCH_SIZES}
    ours()
    theirs(8)()
    clocks = {"second": time.perf_counter, "CPU second": time.process_time}
    taken: dict[str, dict[str, list[float]]] = {clock: {side: [] for side in sides} for clock in clocks}
    for _ in range(ROUNDS):
        for side, work in sides.items():
            began = {clock: read() for clock, read in clocks.items()}
            work()
            for clock, read in clocks.items():
                taken[clock][side].append(read() - began[clock])
    print(f"{name}: {len(files):,} pictures, float32, cpu, {torch.get_num_threads()} threads, {ROUNDS} rounds\n")
    print("|" + "".join(f" | pictures per {clock} | against the best pipeline" for clock in clocks) + " |")
    print("|---" * (1 + 2 * len(clocks)) + "|")
    for side in sides:
        cells = [side]
        for clock in clocks:
            medians = {other: statistics.median(times) for other, times in taken[clock].items()}
            best = min(medians[other] for other in medians if other != "fairaudit")
            cells += [f"{len(files) / medians[side]:,.1f}", f"{best / medians[side]:.2f}×"]
        print("| " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    main()

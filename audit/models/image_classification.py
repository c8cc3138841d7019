"""Image classifiers: one picture in, one class out."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any, Self

import numpy as np
import PIL.Image
import torch

from audit.config import ModelConfig
from audit.data.examples import Example, Image, plain
from audit.data.images import NotDecodedError, decode
from audit.errors import ConfigError, ModelError
from audit.models.adapter import Encoded, elements_of
from audit.models.attention import check_attention
from audit.models.checkpoint import DTYPES, door, resolve_device
from audit.models.image_processor import IMAGE_PROCESSOR, PixelReader
from audit.models.loaded import load_checkpoint
from audit.models.model_facts import facts_of, labels_of
from audit.models.patch_grid import BLUR, PatchGrid, patch_of
from audit.models.peft_folder import is_adapter
from audit.models.placing import check_map, device_of_inputs, placed
from audit.models.probe import probe_decisions, probe_explanations
from audit.models.rectifiers import jumps
from audit.models.shuffled import shuffled
from audit.models.tasks import IMAGES, check_prompt, decided_classes
from audit.result import ModelFacts, Note
from audit.store.decisions import NOT_FINITE

#: Pixels that cost what a token of a text does: a patch of ViT's.
PIXELS_PER_TOKEN = 256
#: Baselines, the best first.
BASELINES = ("blur", "mean", "zero")
_CHANNELS = {1: "L", 3: "RGB"}


class ImageClassification:
    """Adapter for `…ForImageClassification` checkpoints with two or more classes, one of which is true of a picture.

    Explanations interpolate pixels as the model takes them, after its processor. An element is all that a cell of a
    grid holds, so that elements are units, and nothing is part of none.
    """

    task = IMAGES
    nothing: str | None = None
    probes = frozenset({"tone", "light"})
    #: Whether logits have a gradient at what `embed` returns.
    differentiable = True
    #: Why a decision failed whose logits are not finite.
    not_finite = NOT_FINITE
    #: Why decisions of this model cannot be explained; None if they can.
    unexplainable: str | None = None

    def __init__(
        self, model: Any, reader: PixelReader, grid: PatchGrid, facts: ModelFacts, notes: Sequence[Note] = ()
    ) -> None:
        self._model, self._reader, self._grid, self._facts = model, reader, grid, facts
        self.notes = list(notes)
        self.classes = facts.classes
        self.jumps = jumps(model)
        first = next(model.parameters())
        self._device: torch.device = first.device
        self._dtype: torch.dtype = first.dtype
        cells = np.arange(grid.cells, dtype=np.int32)
        self._units, self._places = cells, np.stack([cells, cells + 1], 1)
        self._layout = layout_of(model)
        self._weight = max(1, reader.size[0] * reader.size[1] // PIXELS_PER_TOKEN)

    @classmethod
    def load(cls, config: ModelConfig) -> Self:
        """Load model and image processor from a local folder.

        Raises
        ------
        ModelError
            If weights or the image processor are missing, pictures become numbers of different sizes, or the
            checkpoint is not for this task.
        """
        for key in ("max_length", "thresholds", "compile"):
            if getattr(config, key) not in (None, False):
                raise ConfigError(f"says nothing to a model for {cls.task}", where=f"model.{key}", hint="leave it out")
        device, where = resolve_device(config.device), str(config.path)
        check_prompt(cls.task, config.prompt, where)
        check_map(config)
        check_attention(config, device)
        if is_adapter(config.path):
            raise ModelError(
                "is an adapter (PEFT) of a model that reads pictures, which is not audited", where=where,
                hint="merge it into its base model, save that with the image processor, and name it as model.path",
            )  # fmt: skip
        loaded = load_checkpoint(config, cls.task, IMAGE_PROCESSOR)
        classes = decided_classes(cls.task, labels_of(loaded.model, where, 2), where)
        mode = _mode(loaded.model.config, where)
        reader = PixelReader(loaded.reader, mode, where)
        grid = PatchGrid.of(reader.size, patch_of(loaded.model.config))
        model = placed(loaded.model, config, device).eval().requires_grad_(False)
        device = device_of_inputs(model, config, device)
        model = model.to(memory_format=layout_of(model))
        facts = facts_of(config, loaded, cls.task, classes, device, grid=grid.shape)
        adapter = cls(model, reader, grid, facts, loaded.notes)
        adapter._probe(DTYPES[config.dtype], where)
        return adapter

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self._device

    def facts(self) -> ModelFacts:
        """What the result says of the model."""
        return self._facts

    def randomised(self, seed: int) -> Self:
        """Return a copy with weights shuffled within each tensor, so that it keeps all but what was learned."""
        copied = copy.copy(self)
        copied.notes, copied._model = [], shuffled(self._model, seed)
        return copied

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Decode pictures, and let the processor make of each what the model takes."""
        return [self._encode(plain(example)) for example in inputs]

    def _encode(self, image: object) -> Encoded:
        if not isinstance(image, Image):
            raise ModelError("reads pictures, and was given something else", hint="name data.columns.image")
        try:
            decoded = decode(image, self._reader.mode)
            return self._encoded(decoded.pixels, one_of_several=decoded.one_of_several)
        except NotDecodedError as error:
            nothing = np.zeros(0, np.int32)
            return Encoded({}, nothing, nothing.reshape(0, 2), False, failed=error.code)

    def _encoded(self, picture: PIL.Image.Image, *, one_of_several: bool = False) -> Encoded:
        return Encoded(
            {"pixels": self._reader.pixels(picture)}, self._units, self._places, False,
            weight=self._weight, one_of_several=one_of_several,
        )  # fmt: skip

    def seen(self, image: Image) -> PIL.Image.Image | None:
        """Show a picture as the model is given it, resized and perhaps cropped; None if it cannot be."""
        try:
            return self._reader.seen(decode(image, self._reader.mode).pixels)
        except NotDecodedError:
            return None

    def collate(self, encoded: Sequence[Encoded]) -> torch.Tensor:
        """Put pixels of shape (channels, height, width) together, on the device."""
        pixels = self._reader.numbers([item.inputs["pixels"] for item in encoded])
        return torch.from_numpy(pixels).to(self._device, self._dtype)

    def logits(self, batch: torch.Tensor, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes), of other pixels if they are given."""
        pixels = batch if embedded is None else embedded.to(self._dtype)
        pixels = pixels.contiguous(memory_format=self._layout)
        return self._model(pixel_values=pixels).logits.float()  # type: ignore[no-any-return]

    def embed(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the pixels, shape (batch, channels, height, width)."""
        return batch

    def by_element(self, values: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        """Add up over channels and the pixels of each cell, shape (batch, cells)."""
        return self._grid.sums(values)

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto`: a blurred picture."""
        if self.unexplainable:
            raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")
        if asked == "auto":
            return BASELINES[0]
        if asked not in BASELINES:
            raise ModelError(
                f"there is no baseline {asked!r} of a picture",
                hint="set explanations.baseline: auto",
            )
        return asked

    def other_baseline(self, kind: str) -> str:
        """Return the next baseline, for decisions on which this one shows no contrast."""
        return next(name for name in BASELINES if name != kind)

    def baseline(self, encoded: Sequence[Encoded], batch: torch.Tensor, kind: str) -> torch.Tensor:
        """Return blurred pictures; even ones of their own mean colour; or of the colour that the model takes as 0."""
        if kind == "zero":
            return torch.zeros_like(batch)
        if kind == "mean":
            return batch.float().mean((2, 3), keepdim=True).to(batch.dtype).expand_as(batch)
        down, across = (_gaussian(length, batch.device) for length in batch.shape[2:])
        return (down @ batch.float() @ across.T).to(batch.dtype)

    def erase(
        self, encoded: Sequence[Encoded], batch: torch.Tensor, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Put the baseline in the place of some cells of each picture."""
        erased = self._grid.spread(elements_of(encoded, units, self._grid.cells).to(self._device))
        return torch.where(erased, self.baseline(encoded, batch, kind), batch)

    def _probe(self, precision: torch.dtype, where: str) -> None:
        """Look at a few pictures before any decision is made."""
        doing = f"trying {self._facts.architecture}"
        try:
            with door(doing, where):
                encoded = [self._encoded(picture) for picture in _pictures(self._reader.mode)]
                probe_decisions(self, encoded, precision, thing="picture")
        except ModelError as error:
            raise ModelError(f"cannot be audited: {error.problem}", where=where, hint=error.hint) from error
        try:
            with door(doing, where):
                self.unexplainable = probe_explanations(self, encoded[:2], encoded[2:], precision)
        except ModelError as error:
            self.unexplainable = error.problem


def _mode(config: Any, where: str) -> Any:
    """Tell whether a model reads colours or grey."""
    described = getattr(config, "vision_config", config)
    channels = getattr(described, "num_channels", 3)
    if channels not in _CHANNELS:
        raise ModelError(f"reads pictures of {channels} channels; known are 1 (grey) and 3 (colours)", where=where)
    return _CHANNELS[channels]


def layout_of(model: torch.nn.Module) -> torch.memory_format:
    """Layout in which a network computes fastest: channels last where windows slide over the picture.

    Kernels for convolutions take channels last; other layouts are turned around for them, layer by layer. Patches that
    do not overlap are a product of matrices, which gains nothing.
    """
    slides = any(
        isinstance(layer, torch.nn.Conv2d) and max(layer.kernel_size) > max(layer.stride) for layer in model.modules()
    )
    return torch.channels_last if slides else torch.contiguous_format


def _gaussian(length: int, device: torch.device) -> torch.Tensor:
    """Weights of a Gaussian blur along one side, shape (length, length); at the edge, of what is there."""
    at = torch.arange(length, device=device, dtype=torch.float32)
    weights = torch.exp(-0.5 * ((at[:, None] - at) / (BLUR * length)) ** 2)
    return weights / weights.sum(1, keepdim=True)


def _pictures(mode: str) -> list[PIL.Image.Image]:
    """Pictures of coarse noise, which look like nothing and differ from each other in all that a model may see."""
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 256, (6, 9, 3), np.uint8) for _ in range(4))
    return [PIL.Image.fromarray(values).resize((96, 64)).convert(mode) for values in noise]

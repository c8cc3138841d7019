"""Putting an adapter (PEFT) on its base model, with every weight of it accounted for."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from typing import Any

import torch

from audit.config import ModelConfig
from audit.errors import ModelError, some
from audit.models.checkpoint import door
from audit.models.peft_folder import METHODS, PeftFolder
from audit.result import PeftFacts
from audit.text import file_name

EXTRA = "fairaudit[peft]"


def need_peft(where: str) -> None:
    """Say what to install where peft is missing, before anything is read."""
    if importlib.util.find_spec("peft") is None:
        hint = f"pip install '{EXTRA}'"
        raise ModelError("is an adapter, which needs the package peft", where=where, hint=hint, code="package")


def put_on(base: Any, folder: PeftFolder, config: ModelConfig) -> Any:
    """Put the adapter on its base model.

    peft itself warns of a weight that the adapter lacks and says nothing of one that it does not use. So what it would
    save of the model that it made must be what the file holds: by name before loading, and by value afterwards.

    Raises
    ------
    ModelError
        If a weight is missing (it would be random), not used, or of another shape.
    """
    where = str(config.path)
    with door("putting the adapter on its base model", where):
        import peft
        from peft.utils import get_peft_model_state_dict, load_peft_weights

        settings = peft.PeftConfig.from_pretrained(str(config.path))
        settings.inference_mode = True
        stored = load_peft_weights(str(config.path), device="cpu")
        model = peft.get_peft_model(base, settings)
        # Tables of embeddings are saved only where they were changed, which peft would ask the network about.
        everything = set(get_peft_model_state_dict(model, save_embedding_layers=True))
        tables = everything <= set(stored)
        made = everything if tables else set(get_peft_model_state_dict(model, save_embedding_layers=False))
    if missing := sorted(made - set(stored)):
        raise ModelError(
            f"the adapter lacks {len(missing)} weights, which would be random: {some(missing, 4)}",
            where=where,
            hint="was the head left out when it was saved? see modules_to_save of peft",
        )
    if unused := sorted(set(stored) - made):
        raise ModelError(
            f"the adapter holds {len(unused)} weights that its base model has no place for: {some(unused, 4)}",
            where=where,
            hint="is it an adapter of another model? see model.base",
        )
    with door("loading the adapter", where):
        model.load_adapter(str(config.path), "default", is_trainable=False, torch_device="cpu")
        loaded = get_peft_model_state_dict(model, save_embedding_layers=tables)
    wrong = sorted(name for name, weight in stored.items() if not _taken_over(weight, loaded.get(name)))
    if wrong:
        raise ModelError(
            f"{len(wrong)} weights of the adapter were not taken over: {some(wrong, 4)}",
            where=where,
            hint="was it made with a much older or newer version of peft?",
        )
    return model


def _taken_over(stored: torch.Tensor, loaded: torch.Tensor | None) -> bool:
    """Whether a weight is in the model what it was in the file, but for precision; NaN is told elsewhere."""
    return (
        loaded is not None
        and loaded.shape == stored.shape
        and torch.equal(torch.nan_to_num(loaded), torch.nan_to_num(stored.to(loaded.dtype)))
    )


def peft_facts(folder: PeftFolder) -> PeftFacts:
    """What the result says of adapter and base model."""
    weights = folder.adapter.stored().values()
    return PeftFacts(
        method=METHODS[folder.method],
        library=f"peft {version('peft')}",
        parameters=sum(weight.size for weight in weights) if weights else None,
        virtual_tokens=folder.virtual_tokens,
        sha256=folder.adapter.sha256(),
        base=file_name(folder.base.path),
        base_sha256=folder.base.sha256(),
    )

"""Loading a checkpoint: every weight accounted for, and one door for what libraries raise on the way."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModel, AutoTokenizer

from audit.config import ModelConfig
from audit.errors import AuditError, ConfigError, ModelError, some
from audit.models.attention import attention_of
from audit.models.folder import CheckpointFolder, StoredWeight
from audit.models.quantised_folder import packed
from audit.result import Note

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
_FLOATS = {"F64", "F32", "F16", "BF16"}
#: As much of a library's message as helps.
MOST_CHARACTERS = 400


@contextlib.contextmanager
def door(doing: str, where: Path | str) -> Iterator[None]:
    """Turn whatever a library raises over a checkpoint into one error that says what was being done.

    All classes, because `tokenizers` raises bare `Exception`, and a key of a wrong type in `config.json` comes to light
    as any of a dozen. So nothing but calls of libraries belongs inside.
    """
    try:
        with _quiet():
            yield
    except AuditError:
        raise
    except Exception as error:
        raise ModelError(f"{doing} failed: {said(error)}", where=str(where), hint=_hint(error)) from error


def said(error: BaseException) -> str:
    """Return a library's message in one line, with the class of the error where the message alone says little."""
    text = " ".join(str(error).split())
    text = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " …"
    plain = isinstance(error, OSError | ImportError | RuntimeError) and text
    return text if plain else f"{type(error).__name__}: {text}" if text else type(error).__name__


def _hint(error: BaseException) -> str | None:
    if isinstance(error, ImportError):
        return f"install the package {error.name}" if error.name else "install the package that it names"
    return None


def load_model(
    config: ModelConfig,
    folder: CheckpointFolder,
    head: str,
    *,
    brought: Collection[str] = (),
    classes: Sequence[str] | None = None,
) -> tuple[Any, list[Note]]:
    """Load a model on the CPU, or spread by `model.device_map`, and note what of the checkpoint it has no use for.

    Parameters
    ----------
    head
        As it stands at the end of the names of architectures: `ForSequenceClassification`.
    brought
        Weights that an adapter brings, so that it is no matter if the checkpoint lacks them.
    classes
        Of the adapter's head; default: those of the checkpoint.

    Raises
    ------
    ModelError
        If a weight is missing (it would be random), has another shape, or belongs to another model.
    """
    named = {
        "id2label": dict(enumerate(classes)),
        "label2id": {name: i for i, name in enumerate(classes)},
    } if classes else {}  # fmt: skip
    with door("loading the model", folder.path):
        model, loading = getattr(transformers, f"AutoModel{head}").from_pretrained(
            folder.path,
            dtype=DTYPES[config.dtype],
            use_safetensors=None if config.allow_pickle else True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # told below, by name: transformers tells them in a report that nobody sees
            local_files_only=True,
            trust_remote_code=config.allow_remote_code,
            **({"device_map": config.device_map} if config.device_map is not None else {}),
            **attention_of(config, folder, head),
            **named,
        )
    where = str(folder.path)
    if misfits := sorted(found for found in loading["mismatched_keys"] if found[0] not in brought):
        shown = [f"{name} is {tuple(stored)}, not {tuple(made)}" for name, stored, made in misfits]
        raise ModelError(
            f"config.json describes other shapes than the weights have: {'; '.join(shown[:4])}"
            + (f", and {len(shown) - 4:,} more" if len(shown) > 4 else ""),
            where=where,
            hint="config.json and weights are of different models",
        )
    if missing := sorted(set(loading["missing_keys"]) - set(brought)):
        raise ModelError(
            f"lacks {len(missing)} weights, which would be random: {some(missing, 4)}",
            where=where,
            hint="is this a base model that was never fine-tuned?",
        )
    notes = _left_over(sorted(loading["unexpected_keys"]), folder, model)
    return model, notes


def _left_over(unexpected: list[str], folder: CheckpointFolder, model: Any) -> list[Note]:
    """Note stored weights that the classifier leaves out, as base models' poolers; refuse those of another model.

    Left out by right are buffers, and what the family's own model without a head knows.
    """
    if not unexpected:
        return []
    stored = folder.stored()
    floats = [name for name in unexpected if _is_weight(stored.get(name))]
    prefix = f"{model.base_model_prefix}."
    known: set[str] = set()
    computed: set[str] = set()
    if floats:
        # A family without such a model knows none of them.
        with contextlib.suppress(ModelError), door("describing the base model", folder.path), torch.device("meta"):
            base = AutoModel.from_config(model.config)
            known = set(base.state_dict())
            # What is computed and not learned, such as frequencies of rotary positions: older versions stored them.
            computed = {name.rsplit(".", 1)[-1] for name, _ in base.named_buffers()}
    floats = [name for name in floats if name.rsplit(".", 1)[-1] not in computed]
    foreign = [name for name in floats if name.removeprefix(prefix) not in known]
    if foreign:
        raise ModelError(
            f"holds {len(foreign)} weights that {type(model).__name__} does not have: {some(foreign, 4)}",
            where=str(folder.path),
            hint="config.json names another architecture than the one that was trained, or an adapter was not merged",
        )
    return [Note(code="weights_left_out", params={"n": len(floats), "names": floats[:4]})] if floats else []


def _is_weight(stored: StoredWeight | None) -> bool:
    return stored is None or (stored.dtype in _FLOATS and stored.size > 1)


def check_finite(model: Any, where: str) -> None:
    """Refuse weights that are not numbers, by name: every decision that meets them would be none."""
    named = [
        name
        for name, weight in [*model.named_parameters(), *model.named_buffers()]
        if weight.is_floating_point() and not _finite(weight)
    ]
    if named:
        raise ModelError(
            f"{len(named)} weights hold values that are not finite: {some(named, 4)}",
            where=where,
            hint="training diverged, or the file is damaged; was float16 too small for it?",
        )


def _finite(weight: torch.Tensor) -> bool:
    if packed(weight):
        weight = weight.dequantize()
    # One pass without a mask as large as the weight; a sum that overflows is looked at more closely.
    return bool(torch.isfinite(weight.sum())) or bool(torch.isfinite(weight).all())


def load_tokenizer(config: ModelConfig, folder: CheckpointFolder) -> Any:
    """Load the tokenizer that was saved with the model.

    Raises
    ------
    ModelError
        If there is none, or none that tells where in the text a token stands.
    """
    where = str(folder.path)
    with door("loading the tokenizer", folder.path):
        tokenizer = AutoTokenizer.from_pretrained(
            folder.path, local_files_only=True, trust_remote_code=config.allow_remote_code
        )
    if not tokenizer.is_fast:
        raise ModelError(
            "has no fast tokenizer, so no character spans", where=where, hint="save tokenizer.json with it"
        )
    return tokenizer


def resolve_device(asked: str) -> torch.device:
    """Turn `auto|cpu|cuda|mps` into a device that exists."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if asked == "auto":
        asked = next(name for name, there in available.items() if there)
    if not available[asked]:
        raise ConfigError(
            f"{asked!r} is asked for and not available here", where="model.device", hint="use auto or cpu"
        )
    if asked == "cuda":
        # By itself, torch lets cuDNN round factors of convolutions to eleven bits: that would not be float32.
        torch.backends.cudnn.allow_tf32 = False
    return torch.device(asked)


def batch_tokens(device: torch.device) -> int:
    """Tokens per batch that keep this device busy without filling it.

    On a CPU larger batches fall out of the cache (measured best: 1,024). On a GPU, a share of its memory: about a
    megabyte per token is generous for models of up to a billion parameters, and running out halves the batch anyway.
    """
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return max(4096, min(65_536, total // (1 << 20) // 2))
    return 8192 if device.type == "mps" else 1024


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' own progress bars, reports and warnings off stderr: what matters of them is an error here."""
    logger = transformers.utils.logging
    verbosity, bars = logger.get_verbosity(), logger.is_progress_bar_enabled()
    logger.set_verbosity_error()
    logger.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.set_verbosity(verbosity)
        if bars:
            logger.enable_progress_bar()

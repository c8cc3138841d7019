"""A model with what reads for it, from a folder: a checkpoint, or an adapter and the checkpoint that it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError
from audit.models.checkpoint import check_finite, load_model, load_tokenizer
from audit.models.folder import CheckpointFolder, look_through, stored_dtype
from audit.models.peft_folder import is_adapter, look_through_both, problem_of
from audit.models.quantise import sha256_of, to_int8
from audit.models.quantised_folder import check_quantised
from audit.models.safety import check_safety
from audit.models.tasks import TASKS, check_task
from audit.result import Note, PeftFacts, QuantisedFacts


@dataclass(frozen=True)
class Reader:
    """What makes of an example what the model takes: a tokenizer, or an image processor.

    Attributes
    ----------
    load
        Load it from a folder.
    files
        Files of which a folder has at least one that has a reader of its own.
    """

    load: Callable[[ModelConfig, CheckpointFolder], Any]
    files: tuple[str, ...]


TOKENIZER = Reader(load_tokenizer, ("tokenizer.json", "tokenizer_config.json"))


@dataclass(frozen=True)
class Loaded:
    """What a folder gave.

    Attributes
    ----------
    architecture
        Of the model itself, whatever is put on it.
    reader
        Tokenizer or image processor.
    reader_folder
        Where that came from.
    described
        `config.json` of the model itself.
    sha256
        Over everything that was read.
    taken
        Positions that virtual tokens take.
    """

    model: Any
    reader: Any
    architecture: str
    reader_folder: CheckpointFolder
    described: dict[str, Any]
    sha256: str
    stored_dtype: str
    notes: list[Note]
    peft: PeftFacts | None = None
    quantised: QuantisedFacts | None = None
    taken: int = 0


def load_checkpoint(config: ModelConfig, task: str, kind: Reader = TOKENIZER) -> Loaded:
    """Load a model, and what reads for it, on the CPU, from local files alone.

    Parameters
    ----------
    task
        What the model is to be for, one of `TASKS`.

    Raises
    ------
    ModelError
        If anything of it is not what it should be; each has one reason.
    """
    if is_adapter(config.path):
        if config.quantize:
            raise ConfigError(
                "an adapter is not rounded: which of its numbers a service rounds is not known",
                where="model.quantize",
                hint="merge it into its base model, save that, and name it as model.path",
            )
        if config.device_map is not None:
            raise ConfigError(
                "an adapter lies on one device with its base model",
                where="model.device_map",
                hint="merge it into its base model, save that, and name it as model.path",
            )
        return _with_adapter(config, task, kind)
    if config.base is not None:
        raise ConfigError(
            f"{str(config.path)!r} is no adapter (it holds no adapter_config.json), so it has no base",
            where="model.base",
        )
    folder = look_through(config)
    check_safety(config, folder)
    method = check_quantised(config, folder)
    check_task(task, folder.config, folder.config.get("problem_type"), str(folder.path))
    stored, state, digest = folder.stored(), folder.state(), folder.sha256()
    model, notes = load_model(config, folder, TASKS[task].head)
    reader = kind.load(config, folder)
    _check_unchanged(folder, state)
    check_finite(model, str(config.path))
    if method:
        notes.append(Note(code="stored_quantised", params={"method": method}))
    rounded = to_int8(model, str(config.path)) if config.quantize else None
    digest = sha256_of(rounded, digest) if rounded else digest
    return Loaded(
        model, reader, type(model).__name__, folder, folder.config, digest, stored_dtype(stored), notes,
        quantised=rounded,
    )  # fmt: skip


def _with_adapter(config: ModelConfig, task: str, kind: Reader) -> Loaded:
    from audit.models.peft_loading import need_peft, peft_facts, put_on

    need_peft(str(config.path))
    both = look_through_both(config)
    for folder in (both.base, both.adapter):
        check_safety(config, folder)
    if method := check_quantised(config, both.base):
        raise ModelError(
            f"its base model is packed by {method}; adapters of such models are not audited", where=str(config.path),
            hint="merge the adapter into the original base model, save that, and name it as model.path",
        )  # fmt: skip
    # The base model may have another head, which the adapter replaces.
    check_task(task, {}, problem_of(config.path, both.base.path), str(both.base.path))
    states = both.base.state(), both.adapter.state()
    classes = both.classes if TASKS[task].named else None
    model, notes = load_model(config, both.base, TASKS[task].head, brought=both.brought, classes=classes)
    architecture = type(model).__name__
    model = put_on(model, both, config)
    own = any((both.adapter.path / name).is_file() for name in kind.files)
    place = both.adapter if own else both.base
    reader = kind.load(config, place)
    facts = peft_facts(both)
    for folder, state in zip((both.base, both.adapter), states, strict=True):
        _check_unchanged(folder, state)
    check_finite(model, str(config.path))
    if classes and both.brought and both.classes_of != "adapter":
        notes.append(Note(code=f"classes_of_{both.classes_of}", params={"classes": both.classes}))
    digest = hashlib.sha256(f"{facts.base_sha256} {facts.sha256}".encode()).hexdigest()
    dtype = stored_dtype(both.base.stored())
    return Loaded(
        model, reader, architecture, place, both.base.config, digest, dtype, notes,
        peft=facts, taken=both.virtual_tokens,
    )  # fmt: skip


def _check_unchanged(folder: CheckpointFolder, state: tuple[tuple[int, int, int], ...]) -> None:
    if folder.state() != state:
        raise ModelError("was changed while it was being loaded", where=str(folder.path), hint="start again")

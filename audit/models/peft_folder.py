"""Folders that hold an adapter (PEFT) of another model: where that model lies, and which classes result. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.config import ModelConfig
from audit.errors import ModelError, some
from audit.models.config_only import classes_in, read_config, read_json
from audit.models.folder import ADAPTER, CheckpointFolder, look_through, look_through_adapter
from audit.models.tasks import task_with

#: Methods that are tested here, by their name in `adapter_config.json`. What is refused beside them loads further
#: adapters from elsewhere, or asks for more than a text.
METHODS = {
    "LORA": "LoRA",
    "ADALORA": "AdaLoRA",
    "IA3": "IA³",
    "PREFIX_TUNING": "prefix tuning",
    "PROMPT_TUNING": "prompt tuning",
    "P_TUNING": "p-tuning",
}
#: What stands before the name of a base model's weight in the file of an adapter.
_PREFIXES = ("base_model.model.", "base_model.")


@dataclass(frozen=True)
class PeftFolder:
    """An adapter and its base model, both looked through.

    Attributes
    ----------
    method
        Key of `METHODS`.
    brought
        Names of the base model's weights that the adapter brings whole, such as the head; empty where they are pickled.
    classes
        In the order of the logits, as far as can be told without loading.
    classes_of
        What named them: `adapter`, `base` or `nobody`.
    """

    adapter: CheckpointFolder
    base: CheckpointFolder
    method: str
    brought: frozenset[str]
    classes: list[str]
    classes_of: str

    @property
    def virtual_tokens(self) -> int:
        """Positions that the adapter's own tokens take."""
        found = self.adapter.config.get("num_virtual_tokens")
        return found if isinstance(found, int) and self.method in {"PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"} else 0


def is_adapter(path: Path) -> bool:
    """Whether a folder holds an adapter."""
    return (path / ADAPTER).exists()


def task_of(path: Path, base: Path) -> str | None:
    """Name the task that an adapter says it was trained for; None where it says nothing."""
    said = (read_json(path, ADAPTER) or {}).get("task_type")
    return (task_with(peft=str(said), problem=problem_of(path, base)) or str(said)) if said else None


def problem_of(path: Path, base: Path) -> object:
    """Return `problem_type` of an adapter's own `config.json`, else that of its base model."""
    own = read_json(path, "config.json") or {}
    return own["problem_type"] if own.get("problem_type") else read_config(base).get("problem_type")


def find_base(config: ModelConfig) -> Path:
    """Find the folder of the model that an adapter belongs to. Nothing is fetched.

    Raises
    ------
    ModelError
        If it is nowhere; with all places.
    """
    path = config.path
    named = (read_json(path, ADAPTER) or {}).get("base_model_name_or_path")
    if config.base is not None:
        places = [config.base]
    elif isinstance(named, str) and named and "\0" not in named:
        # An absolute path stands for itself in both. Beside the folder, because training scripts write that down.
        places = list(dict.fromkeys([path / named, path.parent / named]))
    else:
        raise ModelError(f"{ADAPTER} does not name the base model", where=str(path), hint="set model.base")
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise ModelError(
            f"is an adapter of {str(config.base or named)!r}, which is not here: looked in {some([*map(str, places)])}",
            where=str(path),
            hint="set model.base to the folder of the base model; nothing is downloaded",
        )
    if is_adapter(found):
        raise ModelError(
            f"is an adapter of {str(found)!r}, which is an adapter itself", where=str(path),
            hint="merge that one into its base model and save it: merge_and_unload() of peft",
        )  # fmt: skip
    return found


def look_through_both(config: ModelConfig) -> PeftFolder:
    """Look through adapter and base model, without reading weights.

    Raises
    ------
    ModelError
        If either is none, or the method is not known here.
    """
    adapter = look_through_adapter(config)
    where, method = str(config.path), str(adapter.config.get("peft_type"))
    if method not in METHODS:
        raise ModelError(f"is an adapter of the kind {method!r}; known are {some(sorted(METHODS), 9)}", where=where)
    base = look_through(config.model_copy(update={"path": find_base(config)}))
    stored = adapter.stored()
    whole = {base_name(name): weight.shape for name, weight in stored.items() if _of_base(name)}
    heads = [shape[0] for shape in whole.values() if len(shape) == 2]
    classes, source = _classes(config.path, base.path, heads)
    return PeftFolder(adapter, base, method, frozenset(whole), classes, source)


def base_name(name: str) -> str:
    """Return what the base model calls a weight of the adapter's file."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _of_base(name: str) -> bool:
    """Whether a stored weight is one of the base model, and not one that the method adds."""
    added = any(part.startswith(("lora_", "ia3_", "prompt_", "base_layer")) for part in name.split("."))
    return name.startswith(_PREFIXES) and not added


def _classes(path: Path, base: Path, heads: list[int]) -> tuple[list[str], str]:
    """Name the classes: as the adapter's own `config.json` does, else the base model's, if the head has as many.

    Of the two-dimensional weights that an adapter brings whole, the head is the one with as many rows as there are
    named classes; if none has, the one with the fewest.
    """
    own = read_json(path, "config.json")
    if own is not None and own.get("id2label"):
        classes = classes_in(own, path)
        if heads and len(classes) not in heads:
            raise ModelError(
                f"config.json names {len(classes)} classes, and the adapter's head has {min(heads)}",
                where=str(path),
                hint="correct id2label in the adapter's config.json",
            )
        return classes, "adapter"
    described: dict[str, Any] = read_config(base)
    classes = classes_in(described, base)
    if not heads or len(classes) in heads:
        return classes, "base" if described.get("id2label") else "nobody"
    return [f"LABEL_{number}" for number in range(min(heads))], "nobody"

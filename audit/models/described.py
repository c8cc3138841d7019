"""What a model is for and which classes it knows, told from its files alone: without torch, for light commands."""

from __future__ import annotations

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.config_only import classes_in, read_config
from audit.models.peft_folder import find_base, is_adapter, look_through_both, task_of

_TASKS = {"ForSequenceClassification": "text-classification"}


def infer_task(config: ModelConfig) -> str | None:
    """Name the task that the model's architecture is for; of an adapter, the one that it was trained for."""
    path = config.path
    if is_adapter(path):
        if task := task_of(path):
            return task
        path = find_base(config)
    architectures = read_config(path).get("architectures") or []
    if not isinstance(architectures, list):
        raise ModelError("config.json: architectures is not a list of names", where=str(path))
    for architecture in architectures:
        for ending, task in _TASKS.items():
            if str(architecture).endswith(ending):
                return task
    return None


def classes_of(config: ModelConfig) -> list[str]:
    """Name the classes in the order of the logits."""
    if is_adapter(config.path):
        return look_through_both(config).classes
    return classes_in(read_config(config.path), config.path)

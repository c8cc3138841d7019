"""Which adapter goes with which task: the built-in ones, and those that installed packages register."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError, some
from audit.models.adapter import Adapter
from audit.models.described import infer_task
from audit.models.multi_label_classification import MultiLabelClassification
from audit.models.prompted_classification import PromptedClassification
from audit.models.text_classification import TextClassification
from audit.models.token_classification import TokenClassification

ENTRY_POINTS = "fairaudit.adapters"

Factory = Callable[[ModelConfig], Adapter]


def factories() -> dict[str, Factory]:
    """Collect what loads a model, by task; an installed package may replace a built-in adapter."""
    built_in = (TextClassification, MultiLabelClassification, TokenClassification, PromptedClassification)
    found: dict[str, Factory] = {adapter.task: adapter.load for adapter in built_in}
    return found | {entry.name: entry.load() for entry in entry_points(group=ENTRY_POINTS)}


def load_adapter(config: ModelConfig) -> Adapter:
    """Load the checkpoint with the adapter of its task, inferred from the checkpoint if the config does not say.

    Raises
    ------
    ModelError
        If the folder holds no checkpoint of a task that has an adapter, or one that cannot be audited.
    """
    known = factories()
    task = config.task or infer_task(config)
    if task is None:
        raise ModelError(
            "cannot tell the task from config.json",
            where=str(config.path),
            hint=f"set model.task to {some(list(known))}",
        )
    if task not in known:
        raise ConfigError(f"no adapter for task {task!r}; there are {some(list(known))}", where="model.task")
    return known[task](config)

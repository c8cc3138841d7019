"""Which adapter goes with which task: the built-in ones, and those that installed packages register."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from audit.config import AuditConfig, ModelConfig
from audit.config.nearest import meant
from audit.errors import ConfigError, ModelError, some
from audit.models.adapter import Adapter
from audit.models.black_box import BlackBox
from audit.models.described import infer_task
from audit.models.feature_classification import FeatureClassification
from audit.models.image_classification import ImageClassification
from audit.models.multi_label_classification import MultiLabelClassification
from audit.models.prompted_classification import PromptedClassification
from audit.models.text_classification import TextClassification
from audit.models.token_classification import TokenClassification

ENTRY_POINTS = "fairaudit.adapters"

Factory = Callable[[ModelConfig], Adapter]


def factories() -> dict[str, Factory]:
    """Collect what loads a model, by task; an installed package may replace a built-in adapter."""
    built_in = (
        TextClassification,
        MultiLabelClassification,
        TokenClassification,
        PromptedClassification,
        ImageClassification,
    )
    found: dict[str, Factory] = {adapter.task: adapter.load for adapter in built_in}
    return found | {entry.name: entry.load() for entry in entry_points(group=ENTRY_POINTS)}


def load_adapter(config: ModelConfig, audited: AuditConfig | None = None) -> Adapter:
    """Load the model with the adapter of its task, inferred from the checkpoint if the config does not say.

    Parameters
    ----------
    audited
        The whole configuration: functions of the user's own are tried on rows of the data.

    Raises
    ------
    ModelError
        If the folder holds no checkpoint of a task that has an adapter, or one that cannot be audited.
    """
    if config.function:
        return _load_function(config, audited)
    known = factories()
    task = config.task or infer_task(config)
    if task is None:
        raise ModelError(
            "cannot tell the task from config.json",
            where=str(config.path),
            hint=f"set model.task to {some(list(known))}",
        )
    if task not in known:
        raise ConfigError(
            f"no adapter for task {task!r}; there are {some(list(known))}{meant(task, known)}", where="model.task"
        )
    return known[task](config)


def _load_function(config: ModelConfig, audited: AuditConfig | None) -> Adapter:
    task = infer_task(config)
    if config.task not in {None, task}:
        raise ConfigError(f"a function of your own is for {task!r}, not for {config.task!r}", where="model.task")
    if audited is None:
        raise ConfigError("a function of your own is loaded with the data that it reads", where=config.called)
    return BlackBox.load(config, audited) if config.callable else FeatureClassification.load(config, audited)

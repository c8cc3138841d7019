"""What a model is for and which classes it knows, told from its files alone: without torch, for light commands."""

from __future__ import annotations

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.config_only import classes_in, read_config
from audit.models.peft_folder import find_base, is_adapter, look_through_both, problem_of, task_of
from audit.models.tasks import FUNCTION_TASKS, check_prompt, decided_classes, head_of, task_with


def infer_task(config: ModelConfig) -> str | None:
    """Name the task that the model's architecture is for; of an adapter, the one that it was trained for."""
    if config.function:
        return FUNCTION_TASKS["callable" if config.callable else "factory"]
    path = config.path
    if is_adapter(path):
        base = find_base(config)
        if task := task_of(path, base):
            return task
        described, problem = read_config(base), problem_of(path, base)
        path = base
    else:
        described = read_config(path)
        problem = described.get("problem_type")
    architectures = described.get("architectures") or []
    if not isinstance(architectures, list):
        raise ModelError("config.json: architectures is not a list of names", where=str(path))
    head = next(filter(None, map(head_of, architectures)), None)
    return task_with(head=head, problem=problem) if head else None


def classes_of(config: ModelConfig) -> list[str]:
    """Name what the model may decide, in the order of the logits."""
    if config.function:
        return list(config.classes)
    task = config.task or infer_task(config)
    check_prompt(task, config.prompt, str(config.path))
    if config.prompt is not None:
        return list(config.prompt.labels)
    if is_adapter(config.path):
        labels = look_through_both(config).classes
    else:
        labels = classes_in(read_config(config.path), config.path)
    return decided_classes(task, labels, str(config.path))

"""The tasks that have an adapter here, and what says that a checkpoint is for one of them. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.config import PromptConfig
from audit.data.decided import NONE
from audit.entities.entity import OUTSIDE
from audit.entities.tags import ModelLabels, read_labels
from audit.errors import ConfigError, ModelError, some

MULTI_LABEL = "multi_label_classification"
#: A decoder that is asked with a prompt.
PROMPTED = "prompted-classification"
IMAGES = "image-classification"


@dataclass(frozen=True)
class Task:
    """What a model is for.

    Attributes
    ----------
    head
        How the names of architectures end that are made for it.
    peft
        How adapters (PEFT) call it; None if they have no name for it.
    also
        How else such names end: in families that are older than the custom, or of heads beside it.
    named
        Whether a checkpoint names the classes; else the configuration does.
    reads
        The key of `data.columns` that its models read.
    """

    name: str
    head: str
    peft: str | None
    also: tuple[str, ...] = ()
    named: bool = True
    reads: str = "input"


#: By name. Of tasks with the same head, `problem_type` tells which.
TASKS = {
    task.name: task
    for task in (
        Task("text-classification", "ForSequenceClassification", "SEQ_CLS"),
        Task("multi-label-classification", "ForSequenceClassification", "SEQ_CLS"),
        Task("token-classification", "ForTokenClassification", "TOKEN_CLS"),
        Task(PROMPTED, "ForCausalLM", "CAUSAL_LM", also=("LMHeadModel",), named=False, reads="fields"),
        # The second head of DeiT and LeViT was taught by another model.
        Task(IMAGES, "ForImageClassification", None, also=("ForImageClassificationWithTeacher",), reads="image"),
    )
}
#: Key of the configuration that names a function of the user's own -> task.
FUNCTION_TASKS = {"callable": "black-box", "factory": "feature-classification"}
#: Task -> what its decisions are, as `data.outcome` calls it.
OUTCOMES = {
    "text-classification": "class",
    "token-classification": "entities",
    "multi-label-classification": "labels",
    "prompted-classification": "class",
    "feature-classification": "class",
    "black-box": "class",
    "image-classification": "class",
}
HEADS = frozenset(task.head for task in TASKS.values())


def head_of(architecture: object) -> str | None:
    """Return the head that an architecture has by its name; None if no adapter here knows it."""
    endings = {ending: task.head for task in TASKS.values() for ending in (task.head, *task.also)}
    return next((head for ending, head in sorted(endings.items()) if str(architecture).endswith(ending)), None)


def task_with(*, head: str | None = None, peft: str | None = None, problem: object = None) -> str | None:
    """Name the task of a head, or of an adapter; None if no adapter here has it."""
    found = [task.name for task in TASKS.values() if head in (None, task.head) and peft in (None, task.peft)]
    if len(found) > 1:
        return "multi-label-classification" if problem == MULTI_LABEL else "text-classification"
    return found[0] if found else None


def check_task(task: str, described: dict[str, Any], problem: object, where: str) -> None:
    """Refuse a checkpoint that says of itself that it is for something else.

    Parameters
    ----------
    described
        Its `config.json`.
    problem
        `problem_type`, by the checkpoint or an adapter of it.

    Raises
    ------
    ModelError
        Its weights may fit another head all the same, and mean nothing there.
    """
    if problem == "regression":
        raise ModelError("problem_type is 'regression': it predicts numbers, and only classes are known", where=where)
    leave_out = "leave model.task out, or correct config.json"
    multi = task == "multi-label-classification"
    if task == IMAGES and problem == MULTI_LABEL:
        raise ModelError(
            f"problem_type is {problem!r}, and of pictures only models with one class for each are known", where=where
        )
    if TASKS[task].head == "ForSequenceClassification" and problem and (problem == MULTI_LABEL) != multi:
        raise ModelError(f"problem_type is {problem!r}, which is not {task}", where=where, hint=leave_out)
    named = [str(name) for name in described.get("architectures") or []]
    others = [name for name in named if head_of(name) not in (None, TASKS[task].head)]
    if named and len(others) == len(named):
        raise ModelError(f"is a {some(others)}, which is not for {task}", where=where, hint=leave_out)


def check_prompt(task: str | None, prompt: PromptConfig | None, where: str) -> None:
    """Refuse a decoder without a prompt, and a prompt for a model that has a head of its own.

    Raises
    ------
    ConfigError
        With what to do.
    """
    if task == PROMPTED and prompt is None:
        raise ConfigError(
            f"{where} is a decoder that writes text, and nothing says what it is asked",
            where="model.prompt",
            hint="give a template and the answers that stand for classes; see docs/models.md",
        )
    if prompt is not None and task in TASKS and task != PROMPTED:
        raise ConfigError(
            f"{where} is for {task}: it has a head of its own, and reads no prompt",
            where="model.prompt",
            hint="leave it out, and name the text with data.columns.input",
        )


def decided_classes(task: str | None, labels: Sequence[str], where: str) -> list[str]:
    """Name what a model with these labels decides: they themselves, or the types of entities, after that of nothing."""
    if task == "token-classification":
        return [OUTSIDE, *tags_of(labels, where).types]
    if task == "multi-label-classification":
        if NONE in labels:
            raise ModelError(
                f"a label is called {NONE}, as labels that are not there are called here", where=where,
                hint="give it another name in id2label of config.json",
            )  # fmt: skip
        return [NONE, *labels]
    return list(labels)


def tags_of(labels: Sequence[str], where: str) -> ModelLabels:
    """Take the tags apart that a model gives to words."""
    if all(label == f"LABEL_{i}" for i, label in enumerate(labels)):
        raise ModelError(
            f"its tags have no names but {some(list(labels))}, so nothing says which entities they are",
            where=where,
            hint="write the tags into id2label of config.json, as O, B-person and I-person",
        )
    return read_labels(labels, where=where)

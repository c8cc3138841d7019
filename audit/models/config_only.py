"""What a checkpoint's config.json says, without loading the model or torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audit.config import ModelConfig
from audit.errors import ModelError

_TASKS = {"ForSequenceClassification": "text-classification"}


def read_config(path: Path) -> dict[str, Any]:
    """Read `config.json` of a checkpoint folder."""
    if not path.is_dir():
        raise ModelError("no such folder", where=str(path), hint="model.path names a folder with config.json in it")
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError("holds no config.json, so it is no checkpoint", where=str(path)) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"config.json is not readable: {error}", where=str(path)) from None
    return dict(config)


def infer_task(path: Path) -> str | None:
    """Name the task that the checkpoint's architecture is for."""
    for architecture in read_config(path).get("architectures") or []:
        for ending, task in _TASKS.items():
            if str(architecture).endswith(ending):
                return task
    return None


def classes_of(config: ModelConfig) -> list[str]:
    """Name the classes in the order of the logits."""
    named = read_config(config.path).get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    return [str(named[key]) for key in sorted(named, key=int)]

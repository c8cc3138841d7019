"""Section 15: how the numbers were made, and how to make them again."""

from __future__ import annotations

import json
from typing import Any

from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """Hashes, versions, work and the configuration: whole, and for paper what has a value."""
    config = view.result.config
    brief = [(key, _line(value)) for key, value in config.items() if _has_value(value)]
    return {
        "config": json.dumps(config, indent=2, ensure_ascii=False),
        "brief": brief,
        "engine": _engine(view),
    }


def _engine(view: View) -> str | None:
    """Say who asked the model; None where there is none to ask, or none was asked by this run."""
    engine = view.result.timings.engine
    if engine is None or not engine.workers:
        return None
    kind = "one" if engine.kind == "local" and engine.workers == 1 else engine.kind
    return view.t(f"method.engine.{kind}", workers=engine.workers, threads=engine.threads)


def _has_value(value: Any) -> bool:
    """Whether a key says something: not null, empty, or a block of such keys."""
    if isinstance(value, dict):
        return any(map(_has_value, value.values()))
    if isinstance(value, list):
        return bool(value)
    return value is not None and value != ""


def _line(value: Any) -> str:
    """Write a value as JSON in one line, without keys that say nothing."""
    return json.dumps(_with_values(value), ensure_ascii=False)


def _with_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_values(part) for key, part in value.items() if _has_value(part)}
    return [_with_values(part) for part in value] if isinstance(value, list) else value


def conclude(view: View) -> str:
    """Say which version and seed make the same numbers again."""
    return view.t("conclusion.method", version=view.result.tool_version, seed=view.result.seed)


SECTION = Section("method", 150, build, conclude=conclude)

"""Section 15: how the numbers were made, and how to make them again."""

from __future__ import annotations

import json
from typing import Any

from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """Hashes, versions, work and the configuration."""
    return {"config": json.dumps(view.result.config, indent=2, ensure_ascii=False)}


def conclude(view: View) -> str:
    """Say which version and seed make the same numbers again."""
    return view.t("conclusion.method", version=view.result.tool_version, seed=view.result.seed)


SECTION = Section("method", 150, build, conclude=conclude)

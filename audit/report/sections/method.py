"""Section 15: how the numbers were made, and how to make them again."""

from __future__ import annotations

import json
from typing import Any

from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """Hashes, versions, work and the configuration."""
    return {"config": json.dumps(view.result.config, indent=2, ensure_ascii=False)}


SECTION = Section("method", 150, build)

"""Audits of stored predictions with a planted gap, and where pointers lead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

import audit
from audit.result import AuditResult

RULES = {
    "strict": {"metric": "true_positive_rate", "limit": 0.1, "name": "strict", "severity": "error"},
    "mild": {"metric": "selection_rate", "limit": 0.05, "name": "mild", "severity": "warn"},
    "four-fifths": {"metric": "selection_rate", "at_least": 0.8, "evidence": "point", "name": "four-fifths"},
}


def rows(rates: dict[str, tuple[float, float]], n: int = 600, **columns: list[str]) -> pd.DataFrame:
    """Rows of groups with exactly these true and false positive rates; every second label is yes."""
    made = []
    for group, (found, given) in rates.items():
        for i in range(n):
            label = "yes" if i % 2 else "no"
            share = found if i % 2 else given
            # Spread evenly, so that any other column is independent of it.
            said = "yes" if int((i // 2 + 1) * share) > int(i // 2 * share) else "no"
            made.append({"label": label, "prediction": said, "group": group})
    return pd.DataFrame(made).assign(**columns)


def audited(place: Path, table: pd.DataFrame, *rules: str | dict[str, Any], **more: Any) -> AuditResult:
    """Audit stored predictions."""
    place.mkdir(parents=True, exist_ok=True)
    table.to_csv(place / "rows.csv", index=False)
    columns = {"label": "label", "prediction": "prediction"} | more.pop("columns", {})
    return audit.run(
        {
            "data": {"path": str(place / "rows.csv"), "columns": columns, "positive_label": "yes"},
            "attributes": more.pop("attributes", ["group"]),
            "policy": {"rules": [RULES[rule] if isinstance(rule, str) else rule for rule in rules]},
            "output": {"folder": str(place / "run")},
            **more,
        }
    )


def at(result: AuditResult, pointer: str) -> Any:
    """What stands at a JSON pointer of result.json."""
    found: Any = json.loads(result.model_dump_json(by_alias=True))
    for part in pointer.strip("/").split("/"):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found

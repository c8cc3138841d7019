"""Tables of a result as pandas frames, for notebooks; pandas is loaded when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from audit.result import AuditResult

#: Between the parts of a crossing, in names of attributes and of groups.
CROSSED = " × "


def metrics_frame(result: AuditResult) -> pd.DataFrame:
    """One row for each metric of each group; see `AuditResult.metrics_frame`."""
    return _frame(
        [
            {
                **_slice(item.attributes, item.stratum),
                "group": CROSSED.join(item.group) or None,
                "metric": item.metric,
                "class": item.cls,
                "n": item.n,
                "value": item.value,
                "lower": item.lower,
                "upper": item.upper,
                "effective_n": item.effective_n,
                "note": item.note,
                "doubt": item.doubt,
            }
            for item in result.metrics
        ],
        ["n"],
        ["value", "lower", "upper", "effective_n"],
    )


def disparities_frame(result: AuditResult) -> pd.DataFrame:
    """One row for each gap; see `AuditResult.disparities_frame`."""
    return _frame(
        [
            {
                **_slice(item.attributes, item.stratum),
                "metric": item.metric,
                "class": item.cls,
                "aggregate": item.aggregate,
                "value": item.value,
                "lower": item.lower,
                "upper": item.upper,
                "worst_group": CROSSED.join(item.worst_group or []) or None,
                "best_group": CROSSED.join(item.best_group or []) or None,
                "compared": item.compared,
                "undefined": item.undefined,
                "note": item.note,
            }
            for item in result.disparities
        ],
        ["compared", "undefined"],
        ["value", "lower", "upper"],
    )


def flags_frame(result: AuditResult) -> pd.DataFrame:
    """One row for each code of flags; see `AuditResult.flags_frame`."""
    rows = [
        {
            "code": item.code,
            "n": item.n,
            "flagged": item.flagged,
            "rate": item.rate,
            "lower": item.lower,
            "upper": item.upper,
            "effective_n": item.effective_n,
        }
        for item in result.flags.rates
    ]
    columns = ["code", "n", "flagged", "rate", "lower", "upper", "effective_n"]
    return _frame(rows, ["n", "flagged"], ["rate", "lower", "upper", "effective_n"], columns)


def _slice(attributes: Sequence[str], stratum: dict[str, str]) -> dict[str, Any]:
    controls = ", ".join(f"{name}={value}" for name, value in stratum.items())
    return {"attribute": CROSSED.join(attributes) or None, "stratum": controls or None}


def _frame(
    rows: list[dict[str, Any]], counts: Sequence[str], numbers: Sequence[str], columns: list[str] | None = None
) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=columns)
    kinds = {**dict.fromkeys(counts, "Int64"), **dict.fromkeys(numbers, "float64")}
    return frame.astype({name: kind for name, kind in kinds.items() if name in frame.columns})

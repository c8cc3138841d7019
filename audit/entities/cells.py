"""Cells that hold lists, as tables hand them over: Python's lists, or NumPy's arrays."""

from __future__ import annotations

from typing import Any


def listed(value: Any) -> Any:
    """Make a list of what is one in another guise; leave everything else as it is."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return list(value) if isinstance(value, tuple) else value


def nothing(value: Any) -> bool:
    """Whether nothing was written: None, NaN, and what pandas has in their place."""
    if isinstance(value, float):
        return value != value  # noqa: PLR0124 - NaN alone
    return value is None or type(value).__name__ in {"NAType", "NaTType"}

"""Opens a workbook in which text stays text, whatever it looks like to a spreadsheet."""

from __future__ import annotations

import io
from typing import Any

from audit.errors import ConfigError


def new_workbook(out: io.BytesIO) -> Any:
    """Open a workbook of XlsxWriter, which is written when it is closed.

    Raises
    ------
    ConfigError
        If XlsxWriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError:
        raise ConfigError(
            "the format xlsx needs XlsxWriter, which is not installed",
            hint="pip install 'fairaudit[xlsx]'",
            code="package",
        ) from None
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return Workbook(out, options)

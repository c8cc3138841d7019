"""Write every document of a finished audit from its run folder alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from audit.report.html import render_html
from audit.report.junit import render_junit
from audit.report.markdown import render_markdown
from audit.report.sarif import render_sarif
from audit.report.tables import disparities_csv, metrics_csv
from audit.report.wording import Catalogue
from audit.result import AuditResult
from audit.store.files import write_text
from audit.store.runfolder import RunFolder

FORMATS = ("html", "md", "csv", "junit", "sarif")


def write_report(
    folder: RunFolder,
    formats: tuple[str, ...] = FORMATS,
    language: str | None = None,
    *,
    result: AuditResult | None = None,
    out: Path | None = None,
) -> list[str]:
    """Render a result in these formats.

    Parameters
    ----------
    language
        Default: that of the audit.
    result
        Default: that of the run folder. Another judgement of it can be given.
    out
        Where to write; default: the run folder.

    Returns
    -------
    list of str
        Names of the files written.
    """
    shown = result or folder.read_result()
    t = Catalogue.of(shown, language)
    documents: dict[str, list[tuple[Path, Callable[[], str]]]] = {
        "csv": [
            (folder.metrics_csv, lambda: metrics_csv(shown)),
            (folder.disparities_csv, lambda: disparities_csv(shown)),
        ],
        "md": [(folder.summary, lambda: render_markdown(shown, t))],
        "junit": [(folder.junit, lambda: render_junit(shown, t))],
        "sarif": [(folder.sarif, lambda: render_sarif(shown, t, folder.read_flagged()))],
        "html": [(folder.report, lambda: render_html(folder, shown, language))],
    }
    written = [document for kind, group in documents.items() if kind in formats for document in group]
    for path, render in written:
        write_text((out or folder.path) / path.name, render())
    return [path.name for path, _ in written]

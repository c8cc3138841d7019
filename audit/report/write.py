"""Write every document of a finished audit from its run folder alone."""

from __future__ import annotations

from audit.files import write_text
from audit.report.html import render_html
from audit.report.markdown import render_markdown
from audit.report.tables import disparities_csv, metrics_csv
from audit.report.wording import Catalogue
from audit.runfolder import RunFolder

FORMATS = ("html", "md", "csv")


def write_report(folder: RunFolder, formats: tuple[str, ...] = FORMATS, language: str = "en") -> list[str]:
    """Render `result.json` in these formats; return the names of the files written."""
    result = folder.read_result()
    documents = []
    if "csv" in formats:
        documents += [(folder.metrics_csv, metrics_csv(result)), (folder.disparities_csv, disparities_csv(result))]
    if "md" in formats:
        documents.append((folder.summary, render_markdown(result, Catalogue(language))))
    if "html" in formats:
        documents.append((folder.report, render_html(folder, result, language)))
    for path, text in documents:
        write_text(path, text)
    return [path.name for path, _ in documents]

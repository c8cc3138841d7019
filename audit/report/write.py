"""Write the documents of a finished audit from its run folder alone."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from audit.report.documents import ALL, EVERY_AUDIT, Telling
from audit.store.files import write_bytes, write_text


def write_documents(telling: Telling, formats: Collection[str] = EVERY_AUDIT, *, out: Path | None = None) -> list[str]:
    """Render a result in these formats.

    Parameters
    ----------
    telling
        What is told, and for whom.
    formats
        Codes of documents; default: those that every audit writes.
    out
        Where to write; default: the run folder.

    Returns
    -------
    list of str
        Names of the files written.
    """
    # Rendered before anything is written: a document that cannot be leaves the others as they were.
    rendered: dict[str, str | bytes] = {}
    for document in ALL:
        if document.code in formats:
            rendered |= document.render(telling)
    for name, content in rendered.items():
        path = (out or telling.folder.path) / name
        if isinstance(content, bytes):
            write_bytes(path, content)
        else:
            write_text(path, content)
    return list(rendered)

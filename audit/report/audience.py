"""Documents for everybody: rendered from a result that was made public before any of them reads it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from audit.disclosure.names import refuse_personal_names
from audit.disclosure.public import made_public
from audit.errors import RunFolderError
from audit.report.documents import EVERY_AUDIT, Telling
from audit.report.write import write_documents
from audit.result import AuditResult
from audit.store.files import make_folder, write_text
from audit.store.runfolder import RunFolder

#: Folder of public documents, in the run folder.
PUBLIC = "public"


def write_public(
    result: AuditResult,
    out: Path,
    formats: Collection[str] = EVERY_AUDIT,
    language: str | None = None,
    frameworks: tuple[str, ...] | None = None,
    public: AuditResult | None = None,
) -> list[str]:
    """Write documents for everybody, and `result.json` as they read it.

    They are rendered from a folder that holds the public result alone, so that none finds a text, a row or a picture.

    Parameters
    ----------
    result
        Of an audit.
    out
        Where to write; no run folder.

    frameworks
        Compliance packs to go through; default: those of the audit.
    public
        Its copy for everybody, where that is made by other means.

    Returns
    -------
    list of str
        Names of the files written.

    Raises
    ------
    RunFolderError
        If `out` is a run folder, whose own documents would be lost.
    AuditError
        If nothing can be told, as of fewer than ten decisions, or if a group is called by personal data.
    """
    if RunFolder(out).manifest.exists():
        raise RunFolderError(
            "is a run folder, and its documents are internal", where=str(out), hint="--out names another folder"
        )
    public = made_public(result) if public is None else public
    refuse_personal_names(public)
    text = public.model_dump_json(indent=2, by_alias=True) + "\n"
    make_folder(out)
    with TemporaryDirectory() as empty:
        folder = RunFolder(Path(empty))
        write_text(folder.result, text)
        written = write_documents(Telling(folder, public, language, "public", frameworks), formats, out=out)
    write_text(out / folder.result.name, text)
    return [*written, folder.result.name]

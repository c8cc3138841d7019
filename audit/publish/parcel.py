"""What leaves the house: numbers under plain names, a few facts, and documents; made for everybody unless asked.

No whole text and no picture of the audited data is in a parcel unless it is asked for. Documents for internal readers
name, as they always do, ids of flagged decisions and single words that carry a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from audit.disclosure.public import made_public
from audit.errors import ConfigError
from audit.publish.numbers import numbers_of
from audit.report.audience import write_public
from audit.report.documents import EVERY_AUDIT, Telling
from audit.report.papers.facts import model_name
from audit.report.write import write_documents
from audit.result import AuditResult
from audit.store.files import make_folder, sha256, write_text
from audit.store.runfolder import RunFolder
from audit.text import one_line

FORMATS = (*EVERY_AUDIT, "modelcard")


@dataclass(frozen=True)
class Parcel:
    """What a destination may send.

    Attributes
    ----------
    name
        What the audit is called.
    model
        Name of the model, or of the data where predictions were stored.
    facts
        Verdict, versions and hashes, by names that begin with `fairaudit.`.
    numbers
        Metrics and gaps that are defined, by name.
    folder
        Documents, and nothing else.
    """

    name: str
    model: str
    facts: dict[str, str]
    numbers: dict[str, float]
    folder: Path

    @property
    def documents(self) -> list[Path]:
        """The files of the folder, in the order of their names."""
        return sorted(path for path in self.folder.iterdir() if path.is_file())


@contextmanager
def packed(
    place: RunFolder,
    result: AuditResult,
    *,
    audience: Literal["internal", "public"] = "public",
    texts: bool = False,
    language: str | None = None,
) -> Iterator[Parcel]:
    """Pack a finished audit; what is packed is removed afterwards.

    Parameters
    ----------
    texts
        Documents for internal readers show texts and pictures of the audited data.

    Raises
    ------
    ConfigError
        If texts are asked for everybody.
    AuditError
        If nothing can be told to everybody, as of fewer than ten decisions.
    """
    if texts and audience == "public":
        raise ConfigError(
            "texts of the audited data are not for everybody", hint="add --audience internal, or leave them"
        )
    with TemporaryDirectory(prefix="fairaudit-") as temporary:
        folder = Path(temporary) / "fairaudit"
        if audience == "public":
            told = made_public(result)
            write_public(result, folder, FORMATS, language, public=told)
        else:
            told, source = result, RunFolder(place.path)
            if not texts:
                source.inputs = Path(temporary) / "none"
            make_folder(folder)
            write_documents(Telling(source, told, language), FORMATS, out=folder)
            write_text(folder / place.result.name, place.result.read_text(encoding="utf-8"))
        yield Parcel(
            name=one_line(told.title, 120),
            model=model_name(told),
            facts=_facts(told, audience, sha256(folder / place.result.name)),
            numbers=numbers_of(told),
            folder=folder,
        )


def _facts(told: AuditResult, audience: str, digest: str) -> dict[str, str]:
    facts = {
        "version": told.tool_version,
        "schema_version": told.schema_version,
        "audience": audience,
        "verdict": told.judgement.status if told.judgement else "not_judged",
        "model": model_name(told),
        "result_sha256": digest,
        "data_sha256": told.data.sha256,
        "config_sha256": told.config_sha256,
    }
    if told.model is not None:
        facts["model_sha256"] = told.model.sha256
    return {f"fairaudit.{name}": one_line(str(value), 500) for name, value in facts.items() if value}

"""Every document of an audit: what it is called, when it is written, and who renders it.

A document is rendered from a `Telling` alone. A new one is a module that renders it, and an entry here. Renderers are
imported when they are asked for: one may need a package that is not always installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from audit.report.wording import Catalogue
    from audit.result import AuditResult
    from audit.result.review import Review
    from audit.store.runfolder import RunFolder

Audience = Literal["internal", "public"]


@dataclass(frozen=True)
class Telling:
    """What a document is rendered from, and for whom.

    Attributes
    ----------
    folder
        The run folder, for decisions and texts that are not part of the result.
    result
        What is told. It may hold another judgement than that in the folder.
    language
        Code of a message catalogue; default: `output.language` of the audit.
    audience
        `public`: nothing of single persons may be told.
    frameworks
        Compliance packs to tell of; default: those of the audit.
    """

    folder: RunFolder
    result: AuditResult
    language: str | None = None
    audience: Audience = "internal"
    frameworks: tuple[str, ...] | None = None

    @property
    def asked(self) -> tuple[str, ...]:
        """Compliance packs that are told of."""
        return tuple(self.result.config["frameworks"]) if self.frameworks is None else self.frameworks

    @cached_property
    def review(self) -> Review | None:
        """What people said of the decisions; nothing of it is for the public."""
        return self.folder.read_review() if self.audience == "internal" else None

    @cached_property
    def t(self) -> Catalogue:
        """The words for this result."""
        from audit.report.wording import Catalogue

        return Catalogue.of(self.result, self.language)


@dataclass(frozen=True)
class Document:
    """One kind of document.

    Attributes
    ----------
    code
        What it is called in `audit report --format`.
    files
        Names of the files it is.
    render
        Returns name of a file -> its content.
    always
        Whether every audit writes it.
    """

    code: str
    files: tuple[str, ...]
    render: Callable[[Telling], Mapping[str, str | bytes]]
    always: bool = True


def _html(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.html import render_html

    return {"report.html": render_html(telling)}


def _markdown(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.markdown import render_markdown

    return {"summary.md": render_markdown(telling.result, telling.t, telling.asked, telling.review)}


def _csv(telling: Telling) -> dict[str, str | bytes]:
    from audit.report import tables

    return {
        "metrics.csv": tables.metrics_csv(telling.result),
        "disparities.csv": tables.disparities_csv(telling.result),
        "adverse_impact.csv": tables.adverse_impact_csv(telling.result),
        "impact_ratios.csv": tables.impact_ratios_csv(telling.result),
    }


def _junit(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.junit import render_junit

    return {"junit.xml": render_junit(telling.result, telling.t)}


def _sarif(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.sarif import render_sarif

    return {"audit.sarif": render_sarif(telling.result, telling.t, telling.folder.read_flagged())}


def _expectations(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.checks import render_expectations

    return {"expectations.json": render_expectations(telling.result, telling.t)}


def _evidently(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.checks import render_evidently

    return {"evidently.json": render_evidently(telling.result, telling.t)}


def _code_quality(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.codequality import render_code_quality

    return {"gl-code-quality-report.json": render_code_quality(telling.result, telling.t)}


def _model_card(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.papers.modelcard import render_model_card

    return {"modelcard.md": render_model_card(telling)}


def _cyclonedx(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.papers.cyclonedx import render_cyclonedx

    return {"bom.cdx.json": render_cyclonedx(telling)}


def _intoto(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.papers.intoto import render_intoto

    return {"verdict.intoto.json": render_intoto(telling)}


def _xlsx(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.papers.xlsx import render_xlsx

    return {"tables.xlsx": render_xlsx(telling)}


def _pdf(telling: Telling) -> dict[str, str | bytes]:
    from audit.report.papers.pdf import render_pdf

    return {"report.pdf": render_pdf(telling)}


ALL = (
    Document("html", ("report.html",), _html),
    Document("md", ("summary.md",), _markdown),
    Document("csv", ("metrics.csv", "disparities.csv", "adverse_impact.csv", "impact_ratios.csv"), _csv),
    Document("junit", ("junit.xml",), _junit),
    Document("sarif", ("audit.sarif",), _sarif),
    Document("codequality", ("gl-code-quality-report.json",), _code_quality, always=False),
    Document("expectations", ("expectations.json",), _expectations, always=False),
    Document("evidently", ("evidently.json",), _evidently, always=False),
    Document("modelcard", ("modelcard.md",), _model_card, always=False),
    Document("cyclonedx", ("bom.cdx.json",), _cyclonedx, always=False),
    Document("intoto", ("verdict.intoto.json",), _intoto, always=False),
    Document("xlsx", ("tables.xlsx",), _xlsx, always=False),
    Document("pdf", ("report.pdf",), _pdf, always=False),
)
FORMATS = tuple(document.code for document in ALL)
EVERY_AUDIT = tuple(document.code for document in ALL if document.always)

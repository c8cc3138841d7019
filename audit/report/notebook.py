"""The first screen of the report as a notebook shows it: a page of its own in a frame that nothing can leave.

It is rendered from the result alone: no text of the audited data comes into a notebook, which is saved and passed on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from markupsafe import escape

from audit.report.html import page_environment, page_style, render_section
from audit.report.sections import all_sections
from audit.report.view import View
from audit.report.wording import Catalogue
from audit.result import AuditResult
from audit.store.runfolder import RunFolder

#: No script runs in the frame, and nothing is loaded: the frame forbids the first, the page both.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
#: Pixels of the frame; what is longer is scrolled.
HEIGHT = 640
#: Sections of a higher order are the evidence, and stand in the report.
LAST_ON_SCREEN = 20


def first_screen(result: AuditResult, *, report: Path | None = None, language: str | None = None) -> str:
    """Render verdict and findings for a notebook.

    Parameters
    ----------
    report
        Where the whole report lies, if that is known: it is named below.
    language
        Code of a message catalogue; default: `output.language` of the audit.

    Returns
    -------
    str
        An `iframe` whose page is in its attribute, escaped.
    """
    sections = [section for section in all_sections() if section.order <= LAST_ON_SCREEN]
    words = {code: text for section in sections for code, text in section.messages.items()}
    t = Catalogue.of(result, language, words)
    sources = {f"sections/{section.code}.html.j2": section.source for section in sections if section.source is not None}
    environment = page_environment(sources)
    with tempfile.TemporaryDirectory(prefix="fairaudit-") as empty:
        view = View(result, RunFolder(Path(empty)), t, frameworks=())
        rendered = [
            (section.order < LAST_ON_SCREEN, render_section(environment, section, content, view))
            for section in sections
            if (content := section.build(view)) is not None
        ]
    page = environment.get_template("notebook.html.j2").render(
        t=t,
        r=result,
        policy=POLICY,
        style=page_style(),
        header=[html for first, html in rendered if first],
        sections=[html for first, html in rendered if not first],
        report=str(report) if report else None,
    )
    # Within an attribute every quote, ampersand and bracket of the page is escaped once more.
    title = escape(f"{t('report.kind')}: {result.title}")
    size = f"width: 100%; height: {HEIGHT}px; border: 1px solid #8884;"
    return f'<iframe sandbox="" title="{title}" srcdoc="{escape(str(page))}" style="{size}"></iframe>'

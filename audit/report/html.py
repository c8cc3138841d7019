"""The HTML report: one offline file in which nothing that came from model or data can run.

Everything is escaped by the template engine and again by the content security policy: scripts run only if their hash is
named in it, and those are the few that this package ships. Plotly and the rest of long lists travel compressed in data
islands. Without scripts every part of the page is open; the scripts fold it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from audit.report import wording
from audit.report.documents import Telling
from audit.report.sections import Section, all_sections
from audit.report.view import View
from audit.text import visible

#: Sections of a lower order stand in the header of the page.
FIRST_IN_MAIN = 20
STYLES = ("base", "cards", "fold", "heat", "print")
SCRIPTS = ("fold", "charts", "lists", "terms", "start")
#: Words that the page itself puts in, as `page.<code>`, and what it fills in.
PAGE_WORDS = {"glossary": (), "all": ("n",), "fewer": ("first",), "shown": ("shown", "found", "n")}


def render_html(telling: Telling) -> str:
    """Render the whole page."""
    sections = all_sections()
    words = {code: text for section in sections for code, text in section.messages.items()}
    t = wording.Catalogue.of(telling.result, telling.language, words)
    view = View(telling.result, telling.folder, t, audience=telling.audience, frameworks=telling.asked)
    added = {f"sections/{section.code}.html.j2": section.source for section in sections if section.source is not None}
    environment = page_environment(added)
    built = [
        (section, content)
        for section in sections
        if (section.noisy or not view.noisy) and (content := section.build(view)) is not None
    ]
    rendered = [
        (
            section,
            {
                "code": section.code,
                "folded": section.folded,
                "conclusion": section.conclude(view) if section.conclude else None,
                "html": render_section(environment, section, content, view),
            },
        )
        for section, content in built
    ]
    scripts = [template_file("page/early.js"), page_script()]
    plotly = plotly_bundle() if view.charts else None
    return environment.get_template("report.html.j2").render(
        view=view,
        r=view.result,
        t=view.t,
        header=[content for section, content in rendered if section.order < FIRST_IN_MAIN],
        sections=[content for section, content in rendered if section.order >= FIRST_IN_MAIN],
        style=page_style(),
        scripts=[Markup(script) for script in scripts],  # noqa: S704
        plotly=Markup(plotly[0]) if plotly else None,  # noqa: S704
        policy=content_security_policy([*scripts, *([plotly[1]] if plotly else [])]),
        charts={chart.id: chart.json() for chart in view.charts},
        islands=[(island.code, Markup(island.packed())) for island in view.islands.values() if island.items],  # noqa: S704
        words={
            code: view.t(f"page.{code}", **{name: f"{{{name}}}" for name in names})
            for code, names in PAGE_WORDS.items()
        },
    )


def page_style() -> Markup:
    """All style sheets of pages, in the order in which they count."""
    return Markup("\n".join(template_file(f"{name}.css") for name in STYLES))  # noqa: S704


def page_script() -> str:
    """Everything that a page does by itself, in one script: its parts see each other's names, and nobody else does."""
    parts = "\n".join(template_file(f"page/{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def content_security_policy(scripts: list[str]) -> str:
    """Forbid everything but these scripts; Plotly sets style attributes and draws to data images."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    rest = "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {hashes}; {rest}"


def templates_folder() -> Path:
    """Templates inside the installed package, or at the top of a source checkout."""
    installed = Path(str(files("audit.report"))) / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "reports" / "templates"


def page_environment(sources: dict[str, str] | None = None) -> jinja2.Environment:
    """Templates with everything escaped and every undefined name an error; `sources` adds to those in the folder."""
    return _environment(tuple(sorted((sources or {}).items())))


@cache
def _environment(sources: tuple[tuple[str, str], ...]) -> jinja2.Environment:
    """Translate templates once, which takes longer than to fill them."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(templates_folder()), jinja2.DictLoader(dict(sources))]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_show_hidden,
    )
    environment.filters |= {
        "percent": wording.percent,
        "points": wording.points,
        "number": wording.number,
        "decimal": wording.decimal,
        "signed": wording.signed,
        "signed_points": wording.signed_points,
        "count": wording.count,
        "people": wording.people,
        "group": wording.group_name,
        "share": wording.css_share,
        "position": wording.css_position,
    }
    return environment


def _show_hidden(value: Any) -> Any:
    """Every piece of text that reaches the page shows its control characters."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render_section(environment: jinja2.Environment, section: Section, content: dict[str, Any], view: View) -> Markup:
    """Render one section from what it built."""
    template = environment.get_template(f"sections/{section.code}.html.j2")
    # What a template has escaped by itself has passed by `finalize`.
    return Markup(visible(template.render(s=content, r=view.result, t=view.t, view=view)))  # noqa: S704


def template_file(name: str) -> str:
    """Read a file that is put into the page as it is."""
    return (templates_folder() / name).read_text(encoding="utf-8")


@cache
def plotly_bundle() -> tuple[str, str]:
    """Return Plotly's own bundle compressed for a data island, and as it is, for its hash."""
    from plotly.offline import get_plotlyjs

    source = get_plotlyjs()
    packed = gzip.compress(source.encode("utf-8"), 9, mtime=0)
    return base64.b64encode(packed).decode("ascii"), source

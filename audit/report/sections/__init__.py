"""The sections of the HTML report, one module each. Installed packages may register more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from audit.errors import ConfigError
from audit.report.view import View

ENTRY_POINTS = "fairaudit.report_sections"
BUILT_IN = (
    *(
        "banner",
        "summary",
        "scorecard",
        "clear_gaps",
        "unsettled",
        "scope",
        "data_audit",
        "data",
        "performance",
        "disparities",
        "scores",
        "why",
    ),
    *(
        "counterfactuals",
        "privacy",
        "names",
        "probes",
        "explanations",
        "flags",
        "review",
        "comparison",
        "social_impact",
        "remedies",
        "gate",
        "bias_audit",
        "compliance",
        "limits",
    ),
    *("method", "sign_off", "glossary"),
)


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes
    ----------
    code
        Anchor in the page; its title is the message `section.<code>`.
    order
        Place in the page. The built-in ones use 10 to 160 in steps of ten; those below 20 stand in the header.
    build
        Returns what the template gets as `s`, or None to leave the section out.
    source
        Template of a section from another package; built-in ones are files in `reports/templates/sections`.
    messages
        Words that a section from another package brings along.
    conclude
        Returns in one line what the section shows: it stands under the heading while the section is folded.
    folded
        Whether the section is folded to its heading and this line when the page opens.
    noisy
        Whether what it says stays true where numbers are made of noisy counts; else such a page does without it.
    """

    code: str
    order: int
    build: Callable[[View], dict[str, Any] | None]
    source: str | None = None
    messages: dict[str, str] = field(default_factory=dict)
    conclude: Callable[[View], str | None] | None = None
    folded: bool = True
    noisy: bool = False


def all_sections() -> list[Section]:
    """Sections in the order of the page."""
    sections = [import_module(f"{__name__}.{name}").SECTION for name in BUILT_IN]
    for entry in entry_points(group=ENTRY_POINTS):
        section = entry.load()
        if not isinstance(section, Section):
            raise ConfigError(f"entry point {entry.name!r} is not a Section", where=ENTRY_POINTS)
        sections.append(section)
    return sorted(sections, key=lambda section: (section.order, section.code))

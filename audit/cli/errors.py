"""`audit errors`, and where an error is explained."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from typing import Any

import click

#: Where documents are served, if somewhere: an address, or a folder.
BASE = "FAIRAUDIT_DOCS"


@click.command()
@click.argument("code", required=False)
def errors(code: str | None) -> None:
    """Say what the errors of this tool mean and what to do: all of them as Markdown, or the one with this CODE."""
    from audit.config.nearest import meant
    from audit.say import say

    known = entries()
    if code is None:
        say(*_page(known))
        return
    if code not in known:
        raise click.UsageError(f"there is no error {code!r}{meant(code, known)}")
    say(*_entry(code, known[code]))


def explained(code: str) -> str:
    """Say where an error is explained: on its page, and offline."""
    base = os.environ.get(BASE, "docs").rstrip("/")
    page = f"{base}/errors.html#{code}" if "://" in base else f"{base}/errors.md#{code}"
    return f"  docs: {page}, or `audit errors {code}`"


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Everything that is known of errors, by code."""
    from audit.config.reading import parse_yaml

    text = (files("audit.cli") / "error_codes.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text, "error_codes.yaml"))


def _page(known: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "# Errors",
        "",
        "Every error says what was wrong, where (file, key, column, row) and what to do, and ends with the code of its",
        "entry here. `audit errors CODE` prints one entry, without a network. Where this documentation is served,",
        f"`{BASE}=ADDRESS` makes errors link to it. Exit codes [are told in the README](../README.md#exit-codes).",
    ]
    for code, entry in known.items():
        lines += ["", *_entry(code, entry)]
    return lines


def _entry(code: str, entry: dict[str, Any]) -> list[str]:
    return [f"## {code}", "", f"**{entry['title']}.** {entry['means']}", "", *(f"- {step}" for step in entry["do"])]

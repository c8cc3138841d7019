"""Pages that tell a story are lived through, with the embedded samples alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documentation.living import live_through

#: Pages whose every block is executed, in their order.
STORIES = sorted(
    page
    for page in (ROOT / "docs").rglob("*.md")
    if "<!-- Every block of this page is executed by the tests. -->" in page.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", STORIES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_it_happens_as_told(page: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    live_through(page, folder, capfd)


def test_there_are_stories() -> None:
    told = {page.relative_to(ROOT / "docs").as_posix() for page in STORIES}
    assert {"start.md", "tutorials/before-release.md", "tutorials/compliance.md", "tutorials/ci.md"} <= told

"""Where a reader is who follows a page."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documentation.living import shims


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it after a checkout: with the embedded samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", lambda url: True)
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    shims(tmp_path)
    return tmp_path

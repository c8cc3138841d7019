"""`audit report --format` writes papers, and the run folder vouches for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audit.cli import call
from audit.errors import ExitCode
from audit.store.manifest import DOCUMENTS
from audit.store.runfolder import RunFolder

PAPERS = {
    "modelcard": "modelcard.md",
    "cyclonedx": "bom.cdx.json",
    "intoto": "verdict.intoto.json",
    "xlsx": "tables.xlsx",
}


def test_papers_are_written_on_request(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Path(shutil.copytree(run.path, tmp_path / "copy"))
    assert not any((copy / name).exists() for name in PAPERS.values())
    options = [part for code in PAPERS for part in ("--format", code)]
    assert call(["report", str(copy), *options]) == ExitCode.PASSED
    assert capsys.readouterr().out.split() == [str(copy / name) for name in PAPERS.values()]
    assert set(PAPERS.values()) <= set(DOCUMENTS)
    RunFolder(copy).check()  # the manifest knows them
    (copy / "verdict.intoto.json").write_text("{}")
    assert call(["verify", str(copy)]) != ExitCode.PASSED
    assert "verdict.intoto.json" in capsys.readouterr().err


def test_help_names_every_paper(capsys: pytest.CaptureFixture[str]) -> None:
    call(["report", "--help"])
    said = capsys.readouterr().out
    assert all(code in said for code in [*PAPERS, "pdf"])

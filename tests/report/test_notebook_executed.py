"""The notebook of the documentation, executed from top to bottom as nbconvert does, and what a reader sees of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "examples" / "first_audit.ipynb"

pytest.importorskip("nbconvert", reason="needs nbconvert")
pytest.importorskip("ipykernel", reason="needs ipykernel")
pytestmark = pytest.mark.filterwarnings("ignore")  # of tools that run the notebook, not of what runs in it


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Executed in a folder of its own, with this checkout as the package and warnings as errors."""
    import nbformat
    from nbconvert.preprocessors import ExecutePreprocessor

    folder = tmp_path_factory.mktemp("notebook")
    shutil.copy(NOTEBOOK, folder)
    notebook = nbformat.read(folder / NOTEBOOK.name, as_version=4)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    try:
        done, _ = ExecutePreprocessor(timeout=300, kernel_name="python3").preprocess(
            notebook, {"metadata": {"path": str(folder)}}
        )
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
        del os.environ["JUPYTER_PLATFORM_DIRS"]
    return done


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_every_cell_runs_and_nothing_is_printed_past_them(executed: Any) -> None:
    kinds = {output.output_type for output in outputs(executed)}
    assert kinds == {"execute_result"}


def test_the_first_screen_the_rates_and_the_verdict_are_shown(executed: Any) -> None:
    screen, rates, verdict = (output.data for output in outputs(executed))
    assert screen["text/html"].startswith("<iframe") and 'sandbox=""' in screen["text/html"]
    assert "female" in rates["text/html"]
    assert verdict["text/plain"] == "'fail'"


def test_it_is_exported_as_a_page(executed: Any) -> None:
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(executed)
    assert "Invitations" in page and "<iframe" in page


def test_it_is_kept_without_outputs() -> None:
    import nbformat

    kept = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(kept)
    assert outputs(kept) == []

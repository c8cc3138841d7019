"""Every error leads to its entry, on the page and offline."""

from __future__ import annotations

import ast
import errno
import importlib
import pkgutil
from pathlib import Path

import pytest

import audit
from audit.cli import call
from audit.cli.errors import entries
from audit.errors import AuditError, ExitCode, fault_of

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["errors"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "errors.md").read_text(), "audit errors > docs/errors.md"


def classes(of: type[AuditError]) -> set[type[AuditError]]:
    return {of}.union(*map(classes, of.__subclasses__()))


def test_every_error_has_an_entry() -> None:
    for room in pkgutil.iter_modules(audit.__path__, "audit."):
        if room.name not in {"audit.__main__", "audit.pytest_plugin"}:
            importlib.import_module(room.name)
    for module in ("audit.start.question", "audit.report.wording", "audit.publish.destination"):
        importlib.import_module(module)
    used = {kind.code for kind in classes(AuditError) if kind.exit_code != ExitCode.CLOSED_PIPE}
    for path in (ROOT / "audit").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for node in calls:
            if isinstance(node.func, ast.Name) and node.func.id.endswith(("Error", "Fault")):
                given = [word.value for word in node.keywords if word.arg == "code"]
                used |= {str(value.value) for value in given if isinstance(value, ast.Constant)}
    used |= {fault.code for number in errno.errorcode if (fault := fault_of(OSError(number, "x")))}
    used |= {fault_of(MemoryError()).code, "usage", "defect"}  # type: ignore[union-attr]
    assert used == set(entries())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "none.yaml"], "config"),
        (["gate", "none"], "run-folder"),
        (["run", "--nothing"], "usage"),
    ],
)
def test_an_error_names_its_entry(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(arguments) == ExitCode.USAGE
    assert capsys.readouterr().err.rstrip().endswith(f"docs: docs/errors.md#{code}, or `audit errors {code}`")
    assert call(["errors", code]) == 0
    assert capsys.readouterr().out.startswith(f"## {code}\n")


def test_a_served_documentation_is_linked_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAIRAUDIT_DOCS", "https://docs.example.org/fairaudit/")
    call(["run", "none.yaml"])
    assert "docs: https://docs.example.org/fairaudit/errors.html#config" in capsys.readouterr().err


def test_an_unknown_code_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["errors", "dta"]) == ExitCode.USAGE
    assert "did you mean 'data'?" in capsys.readouterr().err

"""Reference pages tell of everything that the code has."""

from __future__ import annotations

import json
import re

import pytest

import audit
from audit.cli import main
from audit.config import AuditConfig
from audit.errors import ExitCode
from audit.fairness.metrics.needs import listed
from audit.frameworks.loading import all_packs
from audit.result import AuditResult
from documentation.reference import PAGES
from documentation.reference.commands import commands
from documentation.reference.markdown import cell
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {place.removeprefix("reference/"): write() for place, write in PAGES.items()}


def test_every_command_with_every_option(pages: dict[str, str]) -> None:
    told = pages["commands.md"]
    for name, command in commands(main, "audit"):
        if name == "audit":
            continue
        section = told.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for option in command.params:
            if option.param_type_name == "option":
                assert all(f"`{opt}`" in section for opt in option.opts), (name, option.name)


def test_every_exit_code(pages: dict[str, str]) -> None:
    assert re.findall(r"^\| (\d+) \|", pages["commands.md"], flags=re.M) == [str(int(code)) for code in ExitCode]


@pytest.mark.parametrize(("place", "model"), [("configuration.md", AuditConfig), ("result.md", AuditResult)])
def test_every_key_of_the_schema(
    place: str, model: type[AuditConfig] | type[AuditResult], pages: dict[str, str]
) -> None:
    whole = model.model_json_schema()
    for name, part in whole["$defs"].items():
        for key, node in part.get("properties", {}).items():
            section = pages[place].split(f"\n## {name}\n")[1].split("\n## ")[0]
            row = next(line for line in section.splitlines() if line.startswith(f"| `{key}` |"))
            assert cell(node.get("description", "")) in row
    assert all(f"| `{key}` |" in pages[place] for key in whole["properties"])


def test_every_metric_and_pack(pages: dict[str, str]) -> None:
    assert all(f"\n## {metric.name}\n" in pages["metrics.md"] for metric in listed())
    for pack in all_packs().values():
        section = pages["packs.md"].split(f"\n## {pack.id}\n")[1].split("\n## ")[0]
        assert len(re.findall(r"^\| ", section, flags=re.M)) == len(pack.clauses) + 1


def test_every_note(pages: dict[str, str]) -> None:
    words = json.loads((ROOT / "audit" / "report" / "messages" / "en.json").read_text(encoding="utf-8"))
    assert all(f"`{code.removeprefix('note.')}`" in pages["codes.md"] for code in words if code.startswith("note."))


def test_every_name_that_the_package_exports(pages: dict[str, str]) -> None:
    assert all(f"\n## audit.{name}\n" in pages["python.md"] for name in audit.__all__ if name != "__version__")


def test_tables_have_as_many_cells_as_heads(pages: dict[str, str]) -> None:
    for place, text in pages.items():
        for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
            rows = table.strip().split("\n")
            assert {row.count("|") for row in rows} == {rows[0].count("|")}, (place, rows[0])

"""Light commands load nothing heavy."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HEAVY = {
    "torch",
    "transformers",
    "captum",
    "plotly",
    "pandas",
    "pyarrow",
    "fairlearn",
    "sklearn",
    "statsmodels",
    "scipy",
}
PROBE = """
import json, sys
from audit.cli import call
code = call(sys.argv[1:])
print()
print(json.dumps([int(code), sorted({name.split('.')[0] for name in sys.modules})]))
"""


def modules(*arguments: str) -> set[str]:
    out = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    code, names = json.loads(out.stdout.splitlines()[-1])
    assert code == 0, out.stderr
    return set(names)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "--help"], ["schema", "result"], ["frameworks"]]
)
def test_help_and_schemas(arguments: list[str]) -> None:
    assert not modules(*arguments) & HEAVY


def test_validate_without_data() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "audit.yaml"
    assert not modules("validate", str(sample), "--no-data") & HEAVY


def test_validate_never_touches_torch() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "audit.yaml"
    assert not modules("validate", str(sample)) & {"torch", "transformers", "captum"}


def test_stored_predictions_and_the_gate_never_touch_torch(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 20)
    (tmp_path / "audit.yaml").write_text(
        "data: {path: rows.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n"
    )
    (tmp_path / "policy.yaml").write_text("rules: [{metric: selection_rate, limit: 0.9}]\n")
    assert not modules("run", str(tmp_path / "audit.yaml"), "--quiet") & {"torch", "transformers", "captum"}
    judged = modules("gate", str(tmp_path / "runs" / "audit"), "--policy", str(tmp_path / "policy.yaml"))
    assert not judged & {"torch", "transformers", "captum", "fairlearn", "plotly"}


def first_with(packages: Sequence[str], heavy: set[str]) -> str | None:
    """Import packages one after the other, in one process: the first after which something heavy is there."""
    code = (
        "import importlib, sys\n"
        "*packages, heavy = sys.argv[1:]\n"
        "for package in packages:\n"
        "    importlib.import_module(package)\n"
        "    if found := set(heavy.split(',')) & {name.split('.')[0] for name in sys.modules}:\n"
        "        print(package, 'loads', *sorted(found))\n"
        "        break\n"
    )
    command = [sys.executable, "-c", code, *packages, ",".join(heavy)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() or None


def test_rooms_that_never_touch_torch() -> None:
    rooms = (
        "audit.store.runfolder",
        "audit.data.survey",
        "audit.policy.judge",
        "audit.fairness.compare.disparities",
        "audit.fairness.compare.stratified",
        "audit.report.write",
        "audit.pipeline.run",
    )
    assert first_with(rooms, {"torch", "transformers", "captum"}) is None


def test_what_is_heavy_is_found() -> None:
    assert first_with(("audit.say", "audit.store.tables"), {"pyarrow", "torch"}) == "audit.store.tables loads pyarrow"


#: Room -> the rooms it may know. Each stands below those that know it, so no arrow runs back up.
MAY_KNOW = {
    "text": set(),
    "personal": set(),
    # `audit` itself, whose door resolves a name only when it is asked for.
    "result": {"audit"},
    "errors": {"personal", "text"},
    "say": {"errors", "text"},
    "config": {"errors", "text"},
    "terms": {"config", "errors"},
    "store": {"config", "errors", "result", "say", "text"},
    "entities": {"config", "errors"},
    "data": {"config", "entities", "errors", "personal", "result", "store"},
    "models": {"config", "data", "entities", "errors", "result", "store", "terms", "text"},
    "engine": {"audit", "config", "errors", "models", "result", "say", "store"},
    "fairness": {"config", "errors", "result", "store"},
    "policy": {"config", "errors", "fairness", "result", "store", "text"},
    "impact": {"config", "fairness", "result"},
    "monitoring": {"config", "data", "errors", "fairness", "policy", "result", "store"},
    "remedies": {"fairness", "impact", "policy", "result", "store"},
    "findings": {"config", "fairness", "result"},
    "probes": {"config", "data", "engine", "entities", "errors", "models", "result", "say", "store", "terms"},
    "explain": {"audit", "config", "data", "engine", "errors", "fairness", "models", "result", "store", "terms"},
    "frameworks": {"config", "errors", "result"},
    "disclosure": {"errors", "fairness", "findings", "personal", "result", "scorecard"},
    "scorecard": {"config", "errors", "result"},
    "data_audit": {"config", "data", "errors", "fairness", "personal", "result", "store", "terms"},
    "report": {"data", "disclosure", "errors", "fairness", "frameworks", "result", "store", "terms", "text"},
}
MAY_KNOW["review"] = {"errors", "fairness", "report", "result", "store", "text"}
MAY_KNOW["start"] = {"config", "data", "errors", "models", "text"}
MAY_KNOW["testing"] = {"data", "errors", "models", "store"}
MAY_KNOW["pipeline"] = {*MAY_KNOW, "audit"}
MAY_KNOW["publish"] = {"disclosure", "errors", "pipeline", "report", "result", "store", "text"}
MAY_KNOW["pytest_plugin"] = {*MAY_KNOW, "audit"}
MAY_KNOW["cli"] = {*MAY_KNOW, "audit"} - {"pytest_plugin"}
#: Entities are matched and scored with nothing but Python.
ENTITIES = ("audit.entities.tags", "audit.entities.spans", "audit.entities.decisions", "audit.entities.scores")
#: The package itself and `python -m audit` open the doors.
DOORS = {"__init__", "__main__"}


def known_by(path: Path) -> set[str]:
    """Rooms that a module imports, at its head or anywhere else."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            named = [f"audit.{alias.name}" for alias in node.names] if node.module == "audit" else []
            names = [name if name[6:] in MAY_KNOW else "audit" for name in named] or [node.module or ""]
        found |= {(name.split(".") + ["audit"])[1] for name in names if name.split(".")[0] == "audit"}
    return found


def test_imports_run_one_way() -> None:
    root = Path(__file__).parents[2] / "audit"
    for path in root.rglob("*.py"):
        room = path.relative_to(root).with_suffix("").parts[0]
        if room not in DOORS:
            beyond = known_by(path) - MAY_KNOW[room] - {room}
            assert not beyond, f"{path} knows {', '.join(sorted(beyond))}"


def test_no_arrow_closes_a_circle() -> None:
    graph = {room: friends - {"audit"} for room, friends in MAY_KNOW.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_the_ground_floor_is_light() -> None:
    ground = ("audit", "audit.config", "audit.result", "audit.terms.loading", "audit.say", *ENTITIES)
    assert first_with(ground, HEAVY) is None

"""Light commands load nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
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


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["schema", "result"]])
def test_help_and_schemas(arguments: list[str]) -> None:
    assert not modules(*arguments) & HEAVY


def test_validate_without_data() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "audit.yaml"
    assert not modules("validate", str(sample), "--no-data") & HEAVY


def test_validate_never_touches_torch() -> None:
    sample = Path(__file__).parents[2] / "sample_data" / "audit.yaml"
    assert not modules("validate", str(sample)) & {"torch", "transformers", "captum", "fairlearn"}


def test_stored_predictions_and_the_gate_never_touch_torch(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 20)
    (tmp_path / "audit.yaml").write_text(
        "data: {path: rows.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n"
    )
    (tmp_path / "policy.yaml").write_text("rules: [{metric: selection_rate, limit: 0.9}]\n")
    assert not modules("run", str(tmp_path / "audit.yaml"), "--quiet") & {"torch", "transformers", "captum"}
    judged = modules("gate", str(tmp_path / "runs" / "audit"), "--policy", str(tmp_path / "policy.yaml"))
    assert not judged & {"torch", "transformers", "captum", "fairlearn", "plotly"}


@pytest.mark.parametrize(
    "package",
    [
        "audit.report.write",
        "audit.fairness.compare.disparities",
        "audit.fairness.compare.stratified",
        "audit.policy.judge",
    ],
)
def test_rooms_that_never_touch_torch(package: str) -> None:
    code = f"import {package}, sys, json; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(out.stdout)}
    assert not loaded & {"torch", "transformers", "captum"}


def test_imports_run_one_way() -> None:
    """fairness, explain and models are neighbours; the ground floor knows none of them."""
    allowed = {
        "fairness": {"fairness"},
        "explain": {"explain", "models", "data"},
        "models": {"models"},
        "data": {"data"},
        "report": {"report", "fairness"},
        "policy": {"policy", "fairness"},
    }
    root = Path(__file__).parents[2] / "audit"
    for room, friends in allowed.items():
        for path in (root / room).rglob("*.py"):
            for line in path.read_text().splitlines():
                words = line.split()
                if len(words) > 1 and words[0] in {"from", "import"} and words[1].startswith("audit."):
                    other = words[1].split(".")[1]
                    assert other not in set(allowed) - friends, f"{path}: {line}"

"""As much of the runner of GitHub as a composite action needs: inputs, environment, outputs and the job summary.

https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass
class Job:
    """What a job leaves behind."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


def run_action(
    action: Path, given: dict[str, str], checkout: Path, environment: dict[str, str], only: str | None = None
) -> Job:
    """Run the steps of a composite action in a checkout, until one fails."""
    described = yaml.safe_load(action.read_text())
    inputs = {name: str(one.get("default", "")) for name, one in described["inputs"].items()}
    assert set(given) <= set(inputs), "a workflow may give only inputs that the action has"
    known = {f"inputs.{name}": value for name, value in (inputs | given).items()}
    known["github.action_path"] = str(action.parent)
    files = {name: checkout.parent / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    job = Job()
    for step in described["runs"]["steps"]:
        if only is not None and step["name"] != only:
            continue
        for path in files.values():
            path.write_text("")
        script = checkout.parent / "step.sh"
        script.write_text(step["run"])
        assert step["shell"] == "bash"
        done = subprocess.run(
            # As GitHub runs `shell: bash`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=checkout,
            env=environment
            | {name: str(path) for name, path in files.items()}
            | {"RUNNER_TEMP": str(checkout.parent)}
            | {name: _evaluated(str(value), known) for name, value in step.get("env", {}).items()},
            capture_output=True,
            text=True,
            check=False,
        )
        job.log += done.stdout + done.stderr
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, equals, value = line.partition("=")
            assert equals, f"not an output: {line}"
            known[f"steps.{step.get('id')}.outputs.{name}"] = value
        if done.returncode:
            job.code = done.returncode
            break
    for name, output in described["outputs"].items():
        job.outputs[name] = _evaluated(output["value"], known, missing="")
    return job


def _evaluated(text: str, known: dict[str, str], missing: str | None = None) -> str:
    """Put values in the place of expressions; one that is not known is an error, unless a step may not have run."""

    def value(match: re.Match[str]) -> str:
        return known[match[1]] if missing is None else known.get(match[1], missing)

    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", value, text)

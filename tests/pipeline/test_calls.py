"""The commands on a finished audit, as Python calls of the same names: they say what the commands say."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import audit
import audit.explain.sheet
from audit.cli import call
from audit.errors import ConfigError, ExitCode, RunFolderError
from audit.report.sheet import sheet_name

Make = Callable[..., dict[str, Any]]
POLICY = {"rules": [{"metric": "selection_rate", "limit": 0.1}]}


def versions(stored: Make, table: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """Two audits of the same rows; the second selects fewer of group b."""
    n = 400
    y, g = [1, 0] * (n // 2), ["a"] * (n // 2) + ["b"] * (n // 2)
    old, new = list(y), [p if i < n // 2 or i % 8 else 0 for i, p in enumerate(y)]
    for name, p in (("old", old), ("new", new)):
        path = table(name=f"{name}.csv", id=list(range(n)), y=y, p=p, g=g)
        where = {"output__folder": str(tmp_path / name), "data__columns__id": "id"}
        audit.run(stored(path, **where, policy=POLICY))
    return tmp_path / "old", tmp_path / "new"


def test_open_knows_folder_and_result(stored: Make, table: Callable[..., Path], tmp_path: Path) -> None:
    result = audit.run(stored(table(y=[1, 0] * 20, p=[1, 1, 0, 0] * 10, g=["a", "b"] * 20)))
    run = audit.open(tmp_path / "run")
    assert (run.folder, run.result, run.report.exists()) == (tmp_path / "run", result, True)
    assert audit.open(run) is run
    assert len(run.decisions_frame(["y_true", "y_pred"])) == 40
    assert len(run.flagged_frame()) == (result.flags.decisions or 0)
    assert run.metrics_frame().equals(result.metrics_frame())
    assert str(run.report) in run._repr_html_()
    with pytest.raises(RunFolderError, match="no such folder"):
        audit.open(tmp_path / "nothing")


def test_gate_says_what_the_command_says(stored: Make, table: Callable[..., Path], tmp_path: Path) -> None:
    old, new = versions(stored, table, tmp_path)
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump({"rules": [{"metric": "selection_rate", "limit": 0.9}]}))
    for run, how in (
        (old, {}),
        (new, {}),
        (new, {"policy": tmp_path / "policy.yaml"}),
        (new, {"baseline": old}),
        (old, {"on_inconclusive": "fail"}),
    ):
        verdict = audit.gate(run, **how)
        options = [part for key, value in how.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        assert call(["gate", str(run), *options]) == verdict.exit_code
        assert verdict.passed == (verdict.exit_code == ExitCode.PASSED)
        assert verdict.result.judgement == verdict.judgement
        assert verdict.status == verdict.judgement.status
    assert audit.open(new).gate().judgement == audit.gate(str(new)).judgement
    assert audit.gate(new, baseline=audit.open(old)).result.comparison is not None


def test_without_a_policy_nothing_is_judged(stored: Make, table: Callable[..., Path], tmp_path: Path) -> None:
    audit.run(stored(table(y=[1, 0] * 20, p=[1, 1, 0, 0] * 10, g=["a", "b"] * 20)))
    with pytest.raises(ConfigError, match="the audit has no policy"):
        audit.gate(tmp_path / "run")


def test_compare_says_what_the_command_says(
    stored: Make, table: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = versions(stored, table, tmp_path)
    capsys.readouterr()
    found = audit.compare(old, new)
    assert audit.open(new).compare(audit.open(old)) == found
    json_option = ["--format", "json"] if "--format" in _options("compare") else ["--json"]
    assert call(["compare", str(old), str(new), *json_option]) == 0
    assert json.loads(capsys.readouterr().out) == found.model_dump(mode="json", by_alias=True)


def _options(command: str) -> list[str]:
    from audit.cli import main

    return [name for option in main.commands[command].params for name in option.opts]


def test_explain_is_a_call_and_a_package(model_case: Make, tmp_path: Path) -> None:
    config = model_case(explanations={"sample": 8, "shown": 3, "sanity": 0, "least_contrast": 0})
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    result = audit.run(tmp_path / "audit.yaml")
    assert result.explanations is not None
    folder, row = Path(config["output"]["folder"]), result.explanations.shown[0]
    sheet = audit.explain(folder, row)
    assert call(["explain", str(folder), "--row", row, "--format", "json", "--out", str(tmp_path / "s")]) == 0
    written = json.loads((tmp_path / "s" / f"{sheet_name(row)}.json").read_text())
    assert written == json.loads(sheet.model_dump_json())
    assert audit.open(folder).explain(row) == sheet
    anew = audit.explain(folder, row, config=tmp_path / "audit.yaml", methods=["occlusion"])
    assert set(anew.agreement) == {"occlusion"}
    with pytest.raises(ConfigError, match="needs --config"):
        audit.explain(folder, row, methods=["occlusion"])
    assert audit.explain.sheet.stored_sheet is not None


CALLED = {
    "first": "import audit; f = audit.explain",
    "after a part of it": "import audit, audit.explain.words; f = audit.explain",
    "from": "from audit import explain as f; import audit.explain.words",
}


@pytest.mark.parametrize("how", CALLED)
def test_explain_can_be_called_whatever_was_imported(how: str) -> None:
    code = f"{CALLED[how]}\ntry: f('nothing', '1')\nexcept Exception as error: print(type(error).__name__)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "RunFolderError"


def test_open_hides_no_builtin() -> None:
    assert audit.open is not builtins.open
    for name, module in list(sys.modules.items()):
        if name.startswith("audit.") and not name.startswith("audit.pipeline.calls"):
            assert getattr(module, "open", builtins.open) is builtins.open, name
    assert set(audit.__all__) <= {*dir(audit), *audit._HOME}

"""A repaired model is held against the biased one, label by label and entity by entity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import audit
from audit.cli import call
from audit.errors import ExitCode
from audit.result import AuditResult
from tests.pipeline.several import biased_labeller, biased_tagger, entities_config, labels_config


@pytest.mark.parametrize(
    ("make", "config_of", "cls"),
    [(biased_tagger, entities_config, "person"), (biased_labeller, labels_config, "rude")],
    ids=["entities", "labels"],
)
def test_what_a_repair_did_to_whom(
    make: Any, config_of: Any, cls: str, checkpoints: dict[str, Path], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    rules = [
        {"name": "none is missed", "metric": "true_positive_rate", "limit": 0.4},
        {"name": "no worse", "metric": "true_positive_rate", "margin": 0.3},
    ]
    runs = {}
    for name, blind in (("before", True), ("after", False)):
        runs[name] = tmp_path / name
        model = make(checkpoints["bert"], tmp_path / f"model-{name}", blind=blind)
        config = config_of(model, tmp_path, explanations={"which": "none"}, policy={"rules": rules})
        config["output"] = {"folder": str(runs[name])}
        if name == "before":
            audit.run(config)
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(config))
    code = call(["run", str(file), "--quiet", "--gate", "--baseline", str(runs["before"])])
    result = AuditResult.model_validate_json((runs["after"] / "result.json").read_text())
    assert code == ExitCode.PASSED, result.judgement
    assert result.comparison is not None
    assert result.comparison.paired
    found = {(one.metric, one.cls, tuple(one.group)): one for one in result.comparison.changes}
    mended = found["true_positive_rate", cls, ("she",)]
    assert mended.lower is not None
    assert mended.lower > 0.3
    assert result.judgement is not None
    judged = {(rule.rule, rule.cls): rule.status for rule in result.judgement.rules}
    assert judged["no worse", cls] == judged["none is missed", cls] == "pass"
    capsys.readouterr()
    # The other way round the gap opens again, and the rule on changes fails.
    code = call(["gate", str(runs["before"]), "--baseline", str(runs["after"])])
    assert code == ExitCode.GATE_FAILED
    assert f"recall of “{cls}”" in capsys.readouterr().out
    assert call(["compare", str(runs["before"]), str(runs["after"])]) == ExitCode.PASSED
    assert f"recall of “{cls}”" in capsys.readouterr().out

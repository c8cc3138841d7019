from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest

from audit.config import ModelConfig
from audit.errors import ConfigError
from audit.models.folder import look_through
from audit.report.documents import Telling
from audit.report.papers.intoto import render_intoto
from audit.store.files import sha256
from tests.conftest import ROOT
from tests.report.papers.conftest import judged, of, with_model


def statement(telling: Telling) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(render_intoto(telling))
    return plain


def test_a_statement_of_test_results(told: Telling) -> None:
    plain = statement(told)
    assert plain["_type"] == "https://in-toto.io/Statement/v1"
    assert plain["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = plain["predicate"]
    assert predicate["result"] == "FAILED"
    assert "rates: selection_rate, gap, difference, g" in predicate["failedTests"]
    assert "all: accuracy, gap, difference, h" in predicate["passedTests"]
    assert any(name.startswith("misses: ") for name in predicate["warnedTests"])
    counted = [rule for rule in told.result.judgement.rules if rule.counts]  # type: ignore[union-attr]
    assert sum(len(predicate[name]) for name in ("passedTests", "warnedTests", "failedTests")) == len(counted)


def test_the_subject_is_the_model_or_else_the_data(told: Telling) -> None:
    (subject,) = statement(told)["subject"]
    assert subject["digest"] == {"sha256": told.result.data.sha256}
    plain = statement(of(told, model=with_model(told.result)))
    assert [item["digest"]["sha256"] for item in plain["subject"]] == ["a" * 64]
    assert told.result.data.sha256 in [item["digest"]["sha256"] for item in plain["predicate"]["configuration"]]


def test_it_names_configuration_policy_and_result_by_digest(told: Telling) -> None:
    predicate = statement(told)["predicate"]
    digests = {item["name"]: item["digest"]["sha256"] for item in predicate["configuration"]}
    assert told.result.config_sha256 in digests.values()
    assert told.result.judgement.policy_sha256 in digests.values()  # type: ignore[union-attr]
    assert predicate["fairaudit"]["result"]["digest"]["sha256"] == sha256(told.folder.result)


@pytest.mark.parametrize(
    ("status", "on_inconclusive", "expected"),
    [
        ("pass", "warn", "PASSED"),
        ("inconclusive", "pass", "WARNED"),
        ("inconclusive", "warn", "WARNED"),
        ("inconclusive", "fail", "FAILED"),
        ("undefined", "pass", "FAILED"),
        ("fail", "pass", "FAILED"),
    ],
)
def test_only_a_pass_has_passed(told: Telling, status: str, on_inconclusive: str, expected: str) -> None:
    assert statement(judged(told, status=status, on_inconclusive=on_inconclusive))["predicate"]["result"] == expected


def test_without_a_policy_nothing_was_tested(told: Telling) -> None:
    with pytest.raises(ConfigError, match="no policy"):
        render_intoto(of(told, judgement=None))


def test_the_digest_of_a_checkpoint_is_computed_as_documented() -> None:
    sample = ROOT / "sample_data" / "screener"
    documented = next(
        line for line in (ROOT / "docs" / "papers.md").read_text().splitlines() if line.startswith("cd MODEL")
    )
    line = documented.replace("MODEL", shlex.quote(str(sample)), 1)
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()[0]
    assert found == look_through(ModelConfig(path=sample)).sha256()

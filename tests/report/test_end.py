"""The end of what `audit run` prints: where the time went, and what to type next."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.report.terminal import tell_next, tell_time
from audit.report.wording import Catalogue
from audit.text import LANGUAGES

ROOT = Path(__file__).parents[2]


def timed(**seconds: float) -> Any:
    return SimpleNamespace(timings=SimpleNamespace(seconds=seconds))


def test_the_longest_stages_are_named() -> None:
    said = tell_time(timed(survey=0.1, decide=20.0, explain=70.0, flag=6.0, compare=2.0), Catalogue(), 100.0)
    assert said == "time: 100 s, of which explanations 70 s, decisions 20 s, flags 6.0 s"


def test_an_audit_that_was_finished_earlier_names_none() -> None:
    assert tell_time(timed(decide=20.0), Catalogue(), 0.4) == "time: 0.4 s"
    assert tell_time(timed(decide=5_000.0), Catalogue(), 6_000.0) == "time: 100 min, of which decisions 83 min"


def test_a_probe_is_named() -> None:
    assert tell_time(timed(**{"probe: typos": 20.0}), Catalogue(), 30.0) == "time: 30 s, of which probe typos 20 s"


def test_every_stage_has_words() -> None:
    code = "".join(path.read_text() for path in (ROOT / "audit").rglob("*.py"))
    stages = set(re.findall(r'\.timing\("(\w+)"\)', code))
    assert len(stages) > 8
    for language in LANGUAGES:
        for stage in stages:
            Catalogue(language)(f"terminal.stage.{stage}")


def audited(status: str | None, *rows: str, model: bool = True) -> Any:
    findings = [SimpleNamespace(examples=[SimpleNamespace(row_id=row) for row in rows])]
    judgement = SimpleNamespace(status=status) if status else None
    return SimpleNamespace(
        judgement=judgement, findings=SimpleNamespace(items=findings), model=object() if model else None
    )


@pytest.mark.parametrize(
    ("result", "compared", "expected"),
    [
        (audited(None, "1"), False, ["view", "runs/my run"]),
        (audited("inconclusive", "1"), False, ["view", "runs/my run"]),
        (audited("fail", "a b; rm"), False, ["explain", "runs/my run", "--row", "a b; rm", "--config", "audit.yaml"]),
        (audited("fail", "1", model=False), False, ["view", "runs/my run"]),
        (audited("fail"), False, ["view", "runs/my run"]),
        (audited("pass"), False, ["gate", "runs/my run", "--save-baseline", "baseline.json"]),
        (audited("pass"), True, ["view", "runs/my run"]),
    ],
)
def test_the_next_command_can_be_typed_as_it_is(result: Any, compared: bool, expected: list[str]) -> None:
    said = tell_next(result, Catalogue(), run=Path("runs/my run"), config=Path("audit.yaml"), compared=compared)
    command = re.fullmatch(r"next: (.*) \([^()]*\)", said)
    assert command
    assert shlex.split(command[1]) == ["audit", *expected]

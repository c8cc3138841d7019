"""The section on method: who asked the model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from audit.report.sections.method import build
from audit.report.view import View
from audit.report.wording import Catalogue
from audit.result import EngineFacts


def told(engine: EngineFacts | None) -> Any:
    result = SimpleNamespace(config={}, timings=SimpleNamespace(engine=engine))
    return build(cast("View", SimpleNamespace(result=result, t=Catalogue("en"))))["engine"]


@pytest.mark.parametrize(
    ("kind", "workers", "said"),
    [
        ("local", 1, "One process asked the model."),
        ("local", 4, "Processes of one machine that asked the model: 4; threads of each: 2."),
        ("ray", 1, "Workers of Ray that asked the model: 1; threads of each: 2."),
        ("ray", 16, "Workers of Ray that asked the model: 16; threads of each: 2."),
    ],
)
def test_who_asked_the_model(kind: Any, workers: int, said: str) -> None:
    assert told(EngineFacts(kind=kind, workers=workers, threads=2)) == said


def test_nobody_did() -> None:
    assert told(None) is None
    # Every part was there from the run before.
    assert told(EngineFacts(kind="ray", workers=0, threads=2)) is None

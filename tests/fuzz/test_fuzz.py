"""Some damaged inputs of each kind; `make fuzz` tries a hundred thousand.

Whatever comes in: an exit code that means what the table of exit codes says, one error message and no traceback, no
file changed that is not the tool's own, an end in time, and a result that reads back.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.driver import attempt
from tests.fuzz.outcome import watch

KINDS = {"configurations": 60, "tables": 30, "runs": 10, "forged": 8, "checkpoints": 6}


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_input_is_told_and_breaks_nothing(kind: str) -> None:
    make = import_module(f"tests.fuzz.{kind}").make

    @settings(
        max_examples=KINDS[kind], deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(st.randoms(use_true_random=False))
    def damaged(random: Random) -> None:
        place = Path(tempfile.mkdtemp(prefix="fairaudit-fuzz-"))
        try:
            outcome = watch(make(random, place))
            assert not outcome.broken, (outcome.broken, outcome.err[-2_000:])
        finally:
            shutil.rmtree(place, ignore_errors=True)

    damaged()


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_drawn_from_seed_kind_and_number_alone(kind: str, tmp_path: Path) -> None:
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        example = import_module(f"tests.fuzz.{kind}").make(Random("7:x:3"), tmp_path / name)
        found.append([text.replace(str(tmp_path / name), "") for text in example.arguments])
    assert found[0] == found[1]


def test_a_crash_would_be_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("\x1b[31m")

    monkeypatch.setattr("audit.config.load_config", broken)
    assert attempt("tables", 0, 1, tmp_path).broken == ["exit code 4", "a traceback"]

"""An audit in bf16 decides as one in float32, says what it took, and is the same for one worker and for two."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

import audit
import audit.pipeline.decide
from audit.config import parse_config
from audit.errors import ConfigError
from audit.pipeline.precision import precision_notes, precision_of, without_tiers
from audit.result import DecisionPrecision

Make = Callable[..., dict[str, Any]]
ROWS = 260


@pytest.fixture
def case(model_case: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(audit.pipeline.decide, "WINDOW_ROWS", 100)

    def make(name: str, precision: str, **changes: Any) -> dict[str, Any]:
        config = model_case(rows=ROWS, explanations={"which": "none"}, **changes)
        config["model"] |= {"precision": precision, "device": "cpu"}
        return config | {"output": {"folder": str(tmp_path / name)}}

    return make


def test_decisions_are_those_of_float32_and_what_it_took_is_told(case: Make, tmp_path: Path) -> None:
    exact = audit.run(case("exact", "float32"))
    found = audit.run(case("coarse", "bf16", exchange={}))
    told = found.decision_precision
    assert exact.decision_precision is None
    assert told is not None
    assert told.precision == found.model.precision == "bf16"  # type: ignore[union-attr]
    # Windows of 100, 100 and 60 rows: the last is too small for a sample.
    assert told.asked >= 200
    assert told.exact >= 60
    assert 64 <= told.sampled <= told.again < told.asked
    assert 0 < told.largest < 0.05
    assert not any(name.startswith("tier") for name in found.work)
    tables = [pq.read_table(tmp_path / name / "decisions.parquet") for name in ("exact", "coarse")]
    assert tables[0]["y_pred"].equals(tables[1]["y_pred"])
    assert not tables[0]["score"].equals(tables[1]["score"])
    page = (tmp_path / "coarse" / "report.html").read_text()
    assert "asked in bf16" in page
    assert "asked in bf16" not in (tmp_path / "exact" / "report.html").read_text()


def test_two_workers_find_what_one_process_finds(case: Make, tmp_path: Path) -> None:
    for name, engine in (("alone", {}), ("two", {"workers": 2})):
        audit.run(case(name, "bf16", engine=engine))
    one, two = (json.loads((tmp_path / name / "result.json").read_text()) for name in ("alone", "two"))
    del one["timings"], two["timings"]
    assert one == two
    assert one["decision_precision"]["asked"] == 200


def test_what_does_not_go_together_is_refused(case: Make) -> None:
    config = case("run", "bf16")
    config["model"]["dtype"] = "bfloat16"
    with pytest.raises(ConfigError, match="is held against float32, and dtype is bfloat16"):
        parse_config(config)
    config["model"] = {"callable": "mine:decide", "classes": ["no", "yes"], "precision": "bf16"}
    with pytest.raises(ConfigError, match="precision: does not go with `callable`"):
        parse_config(config)


def test_counts_of_stages_are_added_up_and_the_largest_difference_is_kept() -> None:
    subject: Any = SimpleNamespace(model=SimpleNamespace(precision="bf16"))
    work = {"tier_asked": 300, "tier_again": 90, "tier_largest_32e-4": 2, "tier_largest_99e-5": 7, "forward_batches": 3}
    found = precision_of(subject, work)
    assert found is not None
    assert found.largest == pytest.approx(0.0032)
    assert (found.asked, found.again, found.exact, found.otherwise) == (300, 90, 0, 0)
    assert without_tiers(work) == {"forward_batches": 3}


@pytest.mark.parametrize(("again", "codes"), [(100, []), (200, ["precision_too_coarse"])])
def test_a_precision_that_saves_nothing_is_noted(again: int, codes: list[str]) -> None:
    case: Any = SimpleNamespace(config=SimpleNamespace(model=SimpleNamespace(precision="bf16")))
    found = DecisionPrecision(
        precision="bf16", asked=300, exact=0, sampled=32, again=again, factor=4, otherwise=0, beyond=0, largest=0.1
    )
    assert [note.code for note in precision_notes(case, found)] == codes


def test_a_precision_that_nothing_was_asked_in_is_noted() -> None:
    case: Any = SimpleNamespace(config=SimpleNamespace(model=SimpleNamespace(precision="bf16")))
    found = DecisionPrecision(
        precision="bf16", asked=0, exact=70, sampled=0, again=0, factor=4, otherwise=0, beyond=0, largest=0.0
    )
    (note,) = precision_notes(case, found)
    assert (note.code, note.params["n"]) == ("precision_not_used", 70)


def test_tf32_on_a_cpu_is_float32_and_noted() -> None:
    case: Any = SimpleNamespace(config=SimpleNamespace(model=SimpleNamespace(precision="tf32")))
    assert [note.code for note in precision_notes(case, None)] == ["no_tf32_here"]

"""Flags, exchanges, strata and baselines: what is left of a whole is no small count, and no name of few decisions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from audit import run
from audit.disclosure.groups import PublicGroups
from audit.disclosure.public import made_public
from audit.disclosure.reasons import _flags, _reliance
from audit.result import FlagRate, Flags, Reliance

GROUPS = cast("PublicGroups", SimpleNamespace(tells_everything=True))


def rate(code: str, flagged: int, n: int = 200, clusters: float | None = None) -> FlagRate:
    return FlagRate(
        code=code, n=n, flagged=flagged, rate=flagged / n, effective_n=n, clusters=clusters, lower=None, upper=None
    )


def flags(decisions: int, high: int, *rates: FlagRate) -> Flags:
    by_severity = {"high": high, "medium": decisions - high, "low": 0}
    return Flags(decisions=decisions, by_severity=by_severity, rates=list(rates), explained=0, shown=["row-1"])


def test_flags_that_leave_nothing_small_are_told() -> None:
    told = _flags(flags(60, 40, rate("flip", 40), rate("name", 20)), GROUPS)
    assert (told.decisions, told.by_severity["high"], [item.flagged for item in told.rates]) == (60, 40, [40, 20])


@pytest.mark.parametrize(
    "found",
    [
        flags(45, 20, rate("flip", 40), rate("name", 5)),  # the code that is not told is the rest
        flags(45, 45, rate("flip", 40), rate("name", 30)),  # flagged for the other code alone: 5
        flags(60, 30, rate("flip", 24), rate("name", 36)),  # of high severity, but for the other code: 6
        flags(60, 40, rate("flip", 40), rate("name", 20, clusters=4.0)),
    ],
)
def test_a_total_of_flags_does_not_give_a_small_code_back(found: Flags) -> None:
    told = _flags(found, GROUPS)
    assert told.decisions is None and not told.by_severity and not told.shown


def test_few_decisions_that_rely_on_no_identity_are_not_told() -> None:
    def reliance(decisions: int) -> Reliance:
        return Reliance(
            share=0.5, threshold=0.1, decisions=decisions, suspected=20, confirmed_by_masking=10,
            confirmed_by_exchange=10, unconfirmed=0,
        )  # fmt: skip

    assert _reliance(reliance(24)) is None
    assert _reliance(reliance(40)) == reliance(40)


def config(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "of_the_house.csv", index=False)
    return {
        "data": {"path": str(folder / "of_the_house.csv"), "columns": {"label": "y", "prediction": "p"}},
        "attributes": [{"column": "a"}],
        "controls": ["c"],
        "output": {"folder": str(folder / "run")},
    }


def decided(rare: str) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 600
    table = pd.DataFrame({"a": rng.choice(["u", "v"], n), "c": rng.choice(["k1", "k2"], n), "y": rng.integers(0, 2, n)})
    table["p"] = np.where(rng.random(n) < 0.6, table.y, 1 - table.y)
    table.loc[:2, "c"] = rare
    return table


def test_a_stratum_of_few_decisions_is_not_named(tmp_path: Path) -> None:
    result = run(config(tmp_path, decided("a-rare-village")))
    assert "a-rare-village" in result.model_dump_json()
    assert "a-rare-village" not in made_public(result).model_dump_json()


def test_large_strata_are_named(tmp_path: Path) -> None:
    told = made_public(run(config(tmp_path, decided("k1"))))
    assert {value.stratum["c"] for value in told.metrics if value.stratum} == {"k1", "k2"}


def test_the_baseline_is_not_called_after_its_file(tmp_path: Path) -> None:
    first = run(config(tmp_path / "first", decided("k1")))
    assert first.title == "of_the_house"
    result = run(config(tmp_path / "second", decided("k1")), baseline=tmp_path / "first" / "run")
    assert result.comparison is not None and result.comparison.baseline == "of_the_house"
    assert "of_the_house" not in made_public(result).model_dump_json()

"""Nobody who knows all that is public can tell that a count is under ten."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import run
from audit.disclosure import public
from audit.disclosure.public import made_public
from audit.disclosure.told import Told
from audit.errors import AuditError
from audit.result import AuditResult
from tests.disclosure.attacker import Attacker
from tests.disclosure.designs import audited

LEAST = 10
#: What a solver may be off by, in decisions.
SLACK = 1e-4


@dataclass(frozen=True)
class Base:
    """A result that is not printed where a test fails."""

    result: AuditResult = field(repr=False)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A result whose numbers are replaced."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "rows.csv").write_text("y,p,a\n" + "1,1,u\n0,1,v\n1,0,u\n0,0,v\n" * 10)
    config = {
        "data": {"path": str(folder / "rows.csv"), "columns": {"label": "y", "prediction": "p"}},
        "attributes": [{"column": "a"}],
        "output": {"folder": str(folder / "run")},
    }
    return Base(run(config))


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, list[list[str]], str | None]:
    """Two attributes of uneven sizes, perhaps a control; crossings with empty cells; two or three classes."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.sampled_from([30, 120, 400, 1500]))
    sizes = draw(st.tuples(st.integers(2, 3), st.integers(2, 3)))
    classes = draw(st.integers(2, 3))
    columns: dict[str, Any] = {}
    for name, size in zip("ab", sizes, strict=True):
        columns[name] = rng.choice(size, n, p=rng.dirichlet(np.full(size, draw(st.sampled_from([0.4, 2.0])))))
    if draw(st.booleans()):
        columns["b"] = np.where(columns["a"] == 0, 0, columns["b"])  # crossings that do not occur
    columns["y"] = rng.integers(0, classes, n)
    columns["p"] = np.where(
        rng.random(n) < draw(st.sampled_from([0.6, 0.9])), columns["y"], rng.integers(0, classes, n)
    )
    slicings = [["a"], ["b"], *([["a", "b"]] if draw(st.booleans()) else [])]
    control = "c" if classes == 2 and len(slicings) == 2 and draw(st.booleans()) else None
    if control:
        columns["c"] = rng.integers(0, 2, n)
    return pd.DataFrame(columns).astype(str), slicings, control


def leaks(told: AuditResult, table: pd.DataFrame, slicings: list[list[str]], control: str | None) -> list[str]:
    """Counts under ten that an attacker finds out to be."""
    values = {name: sorted(table[name].unique()) for name in table if name not in {"y", "p"}}
    classes = sorted({*table.y, *table.p})
    attacker = Attacker(json.loads(told.model_dump_json(by_alias=True)), values, classes)
    found = []
    for names in [[], *slicings, *([[*each, control] for each in slicings] if control else [])]:
        for group in product(*(values[name] for name in names)):
            where = dict(zip(names, group, strict=True))
            rows = table[np.logical_and.reduce([table[k] == v for k, v in where.items()])] if where else table
            for y, p in product([None, *classes], repeat=2):

                def holds(label: str, predicted: str, y: str | None = y, p: str | None = p) -> bool:
                    return y in {None, label} and p in {None, predicted}

                n = sum(map(holds, rows.y, rows.p))
                wanted = attacker.row(where, holds)
                if n < LEAST and (most := attacker.largest(wanted)) < LEAST - SLACK:
                    solved = attacker.solves(wanted, attacker.determined())
                    found.append(f"{where} label {y} prediction {p}: {n} is {'told' if solved else f'<= {most}'}")
    return found


@given(tables())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_no_count_under_ten_can_be_told(base: Base, design: tuple[pd.DataFrame, list[list[str]], str | None]) -> None:
    table, slicings, control = design
    told = made_public(audited(base.result, table, slicings, control))
    found = leaks(told, table, slicings, control)
    assert not found


@given(tables())
@settings(max_examples=8, deadline=None, derandomize=True)
def test_nor_where_the_world_is_too_large_to_ask(
    base: Base, design: tuple[pd.DataFrame, list[list[str]], str | None]
) -> None:
    table, slicings, control = design
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public, "Told", lambda result: Told(result, most_unknowns=0))
        told = made_public(audited(base.result, table, slicings, control))
    found = leaks(told, table, slicings, control)
    assert not found


def test_the_attacker_finds_what_is_left_over(base: Base) -> None:
    """Suppressing the small group alone, whose total is told, gives it back."""
    table = pd.DataFrame({"a": ["u"] * 60 + ["v"] * 40 + ["w"] * 4, "b": "x", "y": "1", "p": "1"})
    table.loc[::2, "p"] = "0"
    table.loc[::3, "y"] = "0"
    result = audited(base.result, table, [["a"]], None)
    large = [
        slicing.model_copy(update={"groups": [group for group in slicing.groups if group.n >= LEAST]})
        for slicing in result.slicings
    ]
    empty: dict[str, Any] = {key: [] for key in ("metrics", "class_reports", "adverse_impact", "disparities")}
    careless = result.model_copy(update={"slicings": large, **empty})
    assert "{'a': 'w'} label None prediction None: 4 is told" in leaks(careless, table, [["a"]], None)
    assert not leaks(made_public(result), table, [["a"]], None)


def test_large_groups_are_told_whole(base: Base) -> None:
    """Where nothing is small, nothing is suppressed."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.integers(0, 2, 4000) for name in ("a", "b", "y", "p")}).astype(str)
    told = made_public(audited(base.result, table, [["a"], ["b"], ["a", "b"]], None))
    assert told.publication is not None and not told.publication.suppressed
    assert all(value.value is not None for value in told.metrics)
    assert all(gap.value is not None for gap in told.disparities)


def test_a_few_decisions_are_not_told_at_all(base: Base) -> None:
    table = pd.DataFrame({"a": ["u", "v"] * 4, "b": "x", "y": ["0", "1"] * 4, "p": "1"})
    with pytest.raises(AuditError, match="nothing of 8 decisions"):
        made_public(audited(base.result, table, [["a"]], None))


def test_a_public_copy_is_not_made_public_again(base: Base, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="public already"):
        made_public(made_public(base.result))

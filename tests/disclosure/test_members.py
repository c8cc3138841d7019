"""Groups that overlap add up to nothing, but who is not in one of them is everybody less the group."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit import run
from audit.disclosure import attack, public
from audit.disclosure.public import made_public
from audit.disclosure.told import Told
from audit.result import AuditResult


def audited(folder: Path, outside: int, *, of_half: int = 0, **more: Any) -> AuditResult:
    """One group that all but some are in, and another that overlaps it, and that they are in or not."""
    rng = np.random.default_rng(1)
    n = 600
    table = pd.DataFrame({"most": 1, "half": rng.integers(0, 2, n), "y": rng.integers(0, 2, n)})
    table.loc[: outside - 1, ["most", "half"]] = 0, of_half
    table["b"] = rng.choice(["r", "s"], n)
    table["p"] = np.where(rng.random(n) < 0.6, table.y, 1 - table.y)
    table.to_csv(folder / "rows.csv", index=False)
    return run(
        {
            "data": {"path": str(folder / "rows.csv"), "columns": {"label": "y", "prediction": "p"}},
            "attributes": [{"name": "m", "members": {"most": "most", "half": "half"}}, {"column": "b"}],
            "output": {"folder": str(folder / "run")},
            **more,
        }
    )


def left_over(told: AuditResult) -> list[int]:
    """Counts of everybody less those of a group that overlaps."""
    (whole,) = next(slicing.groups for slicing in told.slicings if not slicing.attributes)
    groups = [group for slicing in told.slicings if slicing.attributes == ["m"] for group in slicing.groups]
    found = []
    for group in groups:
        found.append(whole.n - group.n)
        for of_all, own in ((whole.by_label, group.by_label), (whole.by_prediction, group.by_prediction)):
            found += [n - part for cls, n in of_all.items() if n is not None and (part := own[cls]) is not None]
    return found


@pytest.mark.parametrize("most_unknowns", [6000, 0])
@pytest.mark.parametrize("outside", [3, 14, 80])
def test_who_is_in_no_group_is_not_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: int, most_unknowns: int
) -> None:
    monkeypatch.setattr(public, "Told", lambda result: Told(result, most_unknowns=most_unknowns))
    found = left_over(made_public(audited(tmp_path, outside)))
    assert all(n >= 10 for n in found), found
    if outside == 80:
        assert len(found) == 15, "all three groups, whole"


def test_nor_where_the_solver_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = SimpleNamespace(status=4, x=None, message="numerical difficulties")
    monkeypatch.setattr(attack, "linprog", lambda *_, **__: failed)
    found = left_over(made_public(audited(tmp_path, 3, of_half=1)))
    assert all(n >= 10 for n in found), found


def test_nor_in_a_crossing(tmp_path: Path) -> None:
    """Of eighteen in no group, few are of either value of the other attribute."""
    result = audited(tmp_path, 18, crossings=[["m", "b"]])
    told = made_public(result)
    sizes = {(tuple(s.attributes), *g.values): g.n for s in told.slicings for g in s.groups}
    for value in "rs":
        whole, part = sizes.get((("b",), value)), sizes.get((("m", "b"), "most", value))
        assert whole is None or part is None or whole - part >= 10

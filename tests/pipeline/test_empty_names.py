"""Nothing is taken for absent because its name is empty: classes, groups and attributes may be called ''."""

from __future__ import annotations

from pathlib import Path

import pytest

import audit

ROWS = "y,p,g,w\n" + "1,1,a,1\n0,0,b,2\n1,0,a,1\n0,2,b,1\n2,2,a,1\n1,2,b,3\n" * 30


@pytest.mark.parametrize("empty", ["0", "1", "2"])
@pytest.mark.parametrize("seed", range(3))
def test_a_class_without_a_name(tmp_path: Path, empty: str, seed: int) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)

    def result(name: str) -> audit.AuditResult:
        mapped = {empty: name}
        return audit.run(
            {
                "data": {
                    "path": str(tmp_path / "rows.csv"),
                    "columns": {"label": "y", "prediction": "p", "weight": "w"},
                    "label_map": mapped,
                    "prediction_map": mapped,
                },
                "attributes": [{"column": "g", "values": {"a": ""}}],
                "seed": seed,
                "output": {"folder": str(tmp_path / f"run-{name}")},
            }
        )

    plain, without = result("zero"), result("")
    values = {(v.metric, v.cls, tuple(v.group)): v.value for v in plain.metrics}
    found = {(v.metric, "zero" if v.cls == "" else v.cls, tuple(v.group)): v.value for v in without.metrics}
    # Classes stand in another order, so that sums over them are rounded otherwise.
    assert found.keys() == values.keys()
    for key, value in values.items():
        assert found[key] == (None if value is None else pytest.approx(value, rel=1e-9)), key
    assert without.library_check.values > 0

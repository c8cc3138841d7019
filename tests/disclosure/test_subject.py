"""What was audited is told without names of files, and without the few decisions that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit import run
from audit.disclosure.public import made_public
from audit.result import AuditResult, DataFacts, Note


def audited(folder: Path, **output: Any) -> AuditResult:
    (folder / "of_the_house.csv").write_text("y,p,a\n" + "1,1,u\n0,1,v\n1,0,u\n0,0,v\n" * 15)
    config = {
        "data": {"path": str(folder / "of_the_house.csv"), "columns": {"label": "y", "prediction": "p"}},
        "attributes": [{"column": "a"}],
        "output": {"folder": str(folder / "run"), **output},
    }
    return run(config)


def with_failures(result: AuditResult, **failures: int) -> AuditResult:
    """The same decisions, and some more that failed."""
    failed = sum(failures.values())
    rows = result.data.rows + failed
    data = result.data.model_copy(
        update={"rows": rows, "rows_read": rows, "decisions": rows, "failures": failures}
        | {"statuses": {"ok": result.data.rows, "failed": failed}}
    )
    notes = [Note(code=f"failed_{reason}", params={"n": n}) for reason, n in failures.items()]
    notes.append(Note(code="clusters", params={"clusters": 40, "rows": rows}))
    return result.model_copy(update={"data": data, "notes": notes, "work": {"forwards": rows}})


def counted(told: AuditResult) -> set[int]:
    """Numbers of rows and decisions, wherever they stand."""
    data: DataFacts = told.data
    found = {data.rows, data.rows_read, data.decisions, *data.statuses.values(), *data.failures.values()}
    found |= {value for note in told.notes for value in note.params.values() if isinstance(value, int)}
    return found | set(told.work.values())


def test_a_title_that_nobody_wrote_is_no_name_of_a_file(tmp_path: Path) -> None:
    result = audited(tmp_path)
    assert result.title == "of_the_house"
    told = made_public(result)
    assert told.title == "data"
    assert "of_the_house" not in told.model_dump_json()


def test_a_title_that_somebody_wrote_stays(tmp_path: Path) -> None:
    assert made_public(audited(tmp_path, title="Loans of 2025")).title == "Loans of 2025"


@pytest.mark.parametrize("failures", [{"image": 3}, {"image": 12, "text": 2}])
def test_few_failures_are_not_what_is_left_of_the_rows(tmp_path: Path, failures: dict[str, int]) -> None:
    result = audited(tmp_path)
    assert counted(made_public(with_failures(result, **failures))) == {60}


def test_many_failures_are_told(tmp_path: Path) -> None:
    told = made_public(with_failures(audited(tmp_path), image=12))
    assert counted(told) == {72, 60, 12, 40}


def test_rows_that_few_were_left_out_of_are_told_as_if_none_was(tmp_path: Path) -> None:
    result = audited(tmp_path)
    data = result.data.model_copy(update={"rows_read": 64, "rows_filtered": 4})
    told = made_public(result.model_copy(update={"data": data}))
    assert (told.data.rows_read, told.data.rows_filtered) == (60, None)

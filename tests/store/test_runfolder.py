"""A run folder holds one whole audit, and says so when it does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import AuditError, RunFolderError
from audit.store.manifest import DOCUMENTS, REMOVABLE
from audit.store.runfolder import RunFolder

ROWS = "y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 20


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("finished")
    (place / "rows.csv").write_text(ROWS)
    audit.run(configuration(place))
    return place


@pytest.fixture
def place(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "place")
    return tmp_path / "place"


def configuration(place: Path, **more: Any) -> dict[str, Any]:
    return {
        "data": {"path": str(place / "rows.csv"), "columns": {"label": "y", "prediction": "p"}, "positive_label": "1"},
        "attributes": ["g"],
        "output": {"folder": str(place / "run")},
        **more,
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_old_audit_lives_until_the_new_one_is_whole(place: Path) -> None:
    before = contents(place / "run")
    (place / "rows.csv").write_text(ROWS.replace("0,0,b", "0,,b", 7))
    with pytest.raises(AuditError):
        audit.run(configuration(place), overwrite=True)
    after = contents(place / "run")
    assert {name: body for name, body in after.items() if not name.startswith(".work")} == before
    RunFolder(place / "run").read_result()
    (place / "rows.csv").write_text(ROWS.replace("1,1,a", "1,1,c"))
    new = audit.run(configuration(place), overwrite=True)
    assert RunFolder(place / "run").read_result() == new
    assert {group.values[0] for slicing in new.slicings[1:] for group in slicing.groups} == {"a", "b", "c"}
    assert not (place / "run" / ".work").exists()


def test_what_is_no_output_of_the_new_audit_goes_and_what_is_not_ours_stays(place: Path) -> None:
    folder = RunFolder(place / "run")
    (folder.path / "notes.txt").write_text("mine")
    folder.begin({"data": "other"}, resume=False, overwrite=True)
    result = folder.draft.write_result(folder.read_result())
    folder.finish({"data": "other"}, {})
    assert sorted(path.name for path in folder.path.iterdir()) == [".lock", "manifest.json", "notes.txt", "result.json"]
    assert folder.read_result() == result


@pytest.mark.parametrize("moved", range(4))
def test_a_move_that_was_killed_is_finished_by_whoever_comes_next(
    moved: int, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(place / "run")
    real, done = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal done
        if self.parent.name == "new" and target.parent == folder.path:
            done += 1
            if done > moved:
                raise KeyboardInterrupt
        return real(self, target)

    (place / "rows.csv").write_text(ROWS.replace("1,1,a", "1,1,c"))
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        audit.run(configuration(place), overwrite=True)
    monkeypatch.undo()
    with pytest.raises(RunFolderError, match=r"about to take its place.*\n.*--resume"):
        folder.read_result()
    found = audit.run(configuration(place), resume=True)
    assert folder.read_result() == found
    assert found.slicings[-1].groups[-1].values == ["c"]


@pytest.mark.parametrize(
    "name", ["result.json", "decisions.parquet", "flagged.jsonl", "metrics.csv", "report.html", "audit.sarif"]
)
def test_a_changed_file_is_named(name: str, place: Path) -> None:
    path = place / "run" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunFolderError, match=rf"{name} was changed"):
        RunFolder(place / "run").read_result()


def test_a_removed_or_added_file_is_named_unless_it_may_go(place: Path) -> None:
    folder = RunFolder(place / "run")
    for name in REMOVABLE:
        (folder.path / name).unlink(missing_ok=True)
    folder.read_result()
    folder.inputs.write_bytes(b"planted")
    with pytest.raises(RunFolderError, match=r"inputs\.parquet is not of this audit"):
        folder.read_result()
    folder.inputs.unlink()
    folder.decisions.unlink()
    with pytest.raises(RunFolderError, match=r"decisions\.parquet is missing"):
        folder.read_result()


def test_rendering_vouches_for_what_it_rendered_and_for_nothing_else(place: Path) -> None:
    folder = RunFolder(place / "run")
    (folder.path / "summary.md").write_text("changed")
    folder.read_result(but=DOCUMENTS)
    folder.flagged.write_text("{}")
    folder.vouch(["summary.md"])
    with pytest.raises(RunFolderError, match=r": flagged\.jsonl was changed$"):
        try:
            folder.read_result()
        except RunFolderError as error:
            raise RunFolderError(error.problem) from None


@pytest.mark.parametrize("name", ["result.json", "manifest.json"])
def test_another_version_is_refused(name: str, place: Path) -> None:
    folder = RunFolder(place / "run")
    path = folder.path / name
    path.write_text(path.read_text().replace('"schema_version": "1.0"', '"schema_version": "99.0"'))
    if name == "result.json":
        folder.vouch([name])
    with pytest.raises(RunFolderError, match=r"99\.0.*1\.0"):
        folder.read_result()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema_version": "1.0"}', "[" * 100_000, '{"a": NaN}'])
def test_a_damaged_manifest_or_state_is_told(text: str, place: Path) -> None:
    folder = RunFolder(place / "run")
    folder.manifest.write_text(text)
    with pytest.raises(RunFolderError, match=r"manifest\.json"):
        folder.read_result()
    (folder.path / ".work").mkdir()
    (folder.path / ".work" / "state.json").write_text(text)
    with pytest.raises(RunFolderError):
        folder.begin({"data": "x"}, resume=True, overwrite=False)


def test_the_same_audit_begun_elsewhere_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """Workers of another machine tell by the ticket whether they see this run folder, or one of the same name."""
    tickets = []
    for name in ("here", "there"):
        folder = RunFolder(tmp_path / name)
        folder.begin({"data": "x"}, resume=False, overwrite=False)
        tickets.append(folder.shards("decisions").ticket())
        folder.begin({"data": "x"}, resume=True, overwrite=False)
    assert tickets[0] != tickets[1]


def test_unfinished_work_is_not_written_through_a_link(place: Path) -> None:
    (place / "elsewhere").mkdir()
    (place / "run" / ".work").symlink_to(place / "elsewhere")
    with pytest.raises(RunFolderError, match="is a link"):
        audit.run(configuration(place), overwrite=True)
    assert not list((place / "elsewhere").iterdir())


def test_what_could_not_be_read_back_is_not_written(place: Path) -> None:
    folder = RunFolder(place / "run")
    result = folder.read_result()
    before = folder.result.read_bytes()
    with pytest.raises(RuntimeError, match="would not read back"):
        folder.write_result(result.model_copy(update={"level": float("nan")}))
    assert folder.result.read_bytes() == before
    assert json.loads(before)["level"] == result.level

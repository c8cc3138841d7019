"""Texts, or the personal data in them, are taken out of a finished audit for good, whatever interrupts it."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import audit
from audit.cli import main
from audit.errors import AuditError, RunFolderError
from audit.personal import find_personal
from audit.pipeline.inputs import SCHEMA as INPUTS
from audit.pipeline.redact import Redacted, _cover_inputs, _drop_edits, _drop_inputs, redact
from audit.pipeline.verify import verify
from audit.probes.asking import SCHEMA as VARIANTS
from audit.report import documents
from audit.report.documents import ALL, Telling
from audit.store.manifest import DOCUMENTS
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table
from tests.conftest import make_texts
from tests.report.test_audience import said_in

#: A word of no lexicon, and personal data, in every text.
WORD = "quartzite"
PLANTED = ("zoe.k@example.org", "+49 89 12345678", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Path:
    place = tmp_path_factory.mktemp("texts")
    words = [" ".join(text.split()[:12]) for text in make_texts(40)]
    texts = [f"he {WORD} {PLANTED[at % 4]} {text}" for at, text in enumerate(words)]
    labels, groups = ["yes", "no"] * 20, ["a", "a", "b", "b"] * 10
    table = pd.DataFrame({"id": range(40), "text": texts, "label": labels, "group": groups})
    table.to_csv(place / "rows.csv", index=False)
    config: dict[str, Any] = {
        "model": {"path": str(checkpoints["bert"])},
        "data": {
            "path": str(place / "rows.csv"),
            "columns": {"input": "text", "label": "label", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": ["group"],
        "exchange": {"shown": 6},
        "explanations": {"sample": 24, "shown": 12, "most_flagged": 4, "sanity": 0},
        "output": {"folder": str(place / "run")},
    }
    audit.run(config)
    RunFolder(place / "run").read_result()
    return place / "run"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(finished, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def everything(folder: Path) -> dict[str, str]:
    found = said_in(folder) if not (folder / "sheets").exists() else {}
    return found | {path.name: str(read_table(path).to_pylist()) for path in folder.glob("*.parquet")}


def plain(run: RunFolder) -> dict[str, bytes]:
    """All files but the manifest, which says when, and the lock."""
    return {
        path.name: path.read_bytes()
        for path in run.path.iterdir()
        if path.is_file() and path.name not in {"manifest.json", ".lock"}
    }


def test_texts_are_gone_from_every_file_and_the_rest_still_holds(run: RunFolder) -> None:
    before = run.read_result()
    assert any(WORD in text for text in everything(run.path).values()), "nothing to look for"
    done = redact(run)
    assert done.texts > 0
    assert not run.inputs.exists()
    for name, text in everything(run.path).items():
        for value in (WORD, *PLANTED):
            assert value not in text, f"{name} holds {value}"
    assert not verify(run).wrong
    after = run.read_result()
    assert after.metrics == before.metrics
    assert after.flags == before.flags
    assert [note.code for note in after.notes if note not in before.notes] == ["texts_redacted"]
    assert "audit redact" in (run.path / "report.html").read_text(encoding="utf-8")


def test_personal_data_is_covered_and_every_place_stays_where_it_was(run: RunFolder) -> None:
    before = {row["row_id"]: row["input"] for row in read_table(run.inputs).to_pylist()}
    untouched = {
        name: body
        for name, body in plain(run).items()
        if name.endswith(".parquet") and name not in {"inputs.parquet", "variants.parquet"}
    }
    untouched["flagged.jsonl"] = run.flagged.read_bytes()
    done = redact(run, personal=True)
    assert done.masked == Counter(item.kind for text in before.values() for item in find_personal(text))
    assert len(done.masked) >= 3
    after = {row["row_id"]: row["input"] for row in read_table(run.inputs).to_pylist()}
    assert after.keys() == before.keys()
    for row, was in before.items():
        found = find_personal(was)
        assert len(after[row]) == len(was)
        inside = {at for item in found for at in range(item.start, item.end)}
        assert [letter for at, letter in enumerate(after[row]) if at not in inside] == [
            letter for at, letter in enumerate(was) if at not in inside
        ]
        assert all(after[row][item.start] == "[" and after[row][item.end - 1] == "]" for item in found)
        assert not find_personal(after[row])
    # Attributions and edits are places in the same texts.
    assert {name: plain(run)[name] for name in untouched} == untouched
    for name, text in everything(run.path).items():
        for value in PLANTED:
            assert value not in text, f"{name} holds {value}"
    words = run.read_result().explanations
    assert words is not None
    assert not {"zoe", "4111", "de89", "3704"} & {item.word for item in words.words}
    assert "[e-mail" in (run.path / "report.html").read_text(encoding="utf-8")
    assert not verify(run).wrong


@pytest.mark.parametrize("personal", [False, True])
def test_whoever_is_killed_leaves_the_audit_or_a_move_that_the_command_ends(
    personal: bool, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One document stands for all of them.
    shutil.copytree(finished, start := tmp_path / "start", ignore=lambda _, names: set(DOCUMENTS) - {"summary.md"})
    calm = RunFolder(tmp_path / "calm")
    shutil.copytree(start, calm.path)
    redact(calm, personal=personal)
    wanted = plain(calm)
    whole = {path.name: path.read_bytes() for path in start.iterdir() if path.is_file()}
    real = {name: getattr(Path, name) for name in ("replace", "unlink")}
    kept_on = ended = 0
    for step in range(60):
        run = RunFolder(tmp_path / f"run-{step}")
        shutil.copytree(start, run.path)
        steps = iter(range(step))

        def interrupted(name: str, steps: Any = steps) -> Any:
            def call(self: Path, *args: Any, **kwargs: Any) -> Any:
                if next(steps, None) is None:
                    raise KeyboardInterrupt
                return real[name](self, *args, **kwargs)

            return call

        for name in real:
            monkeypatch.setattr(Path, name, interrupted(name))
        try:
            redact(run, personal=personal)
        except KeyboardInterrupt:
            monkeypatch.undo()
        else:
            monkeypatch.undo()
            break
        try:
            run.read_result()
        except RunFolderError as error:
            ended += 1
            assert "once more" in str(error)
        else:
            kept_on += 1
            left = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
            assert left == whole or plain(run) == wanted
        redact(run, personal=personal)
        assert plain(run) == wanted
        assert not (run.path / ".work").exists()
    assert kept_on and ended
    assert step < 59


def test_sheets_and_signatures_go_with_the_texts(run: RunFolder) -> None:
    (run.path / "sheets").mkdir()
    (run.path / "sheets" / "decision-1.html").write_text(WORD)
    (run.path / "sheets" / "mine.txt").write_text("mine")
    (run.path / "result.json.sig").write_text("signed")
    done = CliRunner().invoke(main, ["redact", str(run.path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "removed: inputs.parquet" in done.output
    assert "removed: sheets/decision-1.html" in done.output
    assert "removed: result.json.sig" in done.output
    assert not any(value in done.output for value in (WORD, *PLANTED))
    assert [path.name for path in (run.path / "sheets").iterdir()] == ["mine.txt"]
    again = CliRunner().invoke(main, ["redact", str(run.path)], catch_exceptions=False)
    assert "texts or pictures removed: 0" in again.output
    assert not verify(run).wrong


def test_a_document_that_cannot_be_written_again_goes(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(telling: Telling) -> dict[str, str | bytes]:
        raise AuditError("no program to draw it with")

    parts = [item if item.code != "html" else documents.Document("html", item.files, broken) for item in ALL]
    monkeypatch.setattr("audit.pipeline.redact.ALL", tuple(parts))
    monkeypatch.setattr("audit.report.write.ALL", tuple(parts))
    done = redact(run)
    assert done.unrendered == {"report.html": "no program to draw it with"}
    assert not (run.path / "report.html").exists()
    assert not verify(run).wrong


def test_an_unfinished_audit_is_not_touched(run: RunFolder) -> None:
    run.begin({"data": "other"}, resume=False, overwrite=True)
    with pytest.raises(RunFolderError, match="holds an unfinished audit"):
        redact(run)
    assert run.inputs.exists()


def test_a_redacted_audit_can_be_told_to_everybody(run: RunFolder) -> None:
    redact(run)
    done = CliRunner().invoke(main, ["report", str(run.path), "--audience", "public"], catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("personal", "left"), [(False, [None, None, None]), (True, [["hi"], None, None])])
def test_what_probes_wrote_into_texts_goes_where_it_may_be_a_word_of_them(
    personal: bool, left: list[list[str] | None], tmp_path: Path
) -> None:
    """A word with a typing error is still that word: in a kept text, in a number of it, in a text that is not kept."""
    folder = RunFolder(tmp_path / "run")
    folder.draft.path.mkdir(parents=True)
    kept = {**dict.fromkeys(INPUTS.names), "row_id": "1", "input": f"he rang {PLANTED[1]} twice"}
    pq.write_table(pa.Table.from_pylist([kept], INPUTS), folder.inputs)
    edits = [("1", 0, 2, "hi"), ("1", 8, 23, "+49 98 12345678"), ("2", 0, 2, "sehcret")]
    rows = [
        {**dict.fromkeys(VARIANTS.names), "probe": "robustness", "transform": "swap", "severity": 1, "status": "scored",
         "row_id": row, "starts": [start], "ends": [end], "replacements": [new]}
        for row, start, end, new in edits
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, VARIANTS), folder.variants)
    goes = _cover_inputs(folder, Redacted()) if personal else _drop_inputs(folder, Redacted())
    _drop_edits(folder, goes)
    found = read_table(folder.draft.variants)
    assert found["replacements"].to_pylist() == left
    assert found["starts"].to_pylist() == [[0], [8], [0]]

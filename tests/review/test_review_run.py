"""The whole way: decisions go out, answers come back, and the run folder stays whole."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

import audit
from audit.cli import call
from audit.errors import AuditError, ConfigError, DataError, ExitCode, RunFolderError
from audit.pipeline.redact import redact
from audit.pipeline.review import Asking, export_review, import_review
from audit.pipeline.review_again import waits_for_import
from audit.pipeline.verify import verify
from audit.review.key import read_key
from audit.store.runfolder import RunFolder

Make = Callable[..., dict[str, Any]]
HOSTILE = '=HYPERLINK("http://evil","x")'


@pytest.fixture
def config(stored: Make, table: Callable[..., Path]) -> dict[str, Any]:
    """Stored predictions with an error-ridden group, texts, and a rule that fails, so that errors are flagged."""
    n = 240
    groups = ["a" if i % 3 else "b" for i in range(n)]
    labels = ["yes" if i % 2 else "no" for i in range(n)]
    wrong = [group == "b" and i % 4 in {1, 2} for i, group in enumerate(groups)]
    found = [{"yes": "no", "no": "yes"}[one] if bad else one for one, bad in zip(labels, wrong, strict=True)]
    texts = [HOSTILE if i == 2 else f"case {i} \u202e, <b>said</b>" for i in range(n)]
    path = table(id=[f"r{i}" for i in range(n)], y=labels, p=found, g=groups, text=texts)
    columns = {"label": "y", "prediction": "p", "id": "id", "input": "text"}
    return {
        "data": {"path": str(path), "columns": columns, "positive_label": "yes"},
        "attributes": ["g"],
        "policy": {"rules": [{"metric": "accuracy", "limit": 0.1}]},
        "output": {"folder": str(path.parent / "run")},
    }


def asked(run: Path, config: dict[str, Any], **how: Any) -> tuple[Any, list[Path]]:
    return export_review(run, Asking(**how), config=audit.AuditConfig.model_validate(config), formats=FORMATS)


FORMATS = ("csv", "xlsx", "label-studio")


@pytest.fixture
def run(config: dict[str, Any], tmp_path: Path) -> Path:
    """An audited folder, made once."""
    made, folder = tmp_path.parent / "audited-for-review", Path(config["output"]["folder"])
    if not made.exists():
        assert audit.run(config | {"output": {"folder": str(made)}}).flags.decisions == 40
    shutil.copytree(made, folder)
    return folder


def truth(run: Path) -> dict[str, str]:
    """What reviewers should say: the label, but for one in ten of group b, whose label is wrong."""
    frame = pd.read_parquet(run / "decisions.parquet")
    key = read_key(run / "review_key.parquet").table
    merged = key.merge(frame, on="row_id")
    out = {}
    for i, row in enumerate(merged.to_dict("records")):
        turned = row["group:g"] == "b" and i % 10 == 0
        out[row["review_id"]] = {"yes": "no", "no": "yes"}[row["y_true"]] if turned else row["y_true"]
    return out


def fill(path: Path, answer: Callable[[dict[str, str]], dict[str, str]], name: str | None = None) -> Path:
    """Fill a CSV file in, as a reviewer does."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    for row in rows:
        row.update(answer(row))
    out = path.with_name(name or f"filled-{path.name}")
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return out


def answered(run: Path, reviewers: int = 2) -> list[Path]:
    right = truth(run)
    files = []
    for number in range(1, reviewers + 1):
        files.append(
            fill(
                run / "review" / f"reviewer-{number}-label.csv",
                lambda row: {"label": right[row["review_id"]].upper(), "comment": "private words"},
            )
        )
        files.append(fill(run / "review" / f"reviewer-{number}-decision.csv", lambda row: {"biased": "no"}))
    return files


def test_reviewers_are_told_nothing_but_the_case(run: Path, config: dict[str, Any]) -> None:
    key, files = asked(run, config, reviewers=2)
    names = {path.name for path in files}
    assert {"reviewer-1-label.csv", "reviewer-2-decision.csv", "reviewer-2.xlsx", "label-studio.xml"} <= names
    first, second = (
        list(csv.reader(io.StringIO((run / "review" / f"reviewer-{n}-label.csv").read_text("utf-8-sig"))))
        for n in (1, 2)
    )
    assert first[0] == ["review_id", "reviewer", "case", "label", "comment"]
    assert [row[0] for row in first] != [row[0] for row in second]
    assert sorted(row[0] for row in first) == sorted(row[0] for row in second)
    arms = dict(zip(key.table["review_id"], key.table["arm"], strict=True))
    order = [arms[row[0]] for row in first[1:]]
    assert order != sorted(order) and order != sorted(order, reverse=True)
    for path in files:
        content = path.read_bytes()
        assert b"flagged" not in content and b"disparate" not in content
        if path.suffix != ".xlsx":  # compressed
            assert not re.search(rb"\br\d+\b", content)  # no id of a row


def test_nothing_that_is_shown_can_run(run: Path, config: dict[str, Any]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    asked(run, config, controls=200)
    rows = list(csv.DictReader(io.StringIO((run / "review/reviewer-1-label.csv").read_text("utf-8-sig"))))
    assert "'" + HOSTILE in [row["case"] for row in rows]
    assert all("\u202e" not in row["case"] for row in rows)
    book = openpyxl.load_workbook(run / "review/reviewer-1.xlsx")
    assert book.sheetnames == ["What to do", "1 right class", "2 the decision"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    lists = [rule.formula1 for rule in book["2 the decision"].data_validations.dataValidation]
    assert lists == ['"yes,no,unsure"']


def test_label_studio_gets_tasks_and_their_configuration(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    tasks = json.loads((run / "review/reviewer-1-tasks.json").read_text())
    assert set(tasks[0]["data"]) == {"review_id", "reviewer", "case", "decision"}
    view = ElementTree.fromstring((run / "review/label-studio.xml").read_text())
    label = view.find("Choices[@name='label']")
    assert label is not None
    assert [(one.get("value"), one.get("alias")) for one in label] == [
        ("no", "class-1"), ("yes", "class-2"), ("unsure", "unsure"),
    ]  # fmt: skip
    hidden = view.find("View[@whenTagName='label']")
    assert hidden is not None and hidden.find("Text[@value='$decision']") is not None
    assert hidden.find("Choices[@name='biased']") is not None


def test_answers_come_back(run: Path, config: dict[str, Any]) -> None:
    before = (run / "result.json").read_bytes()
    asked(run, config, reviewers=2)
    review, taken = import_review(run, answered(run))
    assert (review.reviewers, taken.repeated) == (2, 0)
    assert review.reviewed == len(read_key(run / "review_key.parquet").table)
    label, biased = review.agreement[0], review.agreement[1]
    assert (label.question, label.alpha) == ("label", 1.0)
    assert (biased.question, biased.alpha, biased.note) == ("biased", None, "one_value")
    wrong = next(item for item in review.precision if item.outcome == "wrong")
    assert wrong.difference is not None and wrong.difference > 0.7 and wrong.holm_p is not None and wrong.holm_p < 0.001
    rates = {tuple(item.group): item.differs.rate for item in review.label_errors}
    assert rates[("a",)] == 0.0 and 0.02 < (rates[("b",)] or 0) < 0.25
    (gap,) = [gap for gap in review.gaps if gap.metric == "accuracy"]
    assert gap.group == ["a"] and gap.recorded == pytest.approx(0.5) and 0 < gap.lower < gap.upper
    assert (run / "result.json").read_bytes() == before
    for path in [run / "report.html", run / "summary.md", run / "review.json"]:
        assert "private words" not in path.read_text() and "reviewer-1" not in path.read_text()
    assert 'id="review"' in (run / "report.html").read_text()
    assert verify(RunFolder(run)).wrong == []


def test_numbers_of_a_review_are_worked_out_again(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    import_review(run, answered(run, 1))
    place = RunFolder(run)
    text = place.review.read_text()
    place.review.write_text(text.replace('"reviewed": ', '"reviewed": 1'))
    with pytest.raises(RunFolderError, match=r"review\.json was changed"):
        place.read_result()
    place.vouch(["review.json"])
    assert verify(place).wrong[0].startswith("review: reviewed is ")


def test_answers_outlive_the_run(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    first, _ = import_review(run, answered(run, 1))
    audit.run(config, overwrite=True)
    assert RunFolder(run).read_result().data.rows == 240
    # They count for the new run without being asked for.
    assert RunFolder(run).read_review() == first
    assert "Review by people" in (run / "summary.md").read_text()
    assert not waits_for_import(RunFolder(run))
    again, taken = import_review(run, [])
    assert taken.new == 0 and again == first
    # And they can be taken over by an audit of the same rows elsewhere.
    other = {**config, "output": {"folder": str(run.parent / "other")}}
    audit.run(other)
    copied, _ = import_review(run.parent / "other", [], source=run)
    assert copied == first


def test_answers_about_other_rows_are_refused(
    run: Path, config: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    asked(run, config)
    import_review(run, answered(run, 1))
    data = Path(config["data"]["path"])
    data.write_text(data.read_text().replace("r17,", "r17x,"))
    audit.run(config, overwrite=True)
    assert waits_for_import(RunFolder(run)) and "Review by people" not in (run / "summary.md").read_text()
    capsys.readouterr()
    assert call(["report", str(run), "--format", "md"]) == ExitCode.PASSED
    assert "do not count for this audit" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(RunFolderError, match="of other rows than this audit"):
        import_review(run, [])


def test_how_often_a_reviewer_errs_outlives_the_run_too(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    first, _ = import_review(run, answered(run, 1), assumed=0.1)
    audit.run(config, overwrite=True)
    assert RunFolder(run).read_review() == first and first.reviewer_error == 0.1


def test_what_people_may_get_wrong_is_told_with_its_place(run: Path, config: dict[str, Any]) -> None:
    asked(run, config, reviewers=2)
    label = run / "review/reviewer-1-label.csv"
    wrong = fill(label, lambda row: {"label": "maybe"})
    with pytest.raises(DataError, match=r"filled-reviewer-1-label\.csv: row 2, column label: 'maybe' is no answer"):
        import_review(run, [wrong])
    unknown = fill(label, lambda row: {"review_id": "d0", "label": "yes"})
    with pytest.raises(DataError, match="row 2, column review_id: 'd0' is no decision of this review, and"):
        import_review(run, [unknown])
    with pytest.raises(DataError, match="no answers"):
        import_review(run, [label])
    yes = fill(label, lambda row: {"label": "yes"}, "yes.csv")
    no = fill(label, lambda row: {"label": "no"}, "no.csv")
    with pytest.raises(DataError, match=r"says 'no' about d\w+, and said 'yes' in yes\.csv, row 2"):
        import_review(run, [yes, no])
    assert not (run / "review.json").exists() and not (run / "review_answers.parquet").exists()
    _, taken = import_review(run, [yes, yes])
    assert taken.repeated == taken.new
    with pytest.raises(DataError, match="an earlier import"):
        import_review(run, [no])
    review, taken = import_review(run, [no], replace=True)
    assert review.reviewers == 1 and taken.new > 0
    assert review.counts[0].missing == taken.new  # the other reviewer was given as many


def test_what_was_asked_is_not_forgotten_by_chance(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    import_review(run, answered(run, 1))
    with pytest.raises(RunFolderError, match="another draw would make worthless"):
        asked(run, config)
    export_review(run, Asking(), config=audit.AuditConfig.model_validate(config), overwrite=True)
    assert not (run / "review.json").exists()
    RunFolder(run).check()


def test_texts_that_are_gone_are_read_from_the_same_data_only(run: Path, config: dict[str, Any]) -> None:
    (run / "inputs.parquet").unlink(missing_ok=True)
    with pytest.raises(RunFolderError, match="have no text here"):
        export_review(run, Asking())
    asked(run, config)
    assert not (run / "inputs.parquet").exists()  # whoever removed them does not want them back
    data = Path(config["data"]["path"])
    data.write_text(data.read_text().replace("case 17", "case of 17"))
    with pytest.raises(RunFolderError, match="the data is not that of the run"):
        asked(run, config)


def test_comments_go_with_the_texts(run: Path, config: dict[str, Any]) -> None:
    asked(run, config, reviewers=2)
    first, _ = import_review(run, answered(run))
    done = redact(RunFolder(run))
    assert done.comments > 0 and not (run / "review").exists()
    assert pd.read_parquet(run / "review_answers.parquet")["comment"].isna().all()
    assert verify(RunFolder(run)).wrong == []
    again, _ = import_review(run, [])
    assert again == first.model_copy(update={"answers_sha256": again.answers_sha256})


def test_an_import_that_is_killed_leaves_a_whole_run(
    run: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(run, config)
    files = answered(run, 1)
    with monkeypatch.context() as killed:
        killed.setattr("audit.pipeline.review.write_documents", _killed)
        with pytest.raises(KeyboardInterrupt):
            import_review(run, files)
    RunFolder(run).check()
    assert not (run / "review.json").exists()
    with monkeypatch.context() as killed:
        killed.setattr(RunFolder, "_put_in_place", _killed)
        with pytest.raises(KeyboardInterrupt):
            import_review(run, files)
    review, taken = import_review(run, [])  # ends the move, and finds the answers there
    assert taken.new == 0 and review.reviewed > 0
    RunFolder(run).check()


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_reviewers_say_is_not_for_the_public(run: Path, config: dict[str, Any]) -> None:
    asked(run, config)
    import_review(run, answered(run, 1))
    assert "Review by people" in (run / "summary.md").read_text()
    formats = [word for code in ("md", "html", "modelcard", "cyclonedx") for word in ("--format", code)]
    assert call(["report", str(run), "--audience", "public", *formats]) == ExitCode.PASSED
    for path in (run / "public").iterdir():
        assert "Review by people" not in path.read_text() and "Reviewers name another" not in path.read_text()


def test_rows_are_never_for_the_public(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["review", "export", str(run), "--audience", "public"]) == ExitCode.USAGE
    assert "never for the public" in capsys.readouterr().err
    assert call(["report", str(run), "--audience", "public"]) == ExitCode.PASSED
    assert call(["review", "export", str(run / "public")]) == ExitCode.USAGE
    assert "is a copy for the public" in capsys.readouterr().err


def test_the_commands(run: Path, config: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    path = run.parent / "audit.json"
    path.write_text(json.dumps(config))
    yaml = run.parent / "audit.yaml"
    yaml.write_text(path.read_text())  # JSON is YAML
    assert call(["review", "export", str(run), "--config", str(yaml), "--reviewers", "2"]) == ExitCode.PASSED
    assert "40 flagged" in capsys.readouterr().out
    assert call(["review", "show", str(run)]) == ExitCode.USAGE
    assert call(["review", "import", str(run), *map(str, answered(run))]) == ExitCode.PASSED
    assert "Are the flags worth something?" in capsys.readouterr().out
    assert call(["review", "show", str(run), "--lang", "zh"]) == ExitCode.PASSED
    assert "标签有多常出错" in capsys.readouterr().out
    assert call(["review", "show", str(run), "--format", "json"]) == ExitCode.PASSED
    assert json.loads(capsys.readouterr().out)["reviewers"] == 2


def test_numbers_are_not_reviewed(stored: Make, table: Callable[..., Path]) -> None:
    path = table(y=[1.0, 2.0, 3.0, 4.0] * 10, p=[1.5, 2.5, 2.5, 4.0] * 10, g=["a", "b"] * 20)
    audit.run(
        {
            "data": {"path": str(path), "columns": {"label": "y", "score": "p"}, "outcome": "number"},
            "attributes": ["g"],
            "output": {"folder": str(path.parent / "run")},
        }
    )
    with pytest.raises(AuditError, match="predicted numbers"):
        export_review(path.parent / "run", Asking())


def test_without_texts_there_is_nothing_to_show(config: dict[str, Any]) -> None:
    del config["data"]["columns"]["input"]
    audit.run(config)
    with pytest.raises(ConfigError, match="nothing to show to reviewers"):
        export_review(Path(config["output"]["folder"]), Asking())

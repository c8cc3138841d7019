"""Whole audits of functions of a user's own: explained without gradients, resumed, shown, judged and compared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import audit
from audit.cli import call
from audit.errors import ExitCode, ModelError
from audit.result import AuditResult
from audit.store.shards import Shards
from tests.models.own import SCORER, configured, function


def test_rows_of_features_from_the_data_to_the_report(tmp_path: Path) -> None:
    result = audit.run(configured(tmp_path))
    assert result.model is not None
    assert (result.model.task, result.model.parameters, result.data.read) == ("black-box", None, "features")
    explained = result.explanations
    assert explained is not None
    assert (explained.method, explained.baseline, explained.gradients, explained.sanity) == (
        "shapley_sampling", "reference", 0, None,
    )  # fmt: skip
    assert explained.calls > 2
    assert {note.code for note in result.notes} >= {"no_sanity_without_weights"}
    table = pd.read_parquet(tmp_path / "run" / "attributions.parquet")
    assert (table["method"] == "shapley_sampling").all()
    sums = np.array([sum(values) for values in table["attributions"]])
    assert np.allclose(sums, table["f_input"] - table["f_baseline"], atol=1e-5)
    assert {item.word for item in explained.words} <= {"age", "income", "house"}
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Shapley values" in page
    # The glossary alone speaks of methods that were not used.
    assert "integrated gradients" not in page.split('id="glossary"')[0].lower()
    assert call(["verify", str(tmp_path / "run")]) == ExitCode.PASSED


def test_the_same_when_it_was_killed_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(
        tmp_path / "a", function("p = 1 / (1 + np.exp(-batch['income'] / 40))\nreturn np.stack([1 - p, p], 1)")
    )
    whole = audit.run(config)
    write, written = Shards.write, []

    def stop(self: Shards, number: int, *given: Any) -> None:
        write(self, number, *given)
        written.append(self.folder.name)
        if self.folder.name == "attributions":
            raise KeyboardInterrupt

    again = config.model_copy(update={"output": config.output.model_copy(update={"folder": tmp_path / "again"})})
    monkeypatch.setattr(Shards, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        audit.run(again)
    monkeypatch.undo()
    resumed = audit.run(again, resume=True)
    assert resumed.timings.shards_reused >= 2
    plain = [item.model_dump(exclude={"timings"}) for item in (whole, resumed)]
    assert plain[0] == plain[1]


def write(folder: Path, **changes: Any) -> Path:
    """Write the configuration of `configured` as a file."""
    configured(folder, **changes)
    path = folder / "audit.yaml"
    path.write_text(
        "model: {callable: 'scorer:predict', classes: [bad, good]}\n"
        "data: {path: rows.csv, columns: {features: {age: number, income: number, house: category}, label: y, id: id},"
        " positive_label: good}\n"
        "attributes: [group]\nexplanations: {sample: 12}\ngaps: {sample: 0}\n"
        "policy: {rules: [{metric: selection_rate, limit: 0.5}]}\noutput: {folder: run}\n"
    )
    return path


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = SCORER.replace("def predict(frame):", "def predict(frame):\n    print('loud')")
    path = write(tmp_path, source=source)
    assert call(["validate", str(path), "--model"]) == ExitCode.PASSED
    said = capsys.readouterr().out
    assert "scorer:predict: classes bad, good; positive: good" in said
    assert "nothing is known of what is in it" in said
    assert call(["run", str(path), "--quiet", "--gate"]) == ExitCode.PASSED
    row = pd.read_parquet(tmp_path / "run" / "attributions.parquet")["row_id"][0]
    assert call(["explain", str(tmp_path / "run"), "--row", row]) == ExitCode.PASSED
    more = ["--config", str(path), "--format", "json", "--out", str(tmp_path / "sheets")]
    asked = ["explain", str(tmp_path / "run"), "--row", row, *more]
    assert call([*asked, "--method", "shapley", "--method", "occlusion"]) == ExitCode.PASSED
    (sheet,) = (json.loads(file.read_text()) for file in (tmp_path / "sheets").iterdir())
    assert sheet["method"] == "shapley_sampling"
    assert sheet["agreement"]["shapley"] == pytest.approx(1.0, abs=0.05)
    assert call([*asked, "--method", "input_x_gradient"]) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert "the model has no gradients" in printed.err
    assert "loud" not in printed.out


def test_two_versions_are_compared_row_by_row(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a"), write(tmp_path / "b", source=SCORER.replace('own") * 1.0', 'own") * 3.0'))
    assert call(["run", str(before), "--quiet"]) == ExitCode.PASSED
    assert call(["run", str(after), "--quiet", "--baseline", str(tmp_path / "a" / "run")]) == ExitCode.PASSED
    result = AuditResult.model_validate_json((tmp_path / "b" / "run" / "result.json").read_text())
    assert result.comparison is not None
    assert result.comparison.paired
    assert result.comparison.explanations is not None
    changed = tmp_path / "b" / "scorer.py"
    changed.write_text(changed.read_text() + "# changed\n")
    row = pd.read_parquet(tmp_path / "b" / "run" / "attributions.parquet")["row_id"][0]
    told = call(["explain", str(tmp_path / "b" / "run"), "--row", row, "--config", str(after)])
    assert told == ExitCode.USAGE  # the model is not that of the run


def test_failed_rows_are_counted_and_enter_no_metric(tmp_path: Path) -> None:
    body = "if (batch['age'] > 60).any(): raise ValueError('too old')\n"
    body += "p = 1 / (1 + np.exp(-(batch['income'] - 36) / 20))\nreturn np.stack([1 - p, p], 1)"
    result = audit.run(configured(tmp_path, function(body)))
    ages = pd.read_csv(tmp_path / "rows.csv")["age"]
    assert result.data.failures == {"function_failed": int((ages > 60).sum())}
    assert "failed_function_failed" in {note.code for note in result.notes}
    assert re.search("the function raised an error for the row", (tmp_path / "run" / "report.html").read_text())


def test_a_service_that_goes_down_leaves_nothing_to_audit_and_says_why(tmp_path: Path) -> None:
    body = "SEEN.append(n)\nif len(SEEN) > 20: raise OSError('down')\np = 1 / (1 + np.exp(-batch['age'] / 40))\n"
    source = "SEEN = []\n" + function(body + "return np.stack([1 - p, p], 1)")
    with pytest.raises(ModelError, match="no decision about any row succeeded; why: 'function_failed'"):
        audit.run(configured(tmp_path, source))


def test_texts_are_explained_by_words(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    source = """
import numpy as np, pandas as pd
from pathlib import Path
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

rows = pd.read_csv(Path(__file__).with_name("rows.csv"))
model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(rows["note"], rows["house"] == "own")

def predict(texts):
    return model.predict_proba(texts)
"""
    config = configured(tmp_path, source, "input", path="rows.csv")
    result = audit.run(config)
    assert result.explanations is not None
    assert result.explanations.baseline == "deleted"
    strongest = max((item for item in result.explanations.words if item.attribute is None), key=lambda item: item.mean)
    assert strongest.word in {"rents", "familys", "owns"}

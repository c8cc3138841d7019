"""The data audit as a stage of an audit: in the result, in the report, and not in what is for the public."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import audit
from audit.config import load_config
from audit.disclosure.public import made_public
from audit.pipeline.data_audit import data_audit
from audit.report.data_looks import lead
from audit.report.documents import Telling
from audit.report.wording import Catalogue
from audit.report.write import write_documents
from audit.result import AuditResult
from audit.store.runfolder import RunFolder
from tests.conftest import shared
from tests.data_audit.data import check, table

CONFIG = """
data: {path: rows.csv, columns: {input: text, label: label, score: score}, positive_label: "yes"}
attributes: [group]
output: {folder: run}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    frame, rng = table(400), np.random.default_rng(0)
    frame["score"] = np.clip(np.where(frame["label"] == "yes", 0.8, 0.2) + rng.normal(0, 0.2, 400), 0, 1)
    frame.loc[frame["group"] == "b", "label"] = "yes"
    frame.to_csv(tmp_path / "rows.csv", index=False)
    path = tmp_path / "audit.yaml"
    path.write_text(CONFIG)
    return path


def test_it_is_done_where_it_is_asked_for(config: Path) -> None:
    assert audit.run(str(config)).data_audit is None
    assert 'id="data_audit"' not in (config.parent / "run" / "report.html").read_text()
    config.write_text(CONFIG + "data_audit: {}\n")
    result = audit.run(str(config), overwrite=True)
    assert result.data_audit == data_audit(load_config(config))
    assert "data_audit" in result.timings.seconds
    page = (config.parent / "run" / "report.html").read_text()
    assert 'id="data_audit"' in page
    assert "the label yes is given to" in page
    assert AuditResult.model_validate_json((config.parent / "run" / "result.json").read_text()) == result


def test_it_tells_how_many_files_there_are(config: Path) -> None:
    alone = data_audit(load_config(config))
    rows = (config.parent / "rows.csv").read_text().splitlines(keepends=True)
    (config.parent / "rows").mkdir()
    for number, part in enumerate((rows[1:200], rows[200:])):
        (config.parent / "rows" / f"{number}.csv").write_text("".join([rows[0], *part]))
    config.write_text(CONFIG.replace("rows.csv", "rows"))
    found = data_audit(load_config(config))
    assert found == alone.model_copy(update={"files": 2})
    t = Catalogue("en")
    assert "The table is made of 2 files." in lead(found, t)
    assert "made of" not in lead(alone, t)


def test_the_public_is_told_that_it_is_left_out(config: Path) -> None:
    config.write_text(CONFIG + "data_audit: {columns: [town]}\n")
    result = audit.run(str(config))
    public = made_public(result)
    assert public.data_audit is None
    assert "data_audit" in public.publication.left_out
    folder = RunFolder(config.parent / "run")
    write_documents(Telling(folder, result, audience="public"))


def test_compas() -> None:
    """Figures by pandas: 7,214 defendants, 307 without days between arrest and screening."""
    path = shared("data", "compas-scores-two-years.csv")
    config = audit.AuditConfig.model_validate(
        {
            "data": {"path": path, "columns": {"label": "two_year_recid", "prediction": "is_recid", "id": "id"}},
            "attributes": ["sex", "race"],
            "data_audit": {"columns": ["days_b_screening_arrest"]},
        }
    )
    found = data_audit(config)
    days = check(found, "missing", "days_b_screening_arrest")
    assert (days.overall.n, days.overall.hits) == (7214, 307)
    assert {one.group: round(one.value, 4) for one in days.by_label.groups} == {"0": 0.0636, "1": 0.0169}
    sex = next(part for part in days.by_attribute if part.attribute == "sex")
    assert {one.group: (one.n, one.hits) for one in sex.groups} == {"Female": (1395, 67), "Male": (5819, 240)}
    assert sex.p_value == pytest.approx(0.268, abs=0.02)  # Fisher's


def test_hatecheck() -> None:
    """719 test cases have a near duplicate, as a loop over all pairs finds; 292 name no group."""
    path = shared("data", "hatecheck_test_suite_cases.csv")
    columns = {"input": "test_case", "label": "label_gold", "prediction": "label_gold", "id": "case_id"}
    config = audit.AuditConfig.model_validate(
        {
            "data": {"path": path, "columns": columns, "positive_label": "hateful"},
            "attributes": ["target_ident"],
            "data_audit": {},
        }
    )
    found = data_audit(config)
    assert check(found, "near_duplicate").overall.hits == 719
    assert check(found, "near_contradiction").overall.hits == 2
    assert check(found, "missing", "target_ident").overall.hits == 292
    words = next(proxy for proxy in found.proxies if proxy.column is None)
    assert min(group.lower for group in words.groups) > 0.9

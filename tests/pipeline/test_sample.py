"""The embedded sample: what is planted is found, and what is not planted is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

import audit
from audit.config import load_config

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(scope="module")
def applicants() -> object:
    sys.path.insert(0, str(SAMPLE))
    try:
        import applicants
    finally:
        sys.path.remove(str(SAMPLE))
    return applicants


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> audit.AuditResult:
    folder = tmp_path_factory.mktemp("sample") / "run"
    # What is found is found by comparing decisions: nothing that asks the model again takes part in it.
    config = load_config(
        SAMPLE / "audit.yaml", ("explanations.sample=6", "explanations.most_flagged=2", "gaps.sample=0")
    )
    others = dict.fromkeys(("exchange", "data_audit", "probes", "deployment", "remedies", "scorecard"))
    output = config.output.model_copy(update={"folder": folder})
    return audit.run(config.model_copy(update={**others, "output": output}))


def test_the_planted_gaps_are_what_the_audit_finds(result: audit.AuditResult) -> None:
    found = {(tuple(f.attributes), f.metric): f for f in result.clear_gaps.items}
    gender = found[("gender",), "true_positive_rate"]
    assert (gender.low_group, gender.high_group) == (["female"], ["male"])
    ethnicity = found[("ethnicity",), "true_positive_rate"]
    assert ethnicity.high_group == ["White"]
    assert ethnicity.low_group[0] in {"Black or African American", "Hispanic or Latino"}
    age = found[("age",), "true_positive_rate"]
    assert age.low_group == ["≥50"]


def test_its_table_is_as_the_datasheet_says() -> None:
    rows = pd.read_csv(SAMPLE / "applications.csv", keep_default_na=False)
    assert list(rows.columns) == [
        "application_id", "statement", "gender", "ethnicity", "age", "experience_years", "shortlisted", "split"
    ]  # fmt: skip
    assert rows["split"].value_counts().to_dict() == {"train": 6000, "test": 3000}
    assert rows["application_id"].is_unique
    assert rows["statement"].nunique() > 8900


def test_committed_rows_are_those_of_the_script(applicants: object) -> None:
    rows = pd.read_csv(SAMPLE / "applications.csv", keep_default_na=False)
    made = applicants.make_applicants(3000, 2026, "test", 6001)
    test = rows[rows["split"] == "test"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        test[made.columns.intersection(test.columns)], made[made.columns.intersection(test.columns)], check_dtype=False
    )
    fair = applicants.judge(made, applicants.Planting(), 2027)
    assert fair.tolist() == test["shortlisted"].tolist()


def test_a_planted_cue_lowers_exactly_those_who_write_it(applicants: object) -> None:
    rows = applicants.make_applicants(4000, 3)
    fair = applicants.judge(rows, applicants.Planting(), 5) == "yes"
    biased = applicants.judge(rows, applicants.Planting({"language": 3.0}), 5) == "yes"
    wrote = rows["cue_language"]
    assert (fair[~wrote] == biased[~wrote]).all()
    assert biased[wrote].mean() < fair[wrote].mean() - 0.2


def test_another_seed_writes_other_people(applicants: object) -> None:
    one, two = (applicants.make_applicants(50, seed)["statement"].tolist() for seed in (1, 2))
    assert not set(one) & set(two)
    assert applicants.make_applicants(50, 1)["statement"].tolist() == one


def test_unknown_cues_are_refused(applicants: object) -> None:
    with pytest.raises(SystemExit, match="unknown cue 'height'; known cues: care_gap"):
        applicants.Planting.parse(["height:2"])
    assert applicants.Planting.parse(["none"]).penalties == {}

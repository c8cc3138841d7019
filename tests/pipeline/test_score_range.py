"""Scores that are no probabilities: they rank and are cut at a threshold, and nothing takes them for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import audit
from audit.errors import ConfigError, DataError
from audit.pipeline.verify import verify
from audit.store.runfolder import RunFolder
from tests.conftest import shared


def frame(seed: int = 3, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    decile = np.clip(rng.integers(1, 8, n) + 3 * y, 1, 10)
    return pd.DataFrame({"y": y, "decile": decile, "g": rng.choice(["a", "b"], n)})


def config(folder: Path, data: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    data.to_csv(folder / "d.csv", index=False)
    given = {"score_range": [1, 10], "threshold": 5, "positive_label": "1"} | changes
    return {
        "data": {"path": str(folder / "d.csv"), "columns": {"label": "y", "score": "decile"}, **given},
        "attributes": ["g"],
        "output": {"folder": str(folder / "run")},
    }


def test_rates_follow_the_threshold_and_ranking_the_scores(tmp_path: Path) -> None:
    data = frame()
    result = audit.run(config(tmp_path, data))
    found = {(value.metric, *value.group): value.value for value in result.metrics}
    for group, rows in data.groupby("g"):
        assert found["selection_rate", group] == pytest.approx((rows["decile"] >= 5).mean())
        assert found["auc", group] == pytest.approx(roc_auc_score(rows["y"], rows["decile"]))
    assert not {name for name, *_ in found} & {"log_loss", "mean_prediction", "mean_squared_error"}
    (note,) = [note for note in result.notes if note.code == "scores_no_probabilities"]
    assert (note.params["low"], note.params["high"]) == (1, 10)
    report = next(report for report in result.scores if report.attributes == ["g"])
    assert report.score_range == (1, 10)
    assert all(group.calibration == [] and group.calibration_error is None for group in report.groups)
    at = report.thresholds.index(5.5)
    share = [(rows["decile"] >= 5.5).mean() for _, rows in data.groupby("g")]
    assert report.demographic_parity_difference[at] == pytest.approx(abs(share[0] - share[1]))
    assert (tmp_path / "run" / "report.html").exists()


def test_its_numbers_follow_from_the_decisions(tmp_path: Path) -> None:
    audit.run(config(tmp_path, frame()))
    assert verify(RunFolder(tmp_path / "run")).wrong == []


@pytest.mark.parametrize("threshold", [1, 2, 5, 9, 10])
@pytest.mark.parametrize(("low", "high"), [(1, 10), (0, 100), (-3.3, 10.1)])
def test_a_score_at_the_threshold_is_positive(tmp_path: Path, threshold: int, low: float, high: float) -> None:
    data = frame(n=60)
    result = audit.run(config(tmp_path, data, score_range=[low, high], threshold=threshold))
    (value,) = [v.value for v in result.metrics if v.metric == "selection_rate" and not v.attributes]
    assert value == pytest.approx((data["decile"] >= threshold).mean())


@pytest.mark.parametrize("metric", ["log_loss", "mean_prediction", "mean_squared_error"])
def test_what_needs_probabilities_is_refused(tmp_path: Path, metric: str) -> None:
    with pytest.raises(ConfigError, match=rf"{metric}.* needs probabilities: data.score_range"):
        audit.run(config(tmp_path, frame()) | {"metrics": [metric]})


def test_scores_outside_the_range(tmp_path: Path) -> None:
    data = frame()
    data.loc[4, "decile"] = 11
    with pytest.raises(DataError, match=r"column 'decile', row 5: 11\.0 is not a score from 1 to 10"):
        audit.run(config(tmp_path, data))
    with pytest.raises(DataError, match=r"is not a probability from 0 to 1\n  hint: data\.score_range"):
        audit.run(config(tmp_path, data, score_range=None, threshold=0.5))


#: What ProPublica published, of all ages: the share of those who did not reoffend who were rated medium or high, and of
#: those who did who were rated low.
PUBLISHED = {"African-American": (0.4485, 0.2799), "Caucasian": (0.2345, 0.4772)}


@pytest.mark.parametrize("stored", ["score", "prediction"])
def test_the_file_of_propublica_as_it_is(tmp_path: Path, stored: str) -> None:
    """Deciles cut at 5, or the words Low, Medium and High as predictions of two classes."""
    path = shared("data/compas-scores-two-years.csv")
    source = pd.read_csv(path)  # pandas calls the second of two columns of one name decile_score.1
    names = path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    place = {name: names.index(name) + 1 for name in ("decile_score", "score_text", "race", "two_year_recid")}
    how: dict[str, Any] = {"score_range": [1, 10], "threshold": 5}
    if stored == "prediction":
        how = {"prediction_map": {"Low": 0, "Medium": 1, "High": 1}}
    column = place["decile_score" if stored == "score" else "score_text"]
    config = {
        "data": {
            "path": str(path),
            "header": False,
            "skip_rows": 1,
            "columns": {"label": place["two_year_recid"], stored: column},
            "positive_label": 1,
            **how,
        },
        "attributes": [{"column": place["race"], "name": "race"}],
        "output": {"folder": str(tmp_path / "run")},
    }
    result = audit.run(config)
    found = {(value.metric, *value.group): value.value for value in result.metrics}
    rated = source["decile_score"] >= 5 if stored == "score" else source["score_text"] != "Low"
    for race, rows in source.groupby("race"):
        high, again = rated[rows.index], rows["two_year_recid"] == 1
        assert found["false_positive_rate", race] == pytest.approx((high & ~again).sum() / (~again).sum())
        assert found["false_negative_rate", race] == pytest.approx((~high & again).sum() / again.sum())
        if stored == "score" and race in PUBLISHED:
            assert found["auc", race] == pytest.approx(roc_auc_score(again, rows["decile_score"]))
    for race, (fpr, fnr) in PUBLISHED.items():
        assert found["false_positive_rate", race] == pytest.approx(fpr, abs=5e-5)
        assert found["false_negative_rate", race] == pytest.approx(fnr, abs=5e-5)


def test_a_column_that_stands_twice_is_told_with_its_places(tmp_path: Path) -> None:
    columns = {"label": "two_year_recid", "score": "decile_score"}
    config = {
        "data": {
            "path": str(shared("data/compas-scores-two-years.csv")), "columns": columns, "positive_label": 1,
            "score_range": [1, 10], "threshold": 5,
        },
        "attributes": ["race"],
        "output": {"folder": str(tmp_path / "run")},
    }  # fmt: skip
    with pytest.raises(DataError, match=r"column 'decile_score' occurs more than once \(columns 12 and 40\)\n  hint"):
        audit.run(config)


def test_a_threshold_beyond_probabilities_asks_for_the_range(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"threshold: 5 is not from 0 to 1; .* `score_range: \[lowest, highest\]`"):
        audit.run(config(tmp_path, frame(), score_range=None))

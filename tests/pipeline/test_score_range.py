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


def test_compas(tmp_path: Path) -> None:
    """ProPublica: 44.85 % of black and 23.45 % of white defendants who did not reoffend were rated medium or high."""
    source = pd.read_csv(shared("data/compas-scores-two-years.csv"))
    kept = source[source["race"].isin(["African-American", "Caucasian"])]
    data = pd.DataFrame({"y": kept["two_year_recid"], "decile": kept["decile_score"], "g": kept["race"]})
    result = audit.run(config(tmp_path, data))
    rates = {
        value.group[0]: value.value for value in result.metrics if value.metric == "false_positive_rate" and value.group
    }
    assert rates["African-American"] == pytest.approx(0.4485, abs=5e-5)
    assert rates["Caucasian"] == pytest.approx(0.2345, abs=5e-5)

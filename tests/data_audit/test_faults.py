"""Planted faults are found, where they are and as large as they are; and nothing is found where nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.errors import AuditError
from tests.data_audit.data import check, codes, looked, of_group, table


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    found = looked(tmp_path, table(), {"reference": {"group": {"a": 0.667, "b": 0.333}}})
    assert not codes(found)
    assert found.complete == ["text", "label", "group", "height", "town"]
    assert {note.code for note in found.notes} == {"data_no_training", "data_no_label_errors"}


def test_shares_that_are_not_those_of_the_reference(tmp_path: Path) -> None:
    frame = table()
    found = looked(tmp_path, frame, {"reference": {"group": {"a": 0.5, "b": 0.4, "c": 0.1}}})
    part = found.representation[0]
    assert codes(found) == {"over_represented"}
    assert [one.group for one in part.groups] == ["a", "b", "c"]
    assert [one.n for one in part.groups] == [*frame["group"].value_counts()[["a", "b"]], 0]
    assert part.groups[2].share == 0.0
    assert part.groups[2].upper < 0.1


def test_rows_of_groups_without_a_reference_are_left_out_and_told(tmp_path: Path) -> None:
    frame = table()
    frame.loc[:9, "group"] = None
    frame.loc[10:14, "group"] = "c"
    part = looked(tmp_path, frame, {"reference": {"group": {"a": 0.667, "b": 0.333}}}).representation[0]
    assert part.others == {"c": 5, "(missing)": 10}
    assert sum(one.n for one in part.groups) == 585


def test_labels_that_go_with_the_group(tmp_path: Path) -> None:
    frame = table()
    frame.loc[frame["group"] == "b", "label"] = "yes"
    found = looked(tmp_path, frame)
    rates = check(found, "label").by_attribute[0]
    assert codes(found) == {"base_rate"}
    assert {one.group: one.value for one in rates.groups}["b"] == 1.0
    assert found.findings[0].params["high"] == "b"


def test_what_is_missing_with_the_group_and_with_the_label(tmp_path: Path) -> None:
    frame, rng = table(), np.random.default_rng(0)
    frame.loc[(frame["group"] == "b") & (rng.random(600) < 0.3), "height"] = None
    frame.loc[(frame["label"] == "no") & (rng.random(600) < 0.3), "town"] = None
    found = looked(tmp_path, frame)
    assert codes(found) == {"missing_with_group", "missing_with_label"}
    height = check(found, "missing", "height")
    assert height.overall.hits == frame["height"].isna().sum()
    assert of_group(height.by_attribute[0], "a") == 0
    assert height.by_label.corrected_p_value > 0.05
    town = check(found, "missing", "town")
    assert {one.group: one.hits for one in town.by_label.groups} == {"no": frame["town"].isna().sum(), "yes": 0}


def test_copies(tmp_path: Path) -> None:
    frame = table(100)
    frame.loc[1, ["text", "label"]] = frame.loc[0, ["text", "label"]]
    frame.loc[3, "text"] = frame.loc[2, "text"]
    frame.loc[[2, 3], "label"] = ["yes", "no"]
    frame.loc[5, "text"] = frame.loc[4, "text"] + "!"
    found = looked(tmp_path, frame)
    assert check(found, "duplicate").overall.hits == 4
    assert check(found, "contradiction").overall.hits == 2
    assert check(found, "near_duplicate").overall.hits == 2
    assert found.duplicates.sets == 2
    by_group = check(found, "duplicate").by_attribute[0]
    assert {one.group: one.hits for one in by_group.groups} == {
        group: (frame["group"][:4] == group).sum() for group in ("a", "b")
    }


def test_rows_of_training(tmp_path: Path) -> None:
    frame, known = table(100), table(300, seed=1)[["text", "label"]].rename(columns={"label": "split"})
    known["split"] = "train"
    frame.loc[:9, "text"] = known["text"][:10].to_numpy()
    frame.loc[10:12, "text"] = known["text"][10:13].to_numpy() + "?"
    known.loc[20:29, "split"] = "dev"
    frame.loc[20:29, "text"] = known["text"][20:30].to_numpy()
    known.to_csv(tmp_path / "train.csv", index=False)
    found = looked(tmp_path, frame, {"training": "train.csv", "training_where": {"split": "train"}})
    assert check(found, "in_training").overall.hits == 10
    assert check(found, "near_training").overall.hits == 3
    assert (found.duplicates.training, found.duplicates.training_rows) == ("train.csv", 290)
    assert {"in_training", "near_training"} <= codes(found)


def test_empty_long_and_personal_texts(tmp_path: Path) -> None:
    frame = table(200)
    frame.loc[:3, "text"] = " "
    frame.loc[4:9, "text"] = frame.loc[4:9, "text"] + " and so on" * 50
    frame.loc[10, "text"] += " write to jane.doe@example.org"
    found = looked(tmp_path, frame, {"longest": 300})
    assert check(found, "empty").overall.hits == 4
    assert check(found, "duplicate").overall.hits == 0
    assert check(found, "too_long").overall.hits == 6
    assert (found.too_long.limit, found.too_long.unit, found.too_long.source) == (300, "characters", "configured")
    assert check(found, "personal", "email").overall.hits == 1
    assert "jane" not in found.model_dump_json()


def test_annotators_who_disagree_about_one_group(tmp_path: Path) -> None:
    frame, rng = table(), np.random.default_rng(2)
    for name in ("one", "two"):
        wrong = rng.random(600) < np.where(frame["group"] == "b", 0.3, 0.02)
        frame[name] = np.where(wrong, np.where(frame["label"] == "yes", "no", "yes"), frame["label"])
    frame.loc[:4, "two"] = None
    found = looked(tmp_path, frame, {"annotators": ["one", "two"]})
    differing = (frame["one"] != frame["two"]) & frame["two"].notna()
    disagreement = check(found, "disagreement")
    assert (disagreement.overall.n, disagreement.overall.hits) == (595, differing.sum())
    alphas = {one.group: one for one in found.agreement.by_attribute[0].groups}
    assert alphas["a"].lower > alphas["b"].upper
    assert "differs" in codes(found)


def test_labels_that_stored_scores_speak_against(tmp_path: Path) -> None:
    frame, rng = table(1000), np.random.default_rng(3)
    frame["score"] = np.clip(np.where(frame["label"] == "yes", 0.9, 0.1) + rng.normal(0, 0.03, 1000), 0, 1)
    wrong = (frame["group"] == "b") & (rng.random(1000) < 0.2)
    frame.loc[wrong, "label"] = np.where(frame.loc[wrong, "label"] == "yes", "no", "yes")
    found = looked(tmp_path, frame, columns={"prediction": None, "score": "score"})
    errors = check(found, "likely_label_error")
    # A wrong label whose score is just below the threshold is not suspected.
    assert 0.9 * wrong.sum() < errors.overall.hits == found.label_errors.suspected <= wrong.sum()
    assert of_group(errors.by_attribute[0], "a") == 0
    assert found.label_errors.estimated == pytest.approx(wrong.mean(), abs=0.01)
    assert {"likely_label_error", "differs"} <= codes(found)


def test_columns_and_words_that_tell_the_group(tmp_path: Path) -> None:
    frame, rng = table(), np.random.default_rng(4)
    is_b = frame["group"] == "b"
    frame["height"] = rng.normal(size=600) + 3 * is_b
    frame.loc[is_b & (rng.random(600) < 0.9), "text"] += " knitting"
    found = looked(tmp_path, frame)
    told = {proxy.column: proxy for proxy in found.proxies}
    assert set(told) == {"height", "town", None}
    assert told["height"].groups[0].lower > 0.9
    assert told["town"].groups[0].lower < 0.5 < told["town"].groups[0].upper
    assert told[None].words[0].word == "knitting"
    assert told[None].words[0].rest == 0.0
    assert codes(found) == {"proxy", "proxy_words"}


def test_weights_and_clusters_count(tmp_path: Path) -> None:
    frame = table(60)
    frame["weight"] = [3.0, 1.0] * 30
    plain = looked(tmp_path, frame)
    weighted = looked(tmp_path, frame, columns={"weight": "weight"})
    mine = frame["group"] == "a"
    expected = np.average(frame["label"][mine] == "yes", weights=frame["weight"][mine])
    assert check(weighted, "label").by_attribute[0].groups[0].value == pytest.approx(expected)
    copies = pd.concat([frame.assign(cluster=range(60))] * 5, ignore_index=True)
    clustered = looked(tmp_path, copies, columns={"cluster": "cluster"})
    one, many = (check(found, "label").overall for found in (plain, clustered))
    assert many.n == 5 * one.n
    assert many.upper - many.lower > 0.9 * (one.upper - one.lower)


def test_without_texts_there_are_no_copies_and_it_says_so(tmp_path: Path) -> None:
    found = looked(tmp_path, table(100), columns={"input": None})
    assert found.duplicates is None
    assert found.too_long is None
    assert "data_no_input" in {note.code for note in found.notes}


def test_the_sample_is_bounded_and_told(tmp_path: Path) -> None:
    found = looked(tmp_path, table(300), {"sample": 100})
    assert (found.rows, found.sampled) == (300, 100)
    assert check(found, "near_duplicate").overall.n == 100
    assert check(found, "duplicate").overall.n == 300
    assert "data_sampled" in {note.code for note in found.notes}
    assert found == looked(tmp_path, table(300), {"sample": 100})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reference": {"grup": {"a": 0.5, "b": 0.5}}}, "did you mean 'group'"),
        ({"reference": {"group": {"a": 0.5, "b": 0.4}}}, "add up to 0.9"),
        ({"annotators": ["town"]}, "at least two people"),
        ({"training_where": {"split": "train"}}, "goes with `training`"),
        ({"columns": ["hight"]}, "hight"),
        ({"training": "nowhere.csv"}, "nowhere.csv"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        looked(tmp_path, table(50), settings)

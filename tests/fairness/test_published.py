"""Published tables, reproduced from counts."""

from __future__ import annotations

import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from audit.fairness.compare.stratified import stratified_tests
from tests.conftest import shared
from tests.fairness.helpers import ask, compare_rows, gap, tally, values

# ProPublica 2016, two-year recidivism: TN, FP, FN, TP.
COMPAS = {
    "African-American": (990, 805, 532, 1369),
    "Caucasian": (1139, 349, 461, 505),
    "Hispanic": (318, 87, 129, 103),
    "Asian": (21, 2, 3, 6),
    "Native American": (5, 3, 1, 9),
    "Other": (208, 36, 90, 43),
}
SEX = {"Male": (2072, 994, 1021, 1732), "Female": (609, 288, 195, 303)}


def table(groups: dict[str, tuple[int, int, int, int]]) -> pd.DataFrame:
    cells = [("no", "no"), ("no", "yes"), ("yes", "no"), ("yes", "yes")]
    return pd.DataFrame(
        [
            {"g": group, "y_true": t, "y_pred": p, "count": n}
            for group, numbers in groups.items()
            for (t, p), n in zip(cells, numbers, strict=True)
        ]
    )


QUESTION = ask(["no", "yes"], "yes")


def test_compas_between_two_races() -> None:
    two = {name: COMPAS[name] for name in ("African-American", "Caucasian")}
    done = compare_rows(table(two), ["g"], QUESTION)
    fpr, fnr = values(done, "false_positive_rate"), values(done, "false_negative_rate")
    assert [round(100 * fpr[name], 2) for name in two] == [44.85, 23.45]
    assert [round(100 * fnr[name], 2) for name in two] == [27.99, 47.72]
    # The published directed ratios were taken from rates rounded to two decimals.
    assert round(round(100 * fpr["African-American"], 2) / round(100 * fpr["Caucasian"], 2), 4) == 1.9126
    assert round(round(100 * fnr["Caucasian"], 2) / round(100 * fnr["African-American"], 2), 4) == 1.7049
    assert gap(done, "false_positive_rate", "difference").value == pytest.approx(0.213925, abs=5e-7)
    assert gap(done, "false_positive_rate", "ratio").value == pytest.approx(0.522987, abs=5e-7)
    assert gap(done, "true_positive_rate", "difference").value == pytest.approx(0.197373, abs=5e-7)
    assert gap(done, "selection_rate", "difference").value == pytest.approx(0.240200, abs=5e-7)
    assert gap(done, "selection_rate", "ratio").value == pytest.approx(0.591638, abs=5e-7)
    odds = gap(done, "equalized_odds", "difference")
    assert odds.value == gap(done, "false_positive_rate", "difference").value > 0.1


def test_compas_everybody() -> None:
    for groups in (COMPAS, SEX):
        frame = table(groups).groupby(["y_true", "y_pred"], as_index=False)["count"].sum().assign(g="all")
        done = compare_rows(frame, ["g"], QUESTION)
        assert round(100 * values(done, "false_positive_rate")["all"], 2) == 32.35
        assert round(100 * values(done, "false_negative_rate")["all"], 2) == 37.40


def test_compas_widest_gap_of_all_races_lies_between_tiny_groups() -> None:
    done = compare_rows(table(COMPAS), ["g"], QUESTION)
    widest = gap(done, "true_positive_rate", "difference")
    assert {widest.worst_group[0], widest.best_group[0]} == {"Native American", "Other"}
    assert next(m.n for m in done.metrics if m.metric == "true_positive_rate" and m.group == ["Native American"]) == 10


@pytest.fixture(scope="module")
def compas() -> pd.DataFrame:
    return pd.read_csv(shared("data", "compas-scores-two-years.csv"))


def decided(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "race": frame["race"],
            "sex": frame["sex"],
            "y_true": frame["two_year_recid"].map({0: "no", 1: "yes"}),
            "y_pred": (frame["score_text"] != "Low").map({False: "no", True: "yes"}),
        }
    )


def test_compas_rows_give_the_published_counts(compas: pd.DataFrame) -> None:
    cells = tally(decided(compas), ["race"]).cells.set_index(["group:race", "y_true", "y_pred"])["n"]
    order = [("no", "no"), ("no", "yes"), ("yes", "no"), ("yes", "yes")]
    for race, numbers in COMPAS.items():
        assert tuple(int(cells.get((race, *cell), 0)) for cell in order) == numbers


def test_compas_published_filter_has_undefined_cells(compas: pd.DataFrame) -> None:
    kept = compas[
        compas["days_b_screening_arrest"].between(-30, 30)
        & (compas["is_recid"] != -1)
        & (compas["c_charge_degree"] != "O")
        & (compas["score_text"] != "N/A")
    ]
    assert len(kept) == 6172
    done = compare_rows(decided(kept), ["sex", "race"], QUESTION)
    fpr = {tuple(m.group): (m.value, m.note) for m in done.metrics if m.metric == "false_positive_rate"}
    precision = {tuple(m.group): (m.value, m.note) for m in done.metrics if m.metric == "precision"}
    assert fpr["Female", "Native American"] == (None, "no_negatives")
    assert precision["Female", "Asian"] == (None, "no_predicted_positives")
    widest = gap(done, "false_positive_rate", "difference")
    assert ["Female", "Native American"] not in (widest.worst_group, widest.best_group)
    assert widest.undefined == 1


# Berkeley 1973, Bickel et al.: admitted, rejected, by department.
BERKELEY = {
    "Male": [(512, 313), (353, 207), (120, 205), (138, 279), (53, 138), (22, 351)],
    "Female": [(89, 19), (17, 8), (202, 391), (131, 244), (94, 299), (24, 317)],
}


def berkeley() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"gender": gender, "dept": dept, "y_true": None, "y_pred": label, "count": n}
            for gender, departments in BERKELEY.items()
            for dept, numbers in zip("ABCDEF", departments, strict=True)
            for label, n in zip(("Admitted", "Rejected"), numbers, strict=True)
        ]
    )


def test_berkeley_pooled_and_stratified() -> None:
    question = ask(["Admitted", "Rejected"], "Admitted", labelled=False)
    done = compare_rows(berkeley(), ["gender"], question, controls=["dept"])
    assert [m.n for m in done.metrics if not m.stratum] == [1835, 2691]
    assert gap(done, "selection_rate", "difference").value == pytest.approx(0.141645, abs=5e-7)
    assert gap(done, "selection_rate", "ratio").value == pytest.approx(0.681830, abs=5e-7)
    ratios = {d: gap(done, "selection_rate", "ratio", {"dept": d}) for d in "ABCDEF"}
    assert [d for d, ratio in ratios.items() if ratio.value < 0.8] == ["A"]
    assert ratios["A"].value == pytest.approx(0.7531, abs=5e-5)
    assert ratios["A"].worst_group == ["Male"]


def test_berkeley_mantel_haenszel() -> None:
    cells = tally(berkeley(), ["gender"], ["dept"])
    question = ask(["Admitted", "Rejected"], "Admitted", labelled=False)
    slicing = compare_rows(berkeley(), ["gender"], question, controls=["dept"]).slicing
    (test,) = stratified_tests(cells, slicing, "Admitted")
    assert (test.group, test.reference, test.strata) == (["Female"], ["Male"], 6)
    assert 1 / test.odds_ratio == pytest.approx(0.904697, abs=5e-7)
    assert test.statistic == pytest.approx(1.5246, abs=5e-5)
    assert test.p_value == pytest.approx(0.2169, abs=5e-5)
    assert test.corrected_statistic == pytest.approx(1.4269, abs=5e-5)
    assert test.corrected_p_value == pytest.approx(0.2323, abs=5e-5)
    reference = StratifiedTable(
        [[[f[0], f[1]], [m[0], m[1]]] for f, m in zip(BERKELEY["Female"], BERKELEY["Male"], strict=True)]
    )
    assert test.odds_ratio == pytest.approx(reference.oddsratio_pooled)


def test_hand_checkable_table() -> None:
    frame = pd.DataFrame(
        {
            "g": ["Female"] * 5 + ["Male"] * 5,
            "y_true": list("1111100110"),
            "y_pred": list("0111100011"),
        }
    )
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1"))
    assert values(done, "selection_rate") == {"Female": 0.8, "Male": 0.4}
    assert gap(done, "selection_rate", "difference").value == pytest.approx(0.4)
    assert gap(done, "selection_rate", "ratio").value == pytest.approx(0.5)
    assert values(done, "accuracy") == {"Female": 0.8, "Male": 0.6}


def test_a_published_ll144_audit_has_no_ratio_above_one() -> None:
    audited = {
        "Asian F": (616, 309), "Asian M": (696, 344), "Black F": (752, 385), "Black M": (532, 277),
        "Hispanic F": (680, 370), "Hispanic M": (644, 297), "White F": (780, 360), "White M": (760, 388),
    }  # fmt: skip
    printed = {
        "Asian F": 0.92,
        "Asian M": 0.91,
        "Black F": 0.94,
        "Black M": 0.96,
        "Hispanic F": 1.0,
        "Hispanic M": 0.85,
    }
    printed |= {"White F": 0.85, "White M": 0.94}
    frame = pd.DataFrame(
        [
            {"g": group, "y_true": None, "y_pred": label, "count": n}
            for group, (total, above) in audited.items()
            for label, n in (("above", above), ("below", total - above))
        ]
    )
    done = compare_rows(frame, ["g"], ask(["above", "below"], "above", labelled=False))
    rates = values(done, "selection_rate")
    for group, ratio in printed.items():
        assert rates[group] / max(rates.values()) == pytest.approx(ratio, abs=0.006)
    assert gap(done, "selection_rate", "ratio").value == pytest.approx(0.848, abs=5e-4)

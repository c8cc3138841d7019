"""New York City's Local Law 144: a published audit again, down to its tables, and a real case against pandas."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.result import AuditResult
from tests.conftest import shared

# Assessed, above the median, and the impact ratio as it was printed.
PUBLISHED = {
    ("sex",): {("Female",): (2828, 1424, 1.00), ("Male",): (2632, 1306, 0.99)},
    ("race",): {
        ("Asian",): (1312, 653, 0.97), ("Black",): (1284, 662, 1.00), ("Hispanic",): (1324, 667, 0.98),
        ("White",): (1540, 748, 0.94),
    },
    ("sex", "race"): {
        ("Female", "Asian"): (616, 309, 0.92), ("Male", "Asian"): (696, 344, 0.91),
        ("Female", "Black"): (752, 385, 0.94), ("Male", "Black"): (532, 277, 0.96),
        ("Female", "Hispanic"): (680, 370, 1.00), ("Male", "Hispanic"): (644, 297, 0.85),
        ("Female", "White"): (780, 360, 0.85), ("Male", "White"): (760, 388, 0.94),
    },
}  # fmt: skip


def published_rows() -> pd.DataFrame:
    """Half of all score 60 and half 40, so that the median, 50, is nobody's score."""
    return pd.DataFrame(
        [
            {"sex": sex, "race": race, "score": score, "n": n}
            for (sex, race), (total, above, _) in PUBLISHED["sex", "race"].items()
            for score, n in ((60, above), (40, total - above))
        ]
    )


def audited(frame: pd.DataFrame, folder: Path, threshold: float | str = "median", **more: Any) -> AuditResult:
    frame.to_csv(folder / "rows.csv", index=False)
    data: dict[str, Any] = {"path": str(folder / "rows.csv"), "columns": {"score": "score"}, "positive_label": "above"}
    data["columns"] |= {"count": "n"} if "n" in frame else {}
    config: dict[str, Any] = {
        "data": data | {"score_range": [0, 100], "threshold": threshold},
        "attributes": ["sex", "race"],
        "crossings": [["sex", "race"]],
        "metrics": ["selection_rate"],
        "policy": {"presets": ["ll144"]},
        "output": {"folder": str(folder / "run")},
    }
    return audit.run(config | more, overwrite=True)


def test_a_published_audit_comes_out_as_it_was_printed(tmp_path: Path) -> None:
    result = audited(published_rows(), tmp_path)
    assert result.data.median_score == pytest.approx(50)
    assert result.data.predictions["above"] == result.data.decisions / 2 == 2730
    found = {
        tuple(table.attributes): {
            tuple(row.group): (row.n, row.selected, round(row.impact_ratio or 0, 2)) for row in table.groups
        }
        for table in result.impact_ratios
    }
    assert found == PUBLISHED
    assert [table.unknown for table in result.impact_ratios] == [0, 0, 0]
    # The preset asks of the crossing too, and its ratio is the smallest of the table.
    assert result.judgement is not None
    ratios = {tuple(rule.attributes): rule.value for rule in result.judgement.rules}
    for table in result.impact_ratios:
        assert ratios[tuple(table.attributes)] == pytest.approx(min(row.impact_ratio or 0 for row in table.groups))


def section(folder: Path, code: str) -> str:
    page = (folder / "run" / "report.html").read_text(encoding="utf-8")
    return page.partition(f'<section id="{code}"')[2].partition("</section>")[0]


def rows_of(part: str) -> list[list[str]]:
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", part, re.S)]
    return [[html.unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in row] for row in cells]


def test_the_report_has_the_tables_and_the_words_that_the_rules_ask_for(tmp_path: Path) -> None:
    documentation = {"distribution_date": "2026-01-31", "data_source": "Applicants of <2025>"}
    audited(published_rows(), tmp_path, documentation=documentation)
    part = section(tmp_path, "bias_audit")
    rows = rows_of(part)
    for categories in PUBLISHED.values():
        for group, (n, above, ratio) in categories.items():
            cells = [*group, f"{n:,}", f"{above:,}", f"{100 * above / n:.1f}\u00a0%", f"{ratio:.2f}"]
            assert rows.count(cells) == 1
    words = html.unescape(re.sub("<[^>]*>", "", part))
    for said in (
        "sets no pass mark", "2026-01-31", "Applicants of <2025>", "strictly above 50, the median of the full sample",
        "Nobody is of unknown category", "Scoring rate", "No category.",
    ):  # fmt: skip
        assert said in words


def test_what_is_left_out_or_not_said_stands_in_the_report(tmp_path: Path) -> None:
    more = pd.DataFrame(
        [("Female", "Native", 60, 40), ("Male", "Native", 40, 40), (None, "Asian", 40, 7)],
        columns=["sex", "race", "score", "n"],
    )
    reason = "Eighty are too few <here>."
    documentation = {"excluded_categories_justification": reason}
    audited(pd.concat([published_rows(), more]), tmp_path, documentation=documentation, crossings=[])
    part = section(tmp_path, "bias_audit")
    assert ["Native", "80", "40", "50.0\u00a0%", "left out: under 2 % of the data"] in rows_of(part)
    words = html.unescape(re.sub("<[^>]*>", "", part))
    assert reason in words
    assert "being of unknown category: 7 ((missing): 7)" in words
    assert "Needs your words: documentation.distribution_date" in words
    assert "declare it in `crossings`" in words


def test_nobody_who_did_not_ask_gets_the_section(tmp_path: Path) -> None:
    audited(published_rows(), tmp_path, policy={})
    assert not section(tmp_path, "bias_audit")


def test_who_is_of_no_known_category_is_counted_and_enters_no_rate(tmp_path: Path) -> None:
    more = [("Female", None, 100, 7), (None, "Asian", 100, 5), (None, None, 0, 3), ("Other", "White", 100, 2)]
    frame = pd.concat([published_rows(), pd.DataFrame(more, columns=["sex", "race", "score", "n"])])
    result = audited(frame, tmp_path, attributes=[{"column": "sex", "outside_gaps": ["Other"]}, "race"])
    unknown = {tuple(table.attributes): table.unknown for table in result.impact_ratios}
    assert unknown == {("sex",): 5 + 3 + 2, ("race",): 7 + 3, ("sex", "race"): 7 + 5 + 3 + 2}
    for table in result.impact_ratios:
        for row in table.groups:
            if row.standing == "unknown":
                assert row.impact_ratio is None
            else:
                assert row.n > 500
        assert table.highest == max(row.rate or 0 for row in table.groups if row.standing == "compared")
        assert (table.highest or 0) < 0.6


@pytest.mark.parametrize("reason", ["", "too few to say anything of"])
def test_small_categories_are_left_out_with_a_reason_and_only_then(reason: str, tmp_path: Path) -> None:
    more = pd.DataFrame(
        [("Female", "Native", 60, 90), ("Male", "Native", 40, 10)], columns=["sex", "race", "score", "n"]
    )
    documentation = {"excluded_categories_justification": reason}
    result = audited(pd.concat([published_rows(), more]), tmp_path, 50, documentation=documentation)
    table = next(table for table in result.impact_ratios if table.attributes == ["race"])
    native = next(row for row in table.groups if row.group == ["Native"])
    assert (native.n, native.selected, native.rate) == (100, 90, 0.9)
    assert native.share == pytest.approx(100 / 5560)
    assert (native.standing, native.impact_ratio) == (("excluded", None) if reason else ("compared", 1.0))
    assert table.highest == pytest.approx(662 / 1284 if reason else 0.9)
    assert result.judgement is not None
    rule = next(rule for rule in result.judgement.rules if rule.attributes == ["race"])
    assert rule.value == pytest.approx(min(row.impact_ratio or 9 for row in table.groups))
    assert rule.left_out == (["Native"] if reason else [])


@pytest.mark.parametrize("threshold", [None, "median"])
def test_rankings_by_a_language_model_as_pandas_has_them(threshold: str | None, tmp_path: Path) -> None:
    frame = pd.read_csv(shared("data", "gpt_hiring_rankings.csv.gz")).dropna(subset=["rank"])
    frame = frame.rename(columns={"gender": "sex", "ethnicity": "race"}).assign(score=9 - frame["rank"])
    selected = frame["first"] == "yes"
    data: dict[str, Any] = {"path": str(tmp_path / "rows.csv"), "positive_label": "yes"}
    if threshold is None:
        data["columns"] = {"prediction": "first", "cluster": "ranking"}
    else:
        data |= {"columns": {"score": "score", "cluster": "ranking"}, "score_range": [1, 8], "threshold": threshold}
        selected = frame["score"] > frame["score"].median()
    result = audited(frame, tmp_path, data=data)
    assert 0 < selected.mean() < 0.5
    for table in result.impact_ratios:
        own = selected.groupby([frame[name] for name in table.attributes]).agg(["size", "sum", "mean"])
        assert len(own) == len(table.groups)
        for row in table.groups:
            size, hits, rate = own.loc[tuple(row.group) if len(row.group) > 1 else row.group[0]]
            assert (row.n, row.selected) == (size, hits)
            assert row.rate == pytest.approx(rate)
            assert row.impact_ratio == pytest.approx(rate / own["mean"].max())

"""The robustness probe in an audit: what is asked, what is counted, and what is said of what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit import run
from audit.config import parse_config
from audit.data.examples import Asked, Example, Fields, Words
from audit.errors import ConfigError
from audit.probes.edited import edited
from audit.probes.exchange import Edit
from audit.probes.robustness.probe import Robustness
from audit.probes.variants import ProbedRow
from audit.report.documents import Telling
from audit.report.html import render_html
from audit.store.runfolder import RunFolder

Make = Callable[..., dict[str, Any]]


def probe(robustness: dict[str, Any], **data: Any) -> Robustness:
    config = parse_config(
        {
            "model": {"callable": "own:decide", "classes": ["no", "yes"]}
            if "features" in data
            else {"path": "nowhere"},
            "data": {"path": "rows.csv", "columns": {"input": "text"} | data},
            "attributes": ["g"],
            "probes": {"robustness": robustness},
        }
    )
    assert config.probes is not None
    assert config.probes.robustness is not None
    return Robustness(config, config.probes.robustness)


def row(example: Example, row_id: str = "1") -> ProbedRow:
    return ProbedRow(row_id, example, None, "yes", {})


def test_every_change_is_made_at_every_severity_that_it_has() -> None:
    found = probe({"severities": [1, 3, 5]}).variants(row("These people cannot behave, because they don't organize."))
    made = {(one.transform, one.severity) for one in found if one.version is not None}
    assert {("keyboard", 1), ("keyboard", 3), ("keyboard", 5), ("final_mark_dropped", 1)} <= made
    assert {("spelling_uk", 1), ("spelling_uk", 2), ("expanded", 1)} <= made
    assert ("final_mark_dropped", 3) not in made
    refused = [(one.transform, one.refused) for one in found if one.refused]
    assert refused == [("spelling_us", "no_place"), ("emoji_removed", "no_place")]


def test_a_row_has_the_same_variants_whatever_stands_around_it() -> None:
    text = "Because people thought beautiful neighbourhoods should always remember their immigrants"
    first, again = probe({}).variants(row(text)), probe({"transforms": ["keyboard"]}).variants(row(text))
    assert [one for one in first if one.transform == "keyboard"] == again
    assert again != probe({"transforms": ["keyboard"]}).variants(row(text, "2"))


def test_the_name_that_is_asked_about_stays() -> None:
    words = Words.of(["Yesterday", "people", "visited", "London", "Bridge", "without", "thinking"])
    for position in (3, 4):
        for one in probe({"severities": [5]}).variants(row(Asked(words, position=position))):
            if one.version is not None:
                assert all(
                    edit.end <= words.starts[position] or edit.start >= words.ends[4] for edit in one.version.edits
                )


def test_numbers_move_only_with_a_stated_error() -> None:
    features = {"input": None, "features": {"age": "number", "sex": "category"}}
    asked = probe({"measurement_error": {"age": {"absolute": 2}}}, **features)
    assert asked.transforms == ["measurement_noise", "rounding"]
    changed = [one.version.text for one in asked.variants(row(Fields(("age", "sex"), (41.5, "f")))) if one.version]
    assert {one.values[1] for one in changed if isinstance(one, Fields)} == {"f"}
    assert len({one.values[0] for one in changed if isinstance(one, Fields)}) > 1
    nothing = probe({}, **features).variants(row(Fields(("age",), (41.5,))))
    assert {one.refused for one in nothing} == {"no_error_stated"}


@pytest.mark.parametrize(
    ("robustness", "said"),
    [
        ({"transforms": ["unheard_of"]}, "no transform is called 'unheard_of'"),
        ({"transforms": ["jpeg"]}, "'jpeg' changes nothing in what this model reads"),
        ({"transforms": ["homophone"]}, "'homophone' changes nothing in what this model reads"),
        ({"measurement_error": {"age": {"absolute": 1}}}, "'age' is no number among the features"),
    ],
)
def test_what_cannot_be_changed_is_said(robustness: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        probe(robustness)


def test_an_audit_asks_and_tells(model_case: Make, tmp_path: Path) -> None:
    asked = {"transforms": ["keyboard", "upper_case", "emoji_removed"], "severities": [1, 5]}
    config = model_case(rows=40, probes={"sample": 30, "robustness": asked}, explanations={"which": "none"})
    result = run(config)
    (found,) = result.probes
    assert (found.probe, found.outcome, found.transforms) == ("robustness", "changed", asked["transforms"])
    assert {(item.transform, item.reason): item.n for item in found.refused}["emoji_removed", "no_place"] == 30
    table = pd.read_parquet(tmp_path / "run" / "variants.parquet")
    texts = pd.read_csv(tmp_path / "texts.csv", dtype=str).set_index("id")["text"]
    assert set(table["transform"]) == set(asked["transforms"])
    maker = probe(asked)
    for record in table[table["status"] == "scored"].to_dict("records"):
        text = texts[record["row_id"]]
        edits = [
            Edit(start, end, text[start:end], new)
            for start, end, new in zip(record["starts"], record["ends"], record["replacements"], strict=True)
        ]
        again = [
            one.version.text
            for one in maker.variants(row(text, record["row_id"]))
            if one.version is not None and (one.transform, one.severity) == (record["transform"], record["severity"])
        ]
        assert [edited(text, edits)] == again
    page = render_html(Telling(RunFolder(tmp_path / "run"), result))
    assert "neighbouring key" in page
    assert "there is nothing to change" in page

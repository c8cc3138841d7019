"""Personal data planted into texts, ids and groups of a whole run: where they may be read, and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode
from audit.personal import KINDS, find_personal
from audit.report.documents import FORMATS
from audit.store.tables import read_table
from tests.conftest import make_texts
from tests.report.test_audience import said_in

#: Kind -> a value in texts. Each stands in many rows, so that its words are not hidden for being rare.
IN_TEXTS = {
    "email": "zoelinde.quarzmann@example.org",
    "payment_card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "phone": "+49 89 12345678",
    "national_id": "11010519491231002X",
    "ip_address": "203.0.113.77",
    "coordinates": "52.52437, 13.41053",
}
#: What three rows are called as a group, six as a control, and what a column beside them holds.
GROUP, CONTROL, CELL = "anna.quarz@example.net", "+49 30 87654321", "GB82 WEST 1234 5698 7654 32"
ROWS = 100
#: Documents that name groups and strata, files that hold ids, and those that hold texts.
OF_GROUPS = {"adverse_impact.csv", "disparities.csv", "impact_ratios.csv", "junit.xml", "metrics.csv", "summary.md"}
OF_IDS = {"attributions.parquet", "audit.sarif", "contributions.parquet", "counterfactuals.parquet", "flagged.jsonl"}


def row_id(row: int) -> str:
    return f"ben{row:03d}@example.com"


def planted(place: Path, checkpoint: Path) -> Path:
    """A table full of personal data, and a configuration that asks for all that reads it."""
    place.mkdir(exist_ok=True)
    rng = np.random.default_rng(3)
    texts = [" ".join(text.split()[:8]) for text in make_texts(ROWS)]
    values = list(IN_TEXTS.values())
    group = np.array(["a", "b"])[np.arange(ROWS) % 2]
    told = [values[0] if group[at] == "a" and at % 3 else values[at % len(values)] for at in range(ROWS)]
    frame = pd.DataFrame(
        {
            "id": [row_id(at) for at in range(ROWS)],
            "text": [f"he {value} {text}" for value, text in zip(told, texts, strict=True)],
            "label": rng.choice(["no", "yes"], ROWS),
            "group": group,
            "branch": rng.choice(["north", "south"], ROWS),
            "account": [CELL if at % 4 else "" for at in range(ROWS)],
            "first": rng.choice(["no", "yes"], ROWS),
            "second": rng.choice(["no", "yes"], ROWS),
        }
    )
    frame.loc[:2, "group"] = GROUP
    frame.loc[3:8, "branch"] = CONTROL
    frame.loc[10:13, "text"] = frame.loc[10, "text"]  # the same text four times
    frame.to_csv(place / "rows.csv", index=False)
    frame.sample(50, random_state=1).to_csv(place / "train.csv", index=False)
    (place / "our_checks.py").write_text(
        "def shorter(text):\n    return text.rpartition(' ')[0] or None\n\n"
        "def broken(text):\n    raise ValueError(f'cannot read {text}')\n"
    )
    config: dict[str, Any] = {
        "model": {"path": str(checkpoint)},
        "data": {
            "path": "rows.csv",
            "columns": {"input": "text", "label": "label", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": ["group"],
        "controls": ["branch"],
        "data_audit": {"training": "train.csv", "columns": ["account"], "annotators": ["first", "second"]},
        "probes": {
            "sample": 12,
            "shown": 4,
            "invariance": [{"function": "our_checks:shorter"}],
            "robustness": {"severities": [1]},
            "dialect": {},
            "membership": {"members": "train.csv"},
        },
        "exchange": {"shown": 4},
        "gaps": {"metrics": ["selection_rate"], "sample": 40},
        "deployment": {"decisions_per_year": 1000, "positive_is": "benefit"},
        "scorecard": {},
        "remedies": {},
        "policy": {"presets": ["four-fifths"]},
        "explanations": {"sample": 36, "shown": 6, "most_flagged": 2, "sanity": 0},
        "frameworks": ["eu-ai-act"],
        "output": {"folder": "run"},
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(config))
    return place / "audit.yaml"


def words_of(value: str) -> list[str]:
    """Parts of a value that would tell it."""
    return [word for word in re.split(r"[\s@.,+]+", value) if len(word) > 3 and word != "example"]


def told(value: str, text: str) -> bool:
    """Whether a text holds a value, however it is written; in what is packed as base64 nothing is written."""
    return re.search(rf"(?<![A-Za-z0-9.+/]){re.escape(value)}(?![A-Za-z0-9+/=])", text, re.IGNORECASE) is not None


def found_in(folder: Path) -> dict[str, set[str]]:
    """Kind of what was planted -> files that hold it."""
    files = said_in(folder) | {path.name: str(read_table(path).to_pylist()) for path in folder.glob("*.parquet")}
    looked_for = {kind: [value, *words_of(value)] for kind, value in IN_TEXTS.items()}
    looked_for |= {"group": [GROUP], "control": [CONTROL], "cell": [CELL]}
    holds = {
        kind: {name for name, text in files.items() if any(told(value, text) for value in values)}
        for kind, values in looked_for.items()
    }
    ids = re.compile(r"ben\d{3}@example\.com")
    return holds | {"id": {name for name, text in files.items() if ids.search(text)}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Path:
    place = tmp_path_factory.mktemp("planted")
    planted(place, checkpoints["bert"])
    return place


@pytest.fixture(scope="module")
def run(place: Path) -> tuple[Path, str]:
    """The run folder, and what was printed on the way."""
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert call(["run", str(place / "audit.yaml")]) == ExitCode.PASSED
    return place / "run", said.getvalue()


def test_the_values_are_what_finders_find() -> None:
    assert set(IN_TEXTS) == set(KINDS) - {"other"}
    for kind, value in IN_TEXTS.items():
        assert [item.kind for item in find_personal(f"he {value} she")] == [kind]
    for value in (GROUP, CONTROL, CELL, row_id(7)):
        assert find_personal(value)


def test_inside_a_run_texts_stand_where_texts_are_shown_and_nowhere_else(run: tuple[Path, str]) -> None:
    folder, said = run
    found = found_in(folder)
    for kind in IN_TEXTS:
        # The texts of the decisions that are shown, and the report that shows them.
        assert found[kind] <= {"inputs.parquet", "report.html"}, kind
    assert found["email"] == {"inputs.parquet", "report.html"}
    assert sum(bool(found[kind]) for kind in IN_TEXTS) >= 3, "too little was planted"
    assert found["cell"] == set(), "columns beside the texts are counted, and told nowhere"
    assert OF_GROUPS <= found["group"] <= OF_GROUPS | {"decisions.parquet", "report.html", "result.json"}
    assert found["control"] <= {"decisions.parquet", "disparities.csv", "metrics.csv", "report.html", "result.json"}
    assert found["id"] <= OF_IDS | {"decisions.parquet", "inputs.parquet", "report.html", "result.json",
                                    "variants.parquet"}  # fmt: skip
    assert "decisions" in said, "progress is on"
    assert not find_personal(said)


def test_words_of_personal_data_are_counted_by_their_kind(run: tuple[Path, str]) -> None:
    result = json.loads((run[0] / "result.json").read_text(encoding="utf-8"))
    assert "[e-mail]" in {item["word"] for item in result["explanations"]["words"]}
    telling = [word["word"] for proxy in result["data_audit"]["proxies"] for word in proxy["words"]]
    assert not {"zoelinde", "quarzmann", "example", "org"} & set(telling)


def test_the_public_copy_holds_none_of_it(run: tuple[Path, str], capfd: pytest.CaptureFixture[str]) -> None:
    formats = [word for code in FORMATS if code != "pdf" for word in ("--format", code)]
    assert call(["report", str(run[0]), "--audience", "public", *formats]) == ExitCode.PASSED
    found = found_in(run[0] / "public")
    assert {kind: files for kind, files in found.items() if files} == {}
    assert not find_personal("".join(capfd.readouterr()))


@pytest.mark.parametrize("personal", [False, True])
def test_a_redacted_run_holds_names_of_groups_and_ids_alone(
    personal: bool, run: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run[0], tmp_path / "run", ignore=shutil.ignore_patterns("public"))
    assert call(["redact", str(tmp_path / "run"), *(["--personal"] if personal else [])]) == ExitCode.PASSED
    found = found_in(tmp_path / "run")
    assert {kind for kind, files in found.items() if files} == {"group", "control", "id"}
    assert not find_personal("".join(capfd.readouterr()))


@pytest.mark.parametrize("kind", ["text", "markdown", "json"])
def test_a_look_at_the_data_names_groups_and_nothing_else(
    kind: str, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(["data", str(place / "audit.yaml"), "--format", kind]) == ExitCode.PASSED
    out, err = capfd.readouterr()
    assert GROUP in out
    assert not find_personal(out.replace(GROUP, ""))
    assert not find_personal(err)


def test_a_group_that_everybody_would_read_is_refused_by_its_kind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"y": [0, 1] * 40, "p": [0, 0, 1, 1] * 20, "g": [GROUP, "other"] * 40}).to_csv(
        tmp_path / "rows.csv", index=False
    )
    (tmp_path / "audit.yaml").write_text(
        "data: {path: rows.csv, columns: {label: y, prediction: p}}\nattributes: [g]\noutput: {folder: run}\n"
    )
    assert call(["run", str(tmp_path / "audit.yaml"), "--quiet"]) == ExitCode.PASSED
    capfd.readouterr()
    assert call(["report", str(tmp_path / "run"), "--audience", "public"]) == ExitCode.USAGE
    said = capfd.readouterr().err
    assert "a group of g is called by personal data (e-mail)" in said
    assert not find_personal(said)
    assert not (tmp_path / "run" / "public").exists()


BAD_ROWS = {
    "a label": ({"label": "zoelinde.quarzmann@example.org"}, []),
    "an id that is there twice": ({"id": row_id(1)}, []),
    "a weight": ({"weight": "+49 30 87654321"}, ["--set", "data.columns.weight=weight"]),
    "a time": ({"day": "203.0.113.77"}, ["--set", "data.period={column: day, start: 2026-01-01, end: 2026-02-01}"]),
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_an_error_covers_the_cell_that_it_quotes(
    bad: str, place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cells, more = BAD_ROWS[bad]
    frame = pd.read_csv(place / "rows.csv", dtype=str).assign(weight="1", day="2026-01-02")
    for column, cell in cells.items():
        frame.loc[40, column] = cell
    frame.to_csv(tmp_path / "bad.csv", index=False)
    arguments = ["--set", f"data.path={tmp_path / 'bad.csv'}", "--set", f"output.folder={tmp_path / 'run'}", *more]
    assert call(["run", str(place / "audit.yaml"), *arguments]) == ExitCode.USAGE
    said = capfd.readouterr().err
    # What was wrong, and where, is still told.
    assert "bad.csv" in said
    assert next(iter(cells)) in said
    assert "[" in said
    assert not find_personal(said)


def test_a_failing_function_of_ones_own_and_a_defect_are_told_without_the_text(
    place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ["--set", "probes.invariance=[{function: our_checks:broken}]", "--set", f"output.folder={tmp_path / 'run'}"]
    quick = ["--set", "data_audit=null", "--set", "exchange=null", "--explain", "none"]
    assert call(["run", str(place / "audit.yaml"), *own, *quick]) == ExitCode.USAGE
    said = capfd.readouterr().err
    assert "ValueError: cannot read he [" in said
    assert not find_personal(said)

    def broken(*_: object) -> None:
        raise ValueError(f"cannot read {list(IN_TEXTS.values())}")

    monkeypatch.setattr("audit.pipeline.data_audit.data_audit", broken)
    assert call(["data", str(place / "audit.yaml")]) == ExitCode.CRASHED
    said = capfd.readouterr().err
    assert "ValueError: cannot read [" in said
    assert "[card" in said
    assert not find_personal(said)

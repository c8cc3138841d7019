"""A release holds noisy counts and nothing else of the rows; its noise is drawn once."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import audit
from audit.cli import main
from audit.disclosure.outcomes import outcomes_of
from audit.errors import AuditError, ConfigError, RunFolderError
from audit.pipeline.release import _counted, _domains, release
from audit.report.audience import write_public
from audit.report.documents import FORMATS
from audit.result import AuditResult
from audit.store.releases import RELEASES
from audit.store.runfolder import RunFolder

pytest.importorskip("opendp", reason="fairaudit[dp] draws the noise")


def audited(place: Path, seed: int, rows: int, **more: Any) -> RunFolder:
    rng = np.random.default_rng(seed)
    columns = {"y": rng.integers(0, 2, rows), "p": rng.integers(0, 2, rows), "g": rng.choice(list("abc"), rows)}
    columns |= {"h": rng.choice(["x", "z"], rows), "household": [f"h{at // 5}" for at in range(rows)]}
    place.mkdir()
    pd.DataFrame(columns).to_csv(place / "rows.csv", index=False)
    config = {
        "data": {
            "path": str(place / "rows.csv"),
            "columns": {"label": "y", "prediction": "p", **more.pop("columns", {})},
            "positive_label": "1",
        },
        "attributes": ["g", "h"],
        "crossings": [["g", "h"]],
        "policy": {"presets": ["four-fifths"]},
        "output": {"folder": str(place / "run")},
        **more,
    }
    audit.run(config)
    return RunFolder(place / "run")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return audited(tmp_path_factory.mktemp("first") / "a", 1, 600)


@pytest.fixture
def run(first: RunFolder, tmp_path: Path) -> RunFolder:
    shutil.copytree(first.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def nothing(n: int, scale: float) -> list[int]:
    return [0] * n


def true_counts(run: RunFolder, result: AuditResult) -> list[list[int]]:
    return _counted(run, _domains(result, outcomes_of(result)), 1, "decision")


def test_every_file_is_a_function_of_the_noisy_counts_alone(run: RunFolder, tmp_path: Path) -> None:
    """Other rows, and noise that makes up for it: not one byte may differ."""
    other = audited(tmp_path / "b", 2, 431)
    results = [run.read_result(), other.read_result()]
    before, after = (true_counts(folder, result) for folder, result in zip((run, other), results, strict=True))
    assert before != after
    makes_up: Iterator[list[int]] = iter(
        [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(after, before, strict=True)]
    )
    told = [
        release(run, results[0], 1.0, draw=nothing),
        release(other, results[1], 1.0, draw=lambda n, scale: next(makes_up)),
    ]
    # The day, and how the noise was counted, are no facts about rows.
    told[1] = told[1].model_copy(update={"timings": told[0].timings})
    assert told[0] == told[1]
    formats = [code for code in FORMATS if code not in {"pdf", "xlsx", "intoto"}]
    files: list[dict[str, bytes]] = []
    for number, (folder, public) in enumerate(zip((run, other), told, strict=True)):
        out = tmp_path / f"out{number}"
        write_public(folder.read_result(), out, formats, public=public)
        files.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert files[0] == files[1]
    whole = b"".join(files[0].values()).decode("utf-8", "ignore")
    for result in results:
        assert result.data.sha256 not in whole


def test_noise_is_drawn_once_and_kept_where_nobody_reads_it(run: RunFolder) -> None:
    result = run.read_result()
    one, again = release(run, result, 1.0), release(run, result, 1.0)
    assert one == again
    other = release(run, result, 0.5)
    assert one.publication and one.publication.privacy and other.publication and other.publication.privacy
    assert one.publication.privacy.spent == 1.0
    assert other.publication.privacy.spent == 1.5
    assert other.slicings != one.slicings
    done = CliRunner().invoke(main, ["report", str(run.path), "--audience", "public", "--epsilon", "1.0"])
    assert done.exit_code == 0, done.output
    public = run.path / "public"
    assert RELEASES not in {path.name for path in public.iterdir()}
    assert json.loads((public / "result.json").read_text())["slicings"] == json.loads(one.model_dump_json())["slicings"]
    assert "ε = 1" in (public / "summary.md").read_text(encoding="utf-8")
    page = re.sub(
        r"<(script|style|template).*?</\1>", "", (public / "report.html").read_text(encoding="utf-8"), flags=re.S
    )
    for exact in ("Not judged. This audit", "of 0 gaps", "tested metrics show", "Wilson interval"):
        assert exact not in page
    # A folder with releases is still the folder of its audit.
    run.read_result()


def test_one_budget_over_all_tables(run: RunFolder) -> None:
    for epsilon in (1.0, 0.3, 7.1):
        found = release(run, run.read_result(), epsilon).publication
        assert found is not None and found.privacy is not None
        tables = found.privacy.tables
        assert [table.attributes for table in tables] == [[], ["g"], ["h"], ["g", "h"]]
        assert math.fsum(table.epsilon for table in tables) <= epsilon
        assert all(1 / table.scale <= table.epsilon for table in tables)


def test_without_noise_the_rates_are_those_of_the_audit(run: RunFolder) -> None:
    result = run.read_result()
    told = release(run, result, 1.0, draw=nothing)
    known = {(tuple(v.attributes), tuple(v.group), v.metric, v.cls): v for v in result.metrics if not v.stratum}
    assert len(told.metrics) > 40
    for value in told.metrics:
        true = known[tuple(value.attributes), tuple(value.group), value.metric, value.cls]
        assert (value.n, value.value) == (true.n, pytest.approx(true.value))
    gaps = {(tuple(g.attributes), g.metric, g.cls, g.aggregate): g for g in result.disparities}
    for gap in told.disparities:
        true_gap = gaps[tuple(gap.attributes), gap.metric, gap.cls, gap.aggregate]
        assert gap.value == pytest.approx(true_gap.value)
        assert (gap.worst_group, gap.best_group) == (true_gap.worst_group, true_gap.best_group)


def test_clusters_count_as_often_as_was_said(tmp_path: Path) -> None:
    folder = audited(tmp_path / "c", 4, 200, columns={"cluster": "household"})
    result = folder.read_result()
    with pytest.raises(ConfigError, match="several decisions belong to one cluster"):
        release(folder, result, 1.0)
    told = release(folder, result, 1.0, per_unit=2, draw=nothing)
    assert told.data.decisions == 2 * 40
    assert told.publication and told.publication.privacy
    assert (told.publication.privacy.unit, told.publication.privacy.per_unit) == ("cluster", 2)
    assert told.publication.privacy.tables[0].scale == pytest.approx(2 * 4 / 1.0)


def test_what_cannot_be_released_is_refused(run: RunFolder, table: Callable[..., Path], stored: Any) -> None:
    result = run.read_result()
    for epsilon in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ConfigError, match="more than 0"):
            release(run, result, epsilon)
    weighted = result.model_copy(update={"data": result.data.model_copy(update={"weighted": True})})
    with pytest.raises(AuditError, match="each decision once"):
        release(run, weighted, 1.0)
    done = CliRunner().invoke(main, ["report", str(run.path), "--epsilon", "1.0"])
    assert "goes with --audience public" in done.output


def test_damaged_noise_is_not_drawn_anew(run: RunFolder) -> None:
    release(run, run.read_result(), 1.0)
    (run.path / RELEASES).write_text("{")
    with pytest.raises(RunFolderError, match="nothing more can be released"):
        release(run, run.read_result(), 1.0)


def test_without_opendp_the_error_names_the_cure(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("audit.disclosure.private.noise.version", absent)
    with pytest.raises(AuditError, match=r"pip install 'fairaudit\[dp\]'"):
        release(run, run.read_result(), 1.0)
    assert not (run.path / RELEASES).exists()

"""Somebody who reads every file of a release, and works counts out in every way: he gets the noise with them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

import audit
from audit.disclosure.outcomes import outcomes_of
from audit.disclosure.private.noise import drawn
from audit.pipeline.release import _counted, _domains, release
from audit.report.audience import write_public
from audit.report.documents import FORMATS
from audit.store.runfolder import RunFolder
from tests.disclosure.attacker import RATES
from tests.report.test_audience import unpacked

pytest.importorskip("opendp", reason="fairaudit[dp] draws the noise")

VALUES = {"g": ["a", "b", "c"], "h": ["x", "z"]}
CLASSES = ["0", "1"]
CELLS = list(product(CLASSES, CLASSES))
#: A count: attributes, group, and the true labels and predictions that it is of.
Asked = tuple[tuple[str, ...], tuple[str, ...], frozenset[tuple[str, str]]]


def audited(place: Path, frame: pd.DataFrame, **more: Any) -> RunFolder:
    place.mkdir()
    frame.to_csv(place / "rows.csv", index=False)
    config = {
        "data": {
            "path": str(place / "rows.csv"),
            "columns": {"label": "y", "prediction": "p"},
            "positive_label": "1",
        },
        "attributes": ["g", "h"],
        "crossings": [["g", "h"]],
        "output": {"folder": str(place / "run")},
        **more,
    }
    audit.run(config)
    return RunFolder(place / "run")


def rows(n: int, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, n),
            "p": rng.integers(0, 2, n),
            "g": rng.choice(VALUES["g"], n, p=[0.5, 0.3, 0.2]),
            "h": rng.choice(VALUES["h"], n),
        }
    )


def table_of(folder: RunFolder, noise: list[list[int]] | None = None) -> dict[Asked, int]:
    """Cells of every table, as they are or with noise."""
    result = folder.read_result()
    domains = _domains(result, outcomes_of(result))
    counts = _counted(folder, domains, 1, "decision")
    found: dict[Asked, int] = {}
    for at, (domain, numbers) in enumerate(zip(domains, counts, strict=True)):
        added = noise[at] if noise else [0] * len(numbers)
        cells = [(cell.label, cell.predicted) for cell in domain.outcomes.cells]
        both = [n + k for n, k in zip(numbers, added, strict=True)]
        for (group, cell), n in zip(product(domain.groups, cells), both, strict=True):
            found[domain.attributes, group, frozenset([cell])] = n  # type: ignore[list-item]
    return found


def count(table: dict[Asked, int], asked: Asked) -> int:
    names, group, cells = asked
    return sum(table[names, group, frozenset([cell])] for cell in cells)


def counts_told(told: dict[str, Any]) -> Iterator[tuple[Asked, int]]:
    """Every count that `result.json` gives: as it stands, as a rate gives it, or as its interval does."""
    every = frozenset(CELLS)
    for slicing in told["slicings"]:
        for group in slicing["groups"]:
            where = tuple(slicing["attributes"]), tuple(group["values"])
            yield (*where, every), group["n"]
            for key, at in (("by_label", 0), ("by_prediction", 1)):
                for cls, n in group[key].items():
                    yield (*where, frozenset(cell for cell in CELLS if cell[at] == cls)), n
    for cls, n in (*told["data"]["labels"].items(),):
        yield ((), (), frozenset(cell for cell in CELLS if cell[0] == cls)), n
    for item in told["data"]["confusion"]:
        yield ((), (), frozenset([(item["y_true"], item["y_pred"])])), item["n"]
    for value in told["metrics"]:
        where = tuple(value["attributes"]), tuple(value["group"])
        if value["metric"] in RATES and value["value"] is not None:
            hits, base = RATES[value["metric"]]
            for holds, n in ((base, value["n"]), (hits, by_its_digits(value["value"], value["n"]))):
                cells = frozenset((t, p) for t, p in CELLS if holds(t == value["class"], p == value["class"]))
                yield (*where, cells), n


def by_its_digits(value: float, n: int) -> int:
    """The numerator that the digits of a rate give away: the simplest fraction they can be of, if n is a multiple."""
    found = Fraction(value).limit_denominator(n)
    assert n % found.denominator == 0, "the digits are of another denominator than is told"
    return found.numerator * (n // found.denominator)


def by_subtraction(table: dict[Asked, int]) -> Iterator[tuple[Asked, int]]:
    """Groups as what others leave of a whole, and wholes as sums of a crossing: over every pair of tables."""
    for (names, group, cells), _ in list(table.items()):
        for at, name in enumerate(names):
            rest = (names[:at] + names[at + 1 :], group[:at] + group[at + 1 :], cells)
            others = [(names, (*group[:at], other, *group[at + 1 :]), cells) for other in VALUES[name]]
            yield rest, sum(table[other] for other in others)
            yield (names, group, cells), table[rest] - sum(table[o] for o in others if o[1] != group)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    place = tmp_path_factory.mktemp("reader") / "a"
    return audited(place, rows(900), output={"public": {"epsilon": 0.5}, "folder": str(place / "run")})


def test_every_way_to_a_count_leads_to_the_noise(run: RunFolder, tmp_path: Path) -> None:
    """Counts, rates, their digits, sums and differences across tables: each is off by the noise that it is made of."""
    rng = np.random.default_rng(11)
    added: list[list[int]] = []

    def draw(n: int, scale: float) -> list[int]:
        # Never nothing, so that a true count would be seen.
        added.append([int(k) for k in rng.choice([-9, -7, -5, 5, 7, 9, 11], n)])
        return added[-1]

    public = release(run, run.read_result(), 2.5, draw=draw)
    true, noisy = table_of(run), table_of(run, added)
    told = json.loads(public.model_dump_json(by_alias=True))
    found = list(counts_told(told))
    assert len(found) > 250
    for asked, n in found:
        assert n == max(count(noisy, asked), 0), asked
    noise = {key: noisy[key] - true[key] for key in true}
    for (asked, n), (again, off) in zip(by_subtraction(noisy), by_subtraction(noise), strict=True):
        assert asked == again
        assert n == true[asked] + off
    # Tables do not agree with each other: who subtracts them from each other gets noise.
    sums = list(by_subtraction(noisy))
    assert sum(n != noisy[asked] for asked, n in sums) > 0.9 * len(sums)

    # And no file holds a true number that no noisy one explains: page, alternative texts, islands, sheets.
    formats = [code for code in FORMATS if code not in {"pdf", "intoto"}]
    write_public(run.read_result(), tmp_path / "out", formats, public=public)
    wanted = (
        spellings(true) - spellings(noisy) - numbers_of(json.dumps(told["config"]) + json.dumps(told["environment"]))
    )
    assert len(wanted) > 300
    holds = {path.name: numbers_of(seen(path)) for path in (tmp_path / "out").iterdir()}
    told_in = {name for name, numbers in holds.items() if spellings(noisy) & numbers}
    assert {"report.html", "result.json", "metrics.csv", "summary.md", "tables.xlsx"} <= told_in
    assert {name: wanted & numbers for name, numbers in holds.items() if wanted & numbers} == {}


def spellings(table: dict[Asked, int]) -> set[str]:
    """Rates, and counts of three digits, as documents write them."""
    found = set()
    for names, group in {(names, group) for names, group, _ in table}:
        parts = {cells: count(table, (names, group, cells)) for cells in map(frozenset, _subsets())}
        found |= {f"{n}" for n in parts.values() if n > 300}
        for base, hits in product(parts, parts):
            if hits < base and parts[base] > 0 and parts[hits] >= 0:
                rate = parts[hits] / parts[base]
                found |= {f"{rate:.4f}", f"{rate:.6f}", repr(rate), repr(round(rate, 4))}
    # What short rates are called, many things are.
    return {text for text in found if "." not in text or len(text) > 5}


def _subsets() -> Iterator[list[tuple[str, str]]]:
    for kept in product([False, True], repeat=len(CELLS)):
        if any(kept):
            yield [cell for cell, keep in zip(CELLS, kept, strict=True) if keep]


def seen(path: Path) -> str:
    """What a reader can find in a file, and in what is packed in it: words, alternative texts and JSON.

    Neither programs nor styles nor places in a drawing, and nothing of the bytes of a packed file as they are.
    """
    found = []
    for content in unpacked(path.read_bytes()):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "plotly.js v" in text[:200]:
            continue
        text = re.sub(r"<style.*?</style>|<script(?![^>]*json).*?</script>|[A-Za-z0-9+/=]{200,}", " ", text, flags=re.S)
        found.append(re.sub(r'\s(?!alt|title|aria-label)[\w:-]+="[^"]*"', " ", text))
    return html.unescape("\n".join(found))


def numbers_of(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]|\.\d)", text.replace(",", " ")))


def test_the_key_of_the_configuration_is_what_the_option_would_be(run: RunFolder) -> None:
    from click.testing import CliRunner

    from audit.cli import main

    command = ["report", str(run.path), "--audience", "public", "--format", "md"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    told = json.loads((run.path / "public" / "result.json").read_text(encoding="utf-8"))
    assert told["publication"]["privacy"]["epsilon"] == 0.5
    done = CliRunner().invoke(
        main, ["report", str(run.path), "--audience", "public", "--format", "md", "--epsilon", "2"]
    )
    assert json.loads((run.path / "public" / "result.json").read_text())["publication"]["privacy"]["epsilon"] == 2.0


def test_whoever_knows_all_rows_but_one_guesses_no_better_than_the_budget_allows(
    run: RunFolder, tmp_path: Path
) -> None:
    """The best attack there is: the likelihood ratio of all that is told, with one row and without it."""
    epsilon, rounds = 1.0, 4000
    other = audited(tmp_path / "without", rows(900).iloc[1:])
    true = [table_of(run), table_of(other)]
    differs = [key for key in true[0] if true[0][key] != true[1][key]]
    assert [len(key[0]) for key in differs] == [0, 1, 1, 2], "one cell of each table; all else is the same in both"
    about = release(run, run.read_result(), epsilon).publication
    assert about is not None and about.privacy is not None
    scale = about.privacy.tables[0].scale
    assert {table.scale for table in about.privacy.tables} == {scale}
    ratios = []
    for side in (0, 1):
        noise = np.array(drawn(4 * rounds, scale)).reshape(rounds, 4)
        told = noise + (1 if side == 0 else 0)  # how much more than without the row
        ratios.append((np.abs(told) - np.abs(told - 1)).sum(1) / scale)
    # Differential privacy: P(says "with" | with) ≤ exp(ε) · P(says "with" | without), wherever he draws his line.
    for line in np.unique(np.concatenate(ratios)):
        for high, low in (((ratios[0] >= line), (ratios[1] >= line)), ((ratios[1] < line), (ratios[0] < line))):
            hits, false = int(high.sum()), int(low.sum())
            least = beta.ppf(1e-6, hits, rounds - hits + 1) if hits else 0.0
            most = beta.ppf(1 - 1e-6, false + 1, rounds - false) if false < rounds else 1.0
            assert least <= np.exp(epsilon) * most
    # And it is an attack: it is right more often than not. With a quarter of the noise it would be stopped above.
    right = ((ratios[0] > 0).mean() + (ratios[1] < 0).mean()) / 2
    assert 0.4 < right < np.exp(epsilon) / (1 + np.exp(epsilon))

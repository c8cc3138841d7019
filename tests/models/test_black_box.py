"""Functions of a user's own: what they are given, what is refused, and what makes a single decision fail."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from audit.config import AuditConfig
from audit.data.examples import Fields
from audit.errors import AuditError, ConfigError, ModelError
from audit.models.black_box import BlackBox
from audit.models.registry import load_adapter
from audit.testing import Broken, check_adapter
from tests.models.own import configured, function, people

ROWS = [
    Fields(("age", "income", "house"), (30.0, 50.0, "own")),
    Fields(("age", "income", "house"), (60.0, 10.5, "rent")),
    Fields(("age", "income", "house"), (44.0, None, "family")),
]
WORDS = """
import numpy as np

def predict(texts):
    z = np.array([text.count("own") - 0.1 * len(text.split()) for text in texts])
    p = 1 / (1 + np.exp(-z))
    return np.stack([1 - p, p], 1)
"""
NAMED = """
import numpy as np

def predict(rows):
    z = np.array([(row["house"] == "own") - 0.1 * len(row["age"]) for row in rows])
    p = 1 / (1 + np.exp(-z))
    return np.stack([1 - p, p], 1)
"""
TEXTS = ["owns a home", "rents, and does not own. He said so!", "女人在家 owned"]


def load(config: AuditConfig) -> Any:
    assert config.model is not None
    return load_adapter(config.model, config)


def probabilities(adapter: Any, examples: list[Any]) -> np.ndarray:
    with torch.inference_mode():
        return np.asarray(adapter.logits(adapter.collate(adapter.encode(examples))).softmax(-1).double())


@pytest.mark.parametrize(
    ("reads", "source", "examples"),
    [
        ("features", None, ROWS),
        ("input", WORDS, TEXTS),
        (
            "fields",
            NAMED,
            [Fields(("age", "house"), given) for given in (("1", "own"), ("333", "rent"), (None, "own"))],
        ),
    ],
)
def test_adapters_keep_every_promise(tmp_path: Path, reads: str, source: str | None, examples: list[Any]) -> None:
    if reads == "fields":
        source = NAMED.replace('row["age"]', '(row["age"] or "")')
    adapter = load(configured(tmp_path, reads=reads, **({} if source is None else {"source": source})))
    tried = check_adapter(adapter, examples)
    assert "replacing a unit changes what is said" in tried
    assert "logits have a gradient at the embedding" not in tried
    assert adapter.probes == {"features": {"values"}, "fields": {"values", "terms"}, "input": {"terms"}}[reads]


def test_an_adapter_that_does_not_answer_what_is_replaced_is_found_out(tmp_path: Path) -> None:
    adapter = load(configured(tmp_path))
    heard = adapter.logits

    def deaf(batch: Any, embedded: torch.Tensor | None = None) -> torch.Tensor:
        partly = embedded is not None and 0 < float((embedded < 0.5).sum()) < embedded.numel() / 2
        return heard(batch, None if partly else embedded)

    adapter.logits = deaf
    with pytest.raises(Broken, match="replacing a unit changes what is said: no unit of any example does"):
        check_adapter(adapter, ROWS)
    adapter.logits, adapter.randomised = heard, lambda seed: adapter
    with pytest.raises(Broken, match="a shuffled copy is refused"):
        check_adapter(adapter, ROWS)


def test_it_is_asked_for_a_frame_in_the_declared_order(tmp_path: Path) -> None:
    adapter = load(configured(tmp_path))
    frame = pd.DataFrame({"age": [30.0], "income": [50.0], "house": ["own"]})
    z = 0.06 * (50 - 36) + 1 - 0.5
    assert probabilities(adapter, ROWS[:1])[0, 1] == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-6)
    given = adapter._replacing.given(adapter.encode(ROWS), np.ones((3, 3), bool))
    assert list(given.columns) == list(frame.columns)
    assert given["income"].dtype == np.float64
    assert np.isnan(given["income"][2])
    assert list(given["house"]) == ["own", "rent", "family"]


def test_what_is_taken_away_has_the_mean_or_the_most_common_value_unless_the_configuration_names_one(
    tmp_path: Path,
) -> None:
    data = people()
    found = load(configured(tmp_path / "a")).facts().reference
    assert found["income"] == pytest.approx(data["income"].mean())
    assert found["house"] == data["house"].mode()[0]
    encoding = {"income": {"mean": 30}, "age": {"reference": 40}, "house": {"reference": "family"}}
    adapter = load(configured(tmp_path / "b", encoding=encoding))
    assert adapter.facts().reference == {"age": 40.0, "income": 30.0, "house": "family"}
    items = adapter.encode(ROWS)
    batch = adapter.collate(items)
    blank = adapter._replacing.given(items, batch.off.numpy() >= 0.5)
    assert blank.drop_duplicates().to_dict("records") == [{"age": 40.0, "income": 30.0, "house": "family"}]


def test_a_word_that_is_taken_away_is_deleted_and_its_space_with_it(tmp_path: Path) -> None:
    adapter = load(configured(tmp_path, WORDS, "input"))
    (item,) = adapter.encode(["He's  not good, is he?"])
    assert [tuple(place) for place in item.places.tolist()] == [
        (0, 4),
        (6, 9),
        (10, 14),
        (14, 15),
        (16, 18),
        (19, 21),
        (21, 22),
    ]
    kept = np.ones((1, 7), bool)
    assert adapter._replacing.given([item], kept) == ["He's  not good, is he?"]
    kept[0, [1, 3]] = False
    assert adapter._replacing.given([item], kept) == ["He's  good is he?"]
    kept[:] = False
    assert adapter._replacing.given([item], kept) == [""]


def test_what_it_prints_reaches_nobody_and_what_it_changes_is_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = probabilities(load(configured(tmp_path / "plain")), ROWS)
    source = (
        "import os, sys\nprint('imported')\n"
        + (tmp_path / "plain" / "scorer.py").read_text()
        + """
inner = predict

def predict(frame):
    print("asked")
    os.write(1, b"from below")
    found = inner(frame)
    frame["income"], frame["house"] = 0.0, ""
    return found
"""
    )
    loud = probabilities(load(configured(tmp_path / "loud", source)), ROWS)
    assert np.array_equal(plain, loud)
    print("ours")
    assert capfd.readouterr().out == "ours\n"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return np.full(n, 0.5)", r"the shape \(16,\) where \(rows, classes\) = \(16, 2\)"),
        ("return np.full((n, 3), 1 / 3)", r"the shape \(16, 3\)"),
        ("return 'yes'", "returned a str that is no array"),
        ("return [[1, 0], [1]]", "no array of numbers"),
        ("return np.full((n, 2), np.nan)", "not finite numbers"),
        ("return np.tile([-0.2, 1.2], (n, 1))", "below zero"),
        ("return np.tile([0.4, 0.4], (n, 1))", "do not add up to one"),
        ("return np.random.default_rng().dirichlet([1, 1], n)", "are random"),
        ("p = np.full(n, 0.3 if n > 1 else 0.6)\nreturn np.stack([p, 1 - p], 1)", "depend on the rows that share"),
        ("raise KeyError('column')", "asked about each of the first 16 rows, it failed: KeyError: 'column'"),
        ("import sys\nsys.exit(3)", r"sys.exit\(3\)"),
    ],
)  # fmt: skip
def test_a_function_that_returns_no_probabilities_of_the_row_alone_is_refused(
    tmp_path: Path, body: str, problem: str
) -> None:
    with pytest.raises(ModelError, match=problem):
        load(configured(tmp_path, function(body)))


@pytest.mark.parametrize(
    ("source", "model", "problem"),
    [
        ("", {}, "'predict' names nothing in it"),
        ("predict = 3", {}, "is a int, not a function"),
        ("import no_such_package_here", {}, "needs the package no_such_package_here"),
        ("1 / 0", {}, "importing scorer failed: ZeroDivisionError"),
        ("def predict(:", {}, "importing scorer failed: SyntaxError"),
        ("import sys; sys.exit(1)", {}, "importing scorer failed: SystemExit"),
        ("", {"callable": "no_such_module:predict"}, "no module 'no_such_module', neither beside"),
        ("", {"callable": "sys:exit"}, "has no file that could be hashed"),
        ("", {"path": "nowhere.joblib"}, "no such file or folder"),
    ],
)
def test_what_cannot_be_imported(tmp_path: Path, source: str, model: dict[str, Any], problem: str) -> None:
    with pytest.raises((ConfigError, ModelError), match=problem):
        load(configured(tmp_path, source, **model))


def test_a_module_called_like_one_of_python_is_refused(tmp_path: Path) -> None:
    config = configured(tmp_path, callable="json:predict")
    (tmp_path / "json.py").write_text("def predict(batch): ...")
    with pytest.raises(ConfigError, match="called like a module of Python"):
        load(config)


def test_rows_on_which_it_fails_are_failed_and_no_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    body = (
        "if (batch['house'] == 'boat').any(): raise ValueError('a boat')\n"
        "p = np.where(batch['income'] < 0, 1.7, 1 / (1 + np.exp(-batch['income'] / 40)))\n"
        "return np.stack([1 - p, p], 1)"
    )
    adapter = load(configured(tmp_path, function(body)))
    rows = [*ROWS[:2], Fields(ROWS[0].names, (1.0, 2.0, "boat")), Fields(ROWS[0].names, (1.0, -2.0, "own")), ROWS[1]]
    with caplog.at_level(logging.WARNING):
        found = probabilities(adapter, rows)
    assert np.isfinite(found).all(1).tolist() == [True, True, False, False, True]
    assert found[1, 1] == found[4, 1]
    assert "a boat" in caplog.text


def test_a_baseline_on_which_it_fails_leaves_decisions_without_explanation(tmp_path: Path) -> None:
    body = "if (batch['house'] == 'rent').all() and n > 1: raise ValueError('all rent')\n"
    body += "p = 1 / (1 + np.exp(-batch['income'] / 40))\nreturn np.stack([1 - p, p], 1)"
    adapter = load(configured(tmp_path, function(body)))
    assert "everything in it reference, it failed: ValueError: all rent" in adapter.unexplainable
    with pytest.raises(ModelError, match="cannot be explained"):
        adapter.baseline_kind("auto")


def test_its_hash_is_over_all_that_was_read(tmp_path: Path) -> None:
    source = "from helper import FACTOR\n" + function("p = np.full(n, FACTOR)\nreturn np.stack([p, 1 - p], 1)")

    def hashed(folder: str, factor: float = 0.3, more: str = "", weights: str = "1") -> str:
        config = configured(tmp_path / folder, source + more, path="weights.txt")
        (tmp_path / folder / "helper.py").write_text(f"FACTOR = {factor}\n")
        (tmp_path / folder / "weights.txt").write_text(weights)
        adapter = load(config)
        assert probabilities(adapter, ROWS[:1])[0, 0] == pytest.approx(factor, rel=1e-6)
        return str(adapter.facts().sha256)

    assert hashed("a") == hashed("b")
    others = [hashed("c", factor=0.4), hashed("d", more="# more"), hashed("e", weights="2")]
    assert len({hashed("a"), *others}) == 4


def test_what_comes_after_it_was_hashed_is_refused(tmp_path: Path) -> None:
    body = "if (batch['income'] < 0).any():\n    import late\np = np.full(n, 0.3)\nreturn np.stack([p, 1 - p], 1)"
    config = configured(tmp_path, function(body))
    (tmp_path / "late.py").write_text("")
    adapter = load(config)
    with pytest.raises(ModelError, match="imported 'late' after it was hashed"):
        probabilities(adapter, [Fields(ROWS[0].names, (1.0, -2.0, "own"))])


def test_nothing_is_left_in_the_way_of_modules(tmp_path: Path) -> None:
    before = list(sys.path)
    load(configured(tmp_path))
    assert sys.path == before
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ({"callable": "scorer"}, "write package.module:function"),
        ({"classes": ["one"]}, "name at least two"),
        ({"classes": ["a", "a"]}, "stands twice"),
        ({"factory": "scorer:build", "path": "w.safetensors"}, "not both"),
        ({"device": "cuda"}, "device: does not go with `callable`"),
        ({"max_length": 12}, "max_length: does not go with"),
        ({"encoding": {"height": {}}}, "is not among data.columns.features"),
        ({"encoding": {"age": {"categories": ["x"]}}}, "model.encoding.age.categories: a number has none"),
        ({"encoding": {"house": {"mean": 1}}}, "model.encoding.house.mean: a category has none"),
        ({"encoding": {"age": {"reference": "old"}}}, "'old' is no number"),
        (
            {"encoding": {"age": {"missing": 35}}},
            "model.encoding.age.missing: a function of `callable` is given values",
        ),
        ({"encoding": {"income": {"mean": 30, "scale": 2}}}, "model.encoding.income.scale: a function"),
        ({"encoding": {"house": {"categories": ["own"]}}}, "model.encoding.house.categories: a function"),
        ({"task": "text-classification"}, "is for 'black-box'"),
        ({"quantize": "int8"}, "quantize: does not go with"),
    ],
)
def test_configurations_that_contradict_themselves(tmp_path: Path, model: dict[str, Any], problem: str) -> None:
    with pytest.raises(AuditError, match=problem):
        load(configured(tmp_path, **model))


def test_only_one_baseline_is_there(tmp_path: Path) -> None:
    adapter = load(configured(tmp_path))
    assert isinstance(adapter, BlackBox)
    assert adapter.baseline_kind("auto") == "reference"
    with pytest.raises(ModelError, match="reference, and nothing else"):
        adapter.baseline_kind("mask")

"""`audit init` on every real file: what it writes validates, or it asks one clear question, whose answer it takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.cli import call
from audit.config import load_config
from tests.conftest import SHARED, shared

#: File, the model that goes with it, and the answers that lead to a configuration; None: none is asked for.
CASES = {
    "UCBAdmissions.csv": ("", []),
    "bias_madlibs_77k.csv.gz": ("minilm-toxicity", ["--attribute", "Template"]),
    "cold_zh_test.csv": ("bert-cold-zh", []),
    "compas-scores-two-years.csv": ("", ["--prediction", "score_text", "--label", "two_year_recid"]),
    "davidson_tweets_test.csv": ("minilm-toxicity", ["--attribute", "label"]),
    "ethos_multilabel_test.csv": ("minilm-ethos-multilabel", ["--attribute", "gender"]),
    "fairface_540.parquet": ("resnet-adult-fairface", []),
    "gpt_hiring_rankings.csv.gz": ("", []),
    "hatecheck_test_suite_cases.csv": ("minilm-toxicity", []),
    "hiring_names.csv": ("", ["--prediction", "gender", "--positive", "female"]),
    "wnut17_test.jsonl": ("minilm-wnut17", []),
}


def test_every_file_is_tried() -> None:
    if not SHARED.exists():
        pytest.skip("needs shared/data, which is not here")
    assert {path.name for path in (SHARED / "data").iterdir()} <= set(CASES)


def begun(path: Path, *more: str, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Begin a configuration; return the question, or else nothing, once what was written validates."""
    code = call(["init", str(path), *more, "--out", str(out)])
    said = capsys.readouterr()
    if code == 0:
        assert said.err == ""
        assert call(["validate", str(out)]) == 0, capsys.readouterr().err
        return ""
    assert code == 2
    assert not out.exists()
    return said.err


def is_clear(question: str) -> bool:
    """Whether it is one question, with options to choose from, what to do, and where that is documented."""
    first, *options, hint, docs = question.rstrip("\n").split("\n")
    return (
        first.count("?") == 1
        and docs.startswith("  docs: ")
        and hint.startswith("  hint: ")
        and bool(options)
        and all(re.match(r"  (--|not |a placeholder|template|labels|…)", line) for line in options)
    )


@pytest.mark.parametrize("name", CASES)
def test_with_the_model_that_goes_with_it(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, (model, answers) = shared("data", name), CASES[name]
    with_model = ["--model", str(shared("models", model))] if model else []
    question = begun(path, *with_model, out=tmp_path / "audit.yaml", capsys=capsys)
    assert (question != "") == (answers != [])
    if answers:
        assert is_clear(question), question
        assert begun(path, *with_model, *answers, out=tmp_path / "audit.yaml", capsys=capsys) == ""


@pytest.mark.parametrize("name", [name for name, (model, _) in CASES.items() if model])
def test_without_a_model(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = begun(shared("data", name), out=tmp_path / "audit.yaml", capsys=capsys)
    assert is_clear(question), question


def test_a_decoder_with_its_prompt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, model = shared("data", "davidson_tweets_test.csv"), shared("models", "llama-toxicity-prompted")
    out = tmp_path / "audit.yaml"
    assert "which groups" in begun(path, "--model", str(model), out=out, capsys=capsys)
    assert begun(path, "--model", str(model), "--attribute", "label", out=out, capsys=capsys) == ""
    config = load_config(out)
    assert config.model is not None and config.model.prompt is not None
    assert config.data.columns.fields == {"text": "text"}


def test_deciles_ask_for_the_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = shared("data", "compas-scores-two-years.csv"), tmp_path / "audit.yaml"
    answers = ["--score", "v_decile_score", "--label", "is_violent_recid"]
    question = begun(path, *answers, out=out, capsys=capsys)
    assert is_clear(question) and "it goes from 1 to 10" in question
    assert begun(path, *answers, "--threshold", "5", out=out, capsys=capsys) == ""
    data = load_config(out).data
    assert (data.score_range, data.threshold, data.positive_label) == ((1, 10), 5, "1")


def test_what_is_guessed_of_hatecheck(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "audit.yaml"
    path, model = shared("data", "hatecheck_test_suite_cases.csv"), shared("models", "minilm-toxicity")
    assert begun(path, "--model", str(model), out=out, capsys=capsys) == ""
    config = load_config(out)
    columns = config.data.columns
    assert (columns.input, columns.label, columns.id) == ("test_case", "label_gold", "case_id")
    assert columns.cluster == "templ_id"
    assert config.data.label_map == {"hateful": "toxic", "non-hateful": "acceptable"}
    assert (config.data.positive_label, [one.column for one in config.attributes]) == ("toxic", ["target_ident"])

"""Presidio is asked where it is installed, fetches nothing, and is an error with a cure where it is not."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from audit.data.presidio import presidio_finder
from audit.errors import DataError
from audit.personal import find_personal


def planted(monkeypatch: pytest.MonkeyPatch, *, pipeline: bool) -> None:
    """Packages that answer as Presidio and spaCy do."""

    class Engine:
        def __init__(self, nlp_engine: Any, supported_languages: list[str]) -> None:
            assert (nlp_engine, supported_languages) == ("engine", ["en"])

        def analyze(self, text: str, language: str, score_threshold: float) -> list[Any]:
            at = text.find("Anna Smith")
            name = SimpleNamespace(entity_type="PERSON", start=at, end=at + 10)
            day = SimpleNamespace(entity_type="DATE_TIME", start=0, end=2)
            mail = SimpleNamespace(entity_type="EMAIL_ADDRESS", start=text.find("a@"), end=text.find(".org") + 4)
            return [name, day, mail]

    class Provider:
        def __init__(self, nlp_configuration: dict[str, Any]) -> None:
            assert nlp_configuration["models"] == [{"lang_code": "en", "model_name": "en_core_web_sm"}]

        def create_engine(self) -> str:
            return "engine"

    names: dict[str, dict[str, Any]] = {
        "presidio_analyzer": {"AnalyzerEngine": Engine},
        "presidio_analyzer.nlp_engine": {"NlpEngineProvider": Provider},
        "spacy": {"util": SimpleNamespace(is_package=lambda name: pipeline)},
    }
    for name, holds in names.items():
        module = ModuleType(name)
        module.__dict__.update(holds)
        monkeypatch.setitem(sys.modules, name, module)


def test_presidio_is_one_more_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, pipeline=True)
    found = find_personal("On 3 May Anna Smith, a@example.org, was here", [presidio_finder()])
    assert [(item.kind, item.rule) for item in found] == [("other", "presidio_person"), ("email", "address")]


def test_without_presidio_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("presidio_analyzer", "presidio_analyzer.nlp_engine", "spacy"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match=r"pip install 'fairaudit\[presidio\]'"):
        presidio_finder()


def test_a_pipeline_is_never_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, pipeline=False)
    with pytest.raises(DataError, match="python -m spacy download en_core_web_sm"):
        presidio_finder()

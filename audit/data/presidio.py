"""Microsoft Presidio as one more finder, for what has no rule: names of persons and of places.

It is statistical: what it finds depends on a language model, so it is not asked unless somebody says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from audit.errors import DataError
from audit.personal.finding import Finder
from audit.personal.found import Found, Kind

#: What Presidio calls what our finders know as well.
_KINDS: dict[str, Kind] = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "payment_card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "US_SSN": "national_id",
    "UK_NINO": "national_id",
    "ES_NIF": "national_id",
    "ES_NIE": "national_id",
    "IT_FISCAL_CODE": "national_id",
    "IN_AADHAAR": "national_id",
}
#: Dates and links are found, too, and are nobody's by themselves.
_NOBODYS = frozenset({"DATE_TIME", "URL", "NRP"})
#: What Presidio itself takes for a weak sign.
LEAST_SCORE = 0.5


def presidio_finder(language: str = "en", model: str = "en_core_web_sm", least_score: float = LEAST_SCORE) -> Finder:
    """Return a finder that asks Presidio, with a pipeline of spaCy that is installed: nothing is downloaded.

    Parameters
    ----------
    language
        Of the texts, as Presidio names it.
    model
        Package of a spaCy pipeline for that language.
    least_score
        What Presidio is less sure of is not counted.

    Raises
    ------
    DataError
        If Presidio, or the pipeline, is not installed.
    """
    try:
        analyzer, nlp, spacy = map(import_module, ("presidio_analyzer", "presidio_analyzer.nlp_engine", "spacy"))
    except ImportError:
        raise DataError(
            "personal data can be looked for by Presidio only where it is installed",
            hint="pip install 'fairaudit[presidio]'",
            code="package",
        ) from None
    # Presidio would fetch a missing pipeline from the network by itself.
    if not spacy.util.is_package(model):
        raise DataError(
            f"Presidio needs the spaCy pipeline {model}, which is not installed",
            hint=f"python -m spacy download {model}",
            code="package",
        )
    models = [{"lang_code": language, "model_name": model}]
    engine = nlp.NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    found = analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=[language])

    def find(text: str) -> Iterator[Found]:
        results: list[Any] = found.analyze(text=text, language=language, score_threshold=least_score)
        for item in results:
            if item.entity_type not in _NOBODYS:
                rule = f"presidio_{item.entity_type.lower()}"
                yield Found(item.start, item.end, _KINDS.get(item.entity_type, "other"), rule)

    return find

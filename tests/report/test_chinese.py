"""The Chinese words are complete, take the parameters of the English ones, and are Chinese."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def load(place: str, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "audit/report" / place / f"{language}.json").read_text(encoding="utf-8"))
    return found


EN, ZH = load("messages", "en"), load("messages", "zh")
GLOSSARY_EN, GLOSSARY_ZH = load("glossary", "en"), load("glossary", "zh")
TEXTS = ZH | {f"{code}/{part}": text for code, entry in GLOSSARY_ZH.items() for part, text in entry.items()}
#: Messages that are symbols, marks or names, the same in every language.
NO_WORDS = re.compile(r"(?:[\W\d_φχz]|\bn\b|AUC|B[NP]S[NP]|result\.json)*")
HAN = re.compile(r"[\u3400-\u9fff]")
WIDE = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"


def fields(message: str) -> list[tuple[str, str | None, str | None]]:
    """Names of the parameters with how they are written, in the order of the alphabet."""
    named = [(name, spec, how) for _, name, spec, how in Formatter().parse(message) if name is not None]
    return sorted(named, key=str)


def bare(message: str) -> str:
    """A message without its parameters."""
    return "".join(literal for literal, *_ in Formatter().parse(message))


def test_both_catalogues_have_the_same_codes() -> None:
    assert set(ZH) == set(EN)
    assert set(GLOSSARY_ZH) == set(GLOSSARY_EN)
    assert {code: list(entry) for code, entry in GLOSSARY_ZH.items()} == {
        code: list(entry) for code, entry in GLOSSARY_EN.items()
    }


@pytest.mark.parametrize("code", sorted(EN))
def test_a_message_takes_the_same_parameters(code: str) -> None:
    assert fields(ZH[code]) == fields(EN[code])
    assert bool(ZH[code]) == bool(EN[code]) or code == "list.sentences"


def test_every_message_is_chinese() -> None:
    left = [code for code, text in ZH.items() if not HAN.search(text) and not NO_WORDS.fullmatch(bare(text))]
    left += [code for code, entry in GLOSSARY_ZH.items() if not HAN.search(entry["sentence"])]
    assert not left


def test_marks_are_those_of_chinese() -> None:
    halves = re.compile(rf"[{WIDE}][,;:!?()]|[,;:!?(][{WIDE}]|[{WIDE}]\.(?!\w)")
    blanks = re.compile(r"[，。；：！？、（）] | [，。；：！？、（）]|[\u3400-\u9fff] +[\u3400-\u9fff]")
    wrong = {
        code: text
        for code, text in TEXTS.items()
        if not code.endswith(("/formula", "/source"))
        if halves.search(bare(text)) or blanks.search(text) or re.search("[０-９Ａ-Ｚａ-ｚ％]", text)
    }
    assert not wrong


def test_sentences_end_as_in_english() -> None:
    ends = {".": "。", "?": "？", ":": "："}
    wrong = {
        code: ZH[code]
        for code, text in EN.items()
        if " " in text and text[-1:] in ends
        if not ZH[code].endswith(ends[text[-1]])
    }
    wrong |= {code: text for code, text in ZH.items() if text.endswith("。") and EN[code][-1:] not in {".", "?"}}
    assert not wrong


def test_one_term_is_used_for_one_thing() -> None:
    """What docs/chinese.md rules out stands nowhere, packs included."""
    table = (ROOT / "docs/chinese.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|\n]+ \| ([^|\n]+) \| ?([^|\n]*) ?\|$", table, flags=re.M)
    terms, out = (
        {term.strip() for row in rows for term in row[column].split(",") if HAN.search(term)} for column in (0, 1)
    )
    assert len(terms) > 40 and len(out) > 15
    assert not {(bad, term) for bad in out for term in terms if bad in term}
    packs = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "audit/frameworks").glob("*.yaml")}
    assert not {(bad, code) for bad in out for code, text in (TEXTS | packs).items() if bad in text}
    assert not {term for term in terms if not any(term in text for text in TEXTS.values())}

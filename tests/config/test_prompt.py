"""`model.prompt`: a template and its fields agree, and answers are texts that differ."""

from __future__ import annotations

from typing import Any

import pytest

from audit.config import PromptConfig, parse_config
from audit.config.prompt import Slot, pieces_of
from audit.errors import ConfigError

LABELS = {"no": " no", "yes": [" yes", "Yes"]}


def _config(prompt: dict[str, Any], columns: dict[str, Any] | None = None) -> Any:
    return parse_config(
        {
            "model": {"path": "m", "prompt": prompt},
            "data": {"path": "d.csv", "columns": columns or {"fields": ["text"], "label": "y"}},
            "attributes": ["g"],
        }
    )


def test_templates_are_taken_apart() -> None:
    assert pieces_of("{a}{b c} {{x}} }}{{") == (Slot("a"), Slot("b c"), " {x} }{")
    assert pieces_of("no slot") == ("no slot",)
    with pytest.raises(ValueError, match=r"a '\{' stands alone at character 3 of 'a \{b'; .* written \{\{"):
        pieces_of("a {b")


def test_answers_keep_their_blanks_and_may_be_several() -> None:
    prompt = _config({"template": "{text}:", "labels": {1: " 1", "yes": [" yes", True], "x": 2.0}}).model.prompt
    assert prompt.labels == {"1": (" 1",), "yes": (" yes", "true"), "x": ("2",)}
    assert (prompt.fields, prompt.content_free, prompt.least_mass) == (["text"], (), 0.9)
    assert PromptConfig.model_validate(
        {"template": "{a}", "labels": LABELS, "calibrate": True}
    ).content_free == ("N/A", "[MASK]", "")  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "columns", "problem"),
    [
        ({"template": "Is it bad?"}, None, r"\['Is it bad\?'\] has no \{placeholder\}"),
        ({"template": "{text} {name}"}, None, r"no field for the placeholder \{name\}: the prompt asks for "
            r"\['text', 'name'\], and data.columns.fields names \['text'\]"),
        ({}, {"fields": {"text": "a", "name": "b"}}, r"no placeholder \{name\} for a field: .*\['text'\].*'name'\]"),
        ({"template": "{text!r}"}, None, r"no field for the placeholder \{text!r\}"),
        ({"template": "{text"}, None, "stands alone at character 1"),
        ({}, {"input": "text"}, "its placeholders are filled from data.columns.fields"),
        ({"chat": [{"role": "user", "content": "{text}"}]}, None, "give either `template` or `chat`"),
        ({"template": None}, None, "give either `template` or `chat`"),
        ({"labels": {"no": " no"}}, None, "at least 2"),
        ({"labels": {"no": " no", "yes": [" "]}}, None, "the answer ' ' for 'yes' is empty"),
        ({"labels": {"no": " no", "yes": []}}, None, "at least 1"),
        ({"labels": {"no": " no", "yes": " no"}}, None, "stands for 'no' and for 'yes'; it may stand once"),
        ({"least_mass": 1.2}, None, "less than or equal to 1"),
        ({"labls": {}}, None, "did you mean 'labels'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changes: dict[str, Any], columns: dict[str, Any] | None, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        _config({"template": "{text}:", "labels": LABELS} | changes, columns)


def test_several_decisions_about_a_row_have_no_prompt() -> None:
    with pytest.raises(ConfigError, match="it is answered with one class"):
        parse_config(
            {
                "model": {"path": "m", "prompt": {"template": "{text}", "labels": LABELS}},
                "data": {"path": "d.csv", "outcome": "labels", "columns": {"fields": ["text"], "label": "y"}},
                "attributes": ["g"],
            }
        )

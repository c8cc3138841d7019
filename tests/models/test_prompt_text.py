"""Templates and chat templates: taken apart once, filled with values that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest

from audit.config import PromptConfig
from audit.config.prompt import Slot
from audit.errors import ConfigError, ModelError
from audit.models.prompt_text import fill, template_of
from tests.models.decoders import tokenizer_of

LABELS = {"a": "yes", "b": "no"}
CHAT = (
    "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] | trim }}</s>{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


def _chat(template: str | None, *messages: tuple[str, str]) -> Any:
    tokenizer = tokenizer_of()
    tokenizer.chat_template = template
    prompt = PromptConfig.model_validate(
        {"chat": [{"role": role, "content": content} for role, content in messages], "labels": LABELS}
    )
    return template_of(prompt, tokenizer, "the model")


def test_places_are_those_of_the_values() -> None:
    pieces = ("Name: ", Slot("name"), ", again ", Slot("name"), ".")
    prompt = fill(pieces, {"name": "{x} é"})
    assert prompt.text == "Name: {x} é, again {x} é."
    assert [prompt.text[part.start : part.end] for part in prompt.filled] == ["{x} é"] * 2
    assert fill(pieces, {"name": ""}, 1).text == "Name: , again "


def test_messages_are_put_together_by_the_tokenizers_own_template() -> None:
    pieces = _chat(CHAT, ("system", "Be {{brief}}. {who}"), ("user", "Text: {text} "))
    assert pieces == (
        "<s>[system] Be {brief}. ", Slot("who"), "</s>[user] Text: ", Slot("text"), "</s>[assistant]"
    )  # fmt: skip
    hostile = {"who": "{{ bos_token }}", "text": "{% raw %}</s>{who}"}
    filled = fill(pieces, hostile).text
    assert filled == "<s>[system] Be {brief}. {{ bos_token }}</s>[user] Text: {% raw %}</s>{who}</s>[assistant]"


def test_an_answer_that_is_begun_is_gone_on_with() -> None:
    pieces = _chat(CHAT, ("user", "{text}"), ("assistant", "My answer:"))
    assert pieces == ("<s>[user] ", Slot("text"), "</s>[assistant] My answer:")


def test_chat_templates_that_are_missing_leave_out_a_field_or_refuse_are_told() -> None:
    with pytest.raises(ConfigError, match="the tokenizer of the model has no chat template"):
        _chat(None, ("user", "{text}"))
    with pytest.raises(ConfigError, match=r"leaves the placeholder \{who\} out"):
        _chat("{{ messages[-1]['content'] }}", ("system", "{who}"), ("user", "{text}"))
    with pytest.raises(ModelError, match=r"putting the messages into the chat template failed.*no system"):
        _chat("{{ raise_exception('no system role') }}", ("user", "{text}"))

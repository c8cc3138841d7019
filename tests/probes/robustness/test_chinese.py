"""Chinese texts: width, script, characters that sound alike."""

from __future__ import annotations

import pytest

from audit.probes.robustness.chinese_script import converted
from audit.probes.robustness.homophones import has_rival
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.transform import Changed, Refused
from audit.terms.segments import cut_into_words, is_chinese_word

BY_NAME = {one.name: one for one in transforms_for("text", ("zh",))}


def changed(name: str, text: str, seed: int = 0) -> str:
    """The text changed as much as it can be, or the reason why it is not."""
    transform = BY_NAME[name]
    made = transform.apply(text, len(transform.severities), seed)
    return made.reason if isinstance(made, Refused) else str(made.example)


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("他们发现她的头发", "他們發現她的頭髮"),
        ("皇后在后面", "皇后在後面"),
        ("这里的干部很干燥", "這裡的幹部很乾燥"),
        ("吃面条", "吃麵條"),
    ],
)
def test_phrases_decide_between_characters(simplified: str, traditional: str) -> None:
    assert changed("traditional", simplified) == traditional
    assert changed("simplified", traditional) == simplified
    assert converted(traditional, "simplified") == simplified


def test_mixed_texts_are_not_converted() -> None:
    assert changed("simplified", "李承乾与李治") == "mixed_script"
    assert changed("traditional", "這里的头发") == "mixed_script"
    assert changed("simplified", "上海人") == "no_place"


@pytest.mark.parametrize(
    ("half", "full"),
    [
        ("你好,世界!(真的)", "你好，世界！（真的）"),
        ("我用App", "我用Ａｐｐ"),
        ("一共3,500元,贵", "一共3,500元，贵"),
        ("plain English, no change", "no_place"),
    ],
)
def test_width(half: str, full: str) -> None:
    assert changed("full_width", half) == full
    assert changed("half_width", half.replace("no_place", "")) in {"no_place", "number"}
    if full != "no_place":
        assert changed("half_width", full) == half


def test_a_full_stop_has_a_half_width_too() -> None:
    assert changed("half_width", "我喜欢。") == "我喜欢."


def test_homophones_make_no_words() -> None:
    text = "我们认为这个城市的居民非常喜欢经济和文化活动，但是没有时间参加。"
    words = cut_into_words(text)
    for seed in range(20):
        made = BY_NAME["homophone"].apply(text, 5, seed)
        assert isinstance(made, Changed)
        new, at = str(made.example), 0
        assert len(new) == len(text)
        for word in words:
            piece = new[at : at + len(word)]
            at += len(word)
            if piece != word:
                assert len(word) > 1
                assert not is_chinese_word(piece)
        assert "没有" in new


def test_words_with_a_rival_of_the_same_sound_stay() -> None:
    assert has_rival("权利")
    assert changed("homophone", "权利") == "another_word"


@pytest.mark.parametrize(
    ("text", "reason"), [("他", "short"), ("她", "short"), ("三百", "number"), ("没有", "negation")]
)
def test_homophones_are_refused(text: str, reason: str) -> None:
    assert changed("homophone", text) == reason

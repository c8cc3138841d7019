"""Near duplicates: the same as comparing all pairs, in every script, and a limit that is told."""

from __future__ import annotations

import random

import numpy as np
import pytest

from audit.data_audit.near import near_duplicates, near_others, pieces


def corpus(seed: int) -> list[str]:
    """Sentences, many of them with one or two words of another one exchanged."""
    rng = random.Random(seed)
    words = [f"w{n}" for n in range(60)]
    texts: list[str] = []
    for _ in range(160):
        if texts and rng.random() < 0.5:
            text = rng.choice(texts).split()
            text[rng.randrange(len(text))] = rng.choice(words)
        else:
            text = [rng.choice(words) for _ in range(rng.randrange(1, 40))]
        texts.append(" ".join(text))
    return list(dict.fromkeys(texts))


def alike(one: frozenset[str], other: frozenset[str], least: float) -> bool:
    return len(one & other) >= least * len(one | other) - 1e-9


@pytest.mark.parametrize("least", [0.5, 0.8, 0.9])
def test_it_finds_what_comparing_all_pairs_finds(least: float) -> None:
    texts = [pieces(text) for text in corpus(1)]
    labels = [frozenset(random.Random(at).choice("ab")) if at % 10 else frozenset() for at in range(len(texts))]
    found, apart = set(), set()
    for one in range(len(texts)):
        for other in range(one):
            if alike(texts[one], texts[other], least):
                found |= {one, other}
                if labels[one] and labels[other] and labels[one] != labels[other]:
                    apart |= {one, other}
    near = near_duplicates(texts, labels, least)
    assert near.complete
    assert set(np.flatnonzero(near.found)) == found
    assert set(np.flatnonzero(near.contradicted)) == apart
    assert len(found) > 5


def test_texts_near_others() -> None:
    texts, others = ([pieces(text) for text in corpus(seed)] for seed in (1, 1))
    others = others[::3]
    near = near_others(texts, others, 0.8)
    assert near.found.tolist() == [any(alike(one, other, 0.8) for other in others) for one in texts]


def test_case_width_and_blanks_do_not_count() -> None:
    assert pieces("  The CAT\tsat ") == pieces("the cat sat") == pieces("ｔｈｅ　ｃａｔ　ｓａｔ")
    assert pieces("") == pieces(" \n") == frozenset()
    assert pieces("ab") == {"ab"}


def test_chinese_is_cut_by_pairs_of_characters() -> None:
    assert pieces("今天天气好") == {"今天", "天天", "天气", "气好"}
    texts = [
        pieces(text) for text in ("我觉得今天的天气真的非常好啊", "我觉得今天的天气真的非常好呀", "他们昨天去了北京")
    ]
    assert near_duplicates(texts, [frozenset()] * 3, 0.8).found.tolist() == [True, True, False]


def test_too_many_candidates_are_told() -> None:
    texts = [pieces(f"the same long sentence with one number in it at the end {n}") for n in range(40)]
    assert not near_duplicates(texts, [frozenset()] * 40, 0.8, most=10).complete
    whole = near_duplicates(texts, [frozenset()] * 40, 0.8)
    assert whole.complete
    assert whole.found.all()

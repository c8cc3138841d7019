"""Words and phrases of any script are found where they stand as such."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.terms.scripts import phrase_pattern


def spans(term: str, text: str) -> list[str]:
    return [m.group() for m in re.finditer(phrase_pattern(term), text, re.IGNORECASE)]


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("女人", "这个女人很好", ["女人"]),
        ("ผู้หญิง", "เธอเป็นผู้หญิงไทย", ["ผู้หญิง"]),
        ("女の人", "あの女の人は", ["女の人"]),
        ("iphone", "我的iPhone手机", ["iPhone"]),
        ("cat", "a cat, concatenated", ["cat"]),
        (
            "very much",
            "very  much, very\nmuch, very\u00a0much, verymuch",
            ["very  much", "very\nmuch", "very\u00a0much"],
        ),
        ("c++", "c++ and c+", ["c++"]),
        ("straße", "die Straße der Straßen", ["Straße"]),
        ("#x", "#x #xy", ["#x"]),
    ],
)
def test_found_where_it_stands(term: str, text: str, found: list[str]) -> None:
    assert spans(term, text) == found


@given(st.text("女人她a b", min_size=0, max_size=6), st.text("男他b ", min_size=0, max_size=6))
def test_unspaced_terms_are_found_beside_anything(before: str, after: str) -> None:
    assert "司机" in spans("司机", before + "司机" + after)

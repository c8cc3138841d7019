"""Personal data is counted by group and kind, and only counted."""

from __future__ import annotations

import pytest

from audit.personal.counts import count_personal

TEXTS = [
    "mail a@example.org or b@example.org",
    "nothing",
    "card 4111111111111111 a@example.org",
    "call +49 89 12345678",
]
GROUPS = [["all", "f"], ["all", "f"], ["all", "m"], ["all"]]


def test_texts_and_places_are_counted_for_every_group() -> None:
    found = count_personal(TEXTS, GROUPS)
    assert list(found) == ["all", "f", "m"]
    whole = found["all"]
    assert (whole.texts, whole.any) == (4, 3)
    assert whole.holding == {"email": 2, "payment_card": 1, "phone": 1}
    assert whole.places == {"email": 3, "payment_card": 1, "phone": 1}
    assert (found["f"].texts, found["f"].holding["email"], found["f"].places["email"]) == (2, 1, 2)
    assert found["m"].holding == {"payment_card": 1, "email": 1}


def test_each_text_has_its_groups() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        count_personal(TEXTS, GROUPS[:2])

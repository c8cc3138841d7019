"""Check digits agree with those of another package."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from audit.personal import checksums

OTHERS: dict[str, tuple[Callable[[str], bool], str, int]] = {
    "stdnum.luhn": (checksums.luhn, "0123456789", 16),
    "stdnum.verhoeff": (checksums.verhoeff, "0123456789", 12),
    "stdnum.iso7064.mod_11_10": (checksums.mod_11_10, "0123456789", 11),
    "stdnum.iso7064.mod_11_2": (checksums.mod_11_2, "0123456789", 18),
    "stdnum.ean": (checksums.ean_13, "0123456789", 13),
}


@pytest.mark.parametrize("name", OTHERS)
def test_check_digits(name: str) -> None:
    other = pytest.importorskip(name, reason="python-stdnum computes check digits as well")
    ours, letters, length = OTHERS[name]
    draw = random.Random(name)
    numbers = ["".join(draw.choice(letters) for _ in range(length)) for _ in range(600)]
    assert [ours(number) for number in numbers] == [bool(other.is_valid(number)) for number in numbers]
    assert any(map(ours, numbers))


def test_accounts() -> None:
    other = pytest.importorskip("stdnum.iso7064.mod_97_10", reason="python-stdnum computes check digits as well")
    draw = random.Random(97)
    numbers = [f"DE{draw.randrange(2, 99):02}{draw.randrange(10**18):018}" for _ in range(1500)]
    assert [checksums.mod_97(number) for number in numbers] == [other.is_valid(n[4:] + n[:4]) for n in numbers]
    assert any(map(checksums.mod_97, numbers))

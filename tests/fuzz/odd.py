"""Odd values, and ways to damage plain data, text and bytes. Everything is drawn from one `Random`."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

#: Texts that have broken a program somewhere.
TEXTS = [
    *("", " ", "  0.5", "0.5 ", "1_0", "１", "1e3", "1e400", "-0", "+1", "0x10", "1,5", "1.0", "1", "0", "NaN", "nan"),
    *("inf", "-inf", "Infinity", "null", "None", "NULL", "NA", "true", "True", "yes", "NO", "~", "(missing)", "=cmd()"),
    *("a\nb", "a\rb", "\n::error::x", "##[error]x", "\x1b]0;x\x07", "a\x00b", "\ufeffa", "\u202ea", "\u2028", "\u3164"),
    *(
        "🏳️‍🌈",
        "e\u0301",
        "é",
        "ı",
        "ß",
        "甲",
        "a × b",
        "a/b",
        "../x",
        "%s",
        "{x}",
        "{{x}}",
        "${x}",
        "<b>",
        "a,b",
        "a\tb",
        '"',
    ),
    *(
        '"a',
        "a'b",
        "|",
        "#",
        "&a",
        "*a",
        "!x",
        "- ",
        "2026-01-01",
        "12:30:00",
        "x" * 5_000,
        "9" * 400,
        "row_id",
        "n",
        "y",
    ),
]
NUMBERS = [0, 1, -1, 2, 0.5, -0.5, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"), 2**53 + 1, 2**64, 10**400]


def odd(random: Random, depth: int = 2) -> Any:
    """Draw any value that YAML or JSON can hold."""
    kind = random.randrange(10)
    if kind < 4:
        return random.choice(TEXTS)
    if kind < 6:
        return random.choice(NUMBERS)
    if kind == 6:
        return random.choice([None, True, False])
    if depth == 0 or kind == 7:
        return random.choice([[], {}, [[]], [{}], {"": ""}])
    if kind == 8:
        return [odd(random, depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(TEXTS): odd(random, depth - 1) for _ in range(random.randrange(4))}


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with every key of it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(tree, dict | list):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            found.append((tree, key))
            found += places(tree[key])
    return found


def damage_tree(tree: Any, random: Random, most: int = 3) -> Any:
    """Change plain data in a few places."""
    tree = copy.deepcopy(tree)
    for _ in range(random.randint(1, most)):
        known = places(tree)
        if not known:
            return odd(random)
        holder, key = random.choice(known)
        kind = random.randrange(8)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[key] = [holder[key]]
        elif kind == 2:
            other, name = random.choice(known)
            if name in other if isinstance(other, dict) else name < len(other):
                holder[key] = copy.deepcopy(other[name])
        elif kind == 3 and isinstance(holder, dict):
            holder[random.choice([str(key)[:-1], f"{key}s", str(key).upper(), random.choice(TEXTS)])] = holder.pop(key)
        elif kind == 4 and isinstance(holder, list):
            holder += [copy.deepcopy(holder[key])] * random.choice([1, 2, 50])
        elif kind == 5 and isinstance(holder[key], str):
            holder[key] += random.choice(TEXTS)
        elif kind == 6 and isinstance(holder[key], int | float):
            holder[key] = random.choice([-holder[key], holder[key] * 1_000_000, str(holder[key]), *NUMBERS])
        else:
            holder[key] = odd(random)
    return tree


def damage_bytes(body: bytes, random: Random) -> bytes:
    """Change bytes in a few places."""
    out = bytearray(body)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(out) + 1)
        kind = random.randrange(7)
        if kind == 0:
            del out[at:]
        elif kind == 1 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif kind == 2:
            del out[at : at + random.randint(1, 20)]
        elif kind == 3:
            out[at:at] = random.randbytes(random.randint(1, 8))
        elif kind == 4:
            out[at:at] = random.choice(TEXTS).encode("utf-8", "surrogatepass")
        elif kind == 5:
            out[at:at] = random.choice(
                [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b'"', b"\n\n", b"\t", b",", b"\xed\xa0\x80"]
            )
        else:
            out[at:at] = out[at : at + random.randint(1, 200)]
    return bytes(out)

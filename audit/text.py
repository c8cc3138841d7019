"""Text that came from outside, made safe to show: it can neither hide, nor give orders, nor go on for ever.

Which characters are invisible is asked of the Unicode database, not of a list: control and format characters, line and
paragraph separators, lone surrogates, and everything a renderer may leave out ("default ignorable"; Unicode TR 36).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import regex

#: Characters of one name, and of one line, that are shown at most.
LONGEST_NAME, LONGEST_LINE = 120, 4_000

#: Languages in which the product has words, by the name of their catalogue.
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_HIDDEN = regex.compile(
    # An emoji may say how it is drawn, and be joined to the next: there these characters do show.
    r"(?<=\p{Extended_Pictographic})[\uFE0E\uFE0F]"
    r"|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})"
    r"|(?<hidden>[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}"
    r"\p{Noncharacter_Code_Point}])"
)


def visible(text: str, keep: str = "\n\t") -> str:
    """Show invisible characters by their number instead of obeying them.

    Parameters
    ----------
    keep
        Characters that are obeyed all the same.
    """
    return map_hidden(text, lambda hidden: hidden if hidden in keep else f"⟨U+{ord(hidden):04X}⟩")


def map_hidden(text: str, show: Callable[[str], str]) -> str:
    """Put something else in the place of every invisible character."""
    if text.isascii() and text.isprintable():
        return text

    def shown(match: regex.Match[str]) -> str:
        hidden = match["hidden"]
        return match.group() if hidden is None else show(hidden)

    return str(_HIDDEN.sub(shown, text))


def file_name(path: Path) -> str:
    """Name a file or folder as it can be stored: of bytes that are no UTF-8, each is shown by its number."""
    return one_line(path.resolve().name)


def cut(text: str, limit: int = LONGEST_NAME) -> str:
    """Cut a long text, and say how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def one_line(text: str, limit: int = LONGEST_LINE) -> str:
    """Show text on one line, whatever is in it."""
    return visible(cut(text, limit), keep="")

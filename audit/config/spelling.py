"""One spelling for every value, wherever it comes from: a file of text, typed columns, JSON, or the configuration.

- Blanks around a value are no part of it.
- A number that is stored as one is spelled as the shortest decimal of its precision, and a whole one without a
  fraction: 1.0 is "1", and a float32 of .7 is "0.7".
- Text is taken for such a number only where a program wrote one: a whole number with zeros for a fraction ("1.0",
  "-3.00"), or a power with a signed exponent ("1e+05"). "007", "1.10", "+1", "1E5" and "1,0" stay what they are, since
  codes and versions look like that; `alike` finds those that may be one value all the same.
- "True" and "TRUE" are "true", "False" and "FALSE" are "false".
"""

from __future__ import annotations

import math
import re
import unicodedata

#: Stripped from both ends of a value: white space of Unicode, and the mark that a file begins with.
BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
#: A whole number with a fraction of zeros; the first group is the number. RE2 and Python read it alike.
WHOLE = r"^(-?(?:0|[1-9][0-9]*))\.0+$"
#: A number as programs write very large and very small ones.
POWER = r"^-?[0-9](?:\.[0-9]+)?[eE][-+][0-9]{2,3}$"
TRUTH = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
_WHOLE, _POWER = re.compile(WHOLE, re.ASCII), re.compile(POWER, re.ASCII)


def as_label(value: object) -> str:
    """Spell a value: 1, 1.0, "1.0" and " 1 " are "1", True is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    text = str(value).strip(BLANKS)
    if whole := _WHOLE.match(text):
        return "0" if whole[1] == "-0" else whole[1]
    if _POWER.match(text) and math.isfinite(float(text)):
        return as_label(float(text))
    return "0" if text == "-0" else TRUTH.get(text, text)


def alike(text: str) -> str:
    """Reduce a value to what it may be a spelling of: case, blanks, invisible characters and zeros do not count.

    Two values with the same reduced form look alike; whether they are the same, only people can say.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in {"Cf", "Cc"})
    plain = plain.rstrip(".") or plain
    if re.fullmatch(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]{1,3})?", plain, re.ASCII):
        return as_label(float(plain))
    return plain

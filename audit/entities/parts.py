"""Tags taken apart into a letter and a type, and the schemes that they may be of. A typo is an error, never a type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from audit.config.spelling import BLANKS
from audit.entities.entity import OUTSIDE, UNTYPED
from audit.entities.schemes import ALIASES, LETTERS, SCHEMES, Part, Scheme, candidates
from audit.errors import AuditError, ConfigError, some

#: Makes the error of a problem, a hint and a tag at fault; the caller knows the file, the column and the row.
Wrong = Callable[[str, str, str], AuditError]

_TELL = "tags are O, or a letter and a type (B-person); say which scheme they are of, `bare` for types without letters"
#: A bare type that may be a tag with its letter written otherwise: b-person, B_person, -person, X-person, person-B.
_DOUBTFUL = re.compile(rf"[A-Za-z]?[-_:./|].*|.*[-_:./|][{''.join(sorted(LETTERS))}]", re.DOTALL)


def scheme_named(name: str) -> Scheme:
    """Find a scheme by one of its names.

    Raises
    ------
    ConfigError
        With the names there are.
    """
    found = SCHEMES.get(ALIASES.get(name, name))
    if found is None:
        raise ConfigError(f"{name!r} is no scheme of tags; there are {some([*SCHEMES, *ALIASES], 20)}")
    return found


def take_apart(tags: Iterable[str], scheme: str | None, wrong: Wrong) -> tuple[dict[str, Part], list[Scheme]]:
    """Take apart all tags of a data set, or of a model.

    Parameters
    ----------
    tags
        All of them; how often and in which order does not count.
    scheme
        Name of their scheme; None to find out.

    Returns
    -------
    parts, schemes
        Each tag taken apart, and the schemes that they may be of, the likelier first.

    Raises
    ------
    AuditError
        As `wrong` makes it, for tags that are of no scheme, or not of this one.
    """
    seen = sorted(set(tags))
    inside = [tag for tag in seen if tag != OUTSIDE]
    given = None if scheme is None else scheme_named(scheme)
    if near := [tag for tag in inside if tag.strip(BLANKS).upper() in {OUTSIDE, ""}]:
        raise wrong(f"{some(near)} is no tag", "what is part of no entity is tagged O, exactly", near[0])
    if _is_bare(inside, given, OUTSIDE in seen, wrong):
        parts: dict[str, Part] = {tag: ("", tag) for tag in inside}
        schemes = [SCHEMES["bare"]]
    else:
        parts = _lettered(inside, given, wrong)
        letters = {part[0] for part in parts.values() if part}
        schemes = [given] if given else candidates(letters)
        if not schemes:
            rarest = max(parts, key=lambda tag: "BIESLUM".index(tag[0]))
            raise wrong(f"no scheme has all the letters {', '.join(sorted(letters))}", _TELL, rarest)
    for tag, part in parts.items():
        if part and (part[1] in {OUTSIDE, ""} or part[1] != part[1].strip(BLANKS)):
            fault = "is O" if part[1] == OUTSIDE else "has blanks around it" if part[1] else "is missing"
            raise wrong(f"tag {some([tag])}: the type {fault}", "write a letter, a hyphen and the type: B-person", tag)
    return {OUTSIDE: None, **parts}, schemes


def _is_bare(inside: list[str], given: Scheme | None, has_outside: bool, wrong: Wrong) -> bool:
    """Whether tags are types without letters; an error where that is in doubt."""
    if given is not None:
        return given.name == "bare"
    lettered = [tag for tag in inside if tag in LETTERS or (tag[:1] in LETTERS and tag[1:2] == "-")]
    if not inside or len(lettered) == len(inside):
        return False
    if lettered:
        odd = [tag for tag in inside if tag not in lettered]
        raise wrong(
            f"{some(odd)} begins with none of the letters {', '.join(sorted(LETTERS))} and a hyphen", _TELL, odd[0]
        )
    if doubtful := [tag for tag in inside if _DOUBTFUL.fullmatch(tag)]:
        raise wrong(f"{some(doubtful)} may be a type, or a tag that is written otherwise", _TELL, doubtful[0])
    if not has_outside:
        raise wrong(f"no tag is O, among {some(inside)}", _TELL, inside[0])
    return True


def _lettered(inside: list[str], given: Scheme | None, wrong: Wrong) -> dict[str, Part]:
    letters = given.letters if given else LETTERS
    if odd := [tag for tag in inside if tag[:1] not in letters or tag[1:2] not in {"-", ""}]:
        name = given.name if given else "any scheme"
        raise wrong(f"{some(odd)} is no tag of {name}, whose letters are {', '.join(sorted(letters))}", _TELL, odd[0])
    untyped = [tag for tag in inside if len(tag) == 1]
    if untyped and len(untyped) < len(inside):
        raise wrong(
            f"{some(untyped)} names no type, while other tags do", "write the type after a hyphen: B-person", untyped[0]
        )
    return {tag: (tag[0], tag[2:] if tag[1:] else UNTYPED) for tag in inside}

"""All transforms, by the kind of example and the language that they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.config.robustness import MeasurementError
from audit.errors import ConfigError, some
from audit.probes.robustness import (
    casing,
    chinese_script,
    chinese_width,
    contractions,
    emoji,
    homophones,
    lookalikes,
    numbers,
    pictures,
    punctuation,
    spelling,
    typing_errors,
)
from audit.probes.robustness.transform import Transform

ANY_LANGUAGE: tuple[Transform, ...] = (
    *punctuation.TRANSFORMS,
    *lookalikes.TRANSFORMS,
    *emoji.TRANSFORMS,
)
ENGLISH: tuple[Transform, ...] = (
    *typing_errors.TRANSFORMS,
    *casing.TRANSFORMS,
    *contractions.TRANSFORMS,
    *spelling.TRANSFORMS,
)
CHINESE: tuple[Transform, ...] = (
    *chinese_width.TRANSFORMS,
    *chinese_script.TRANSFORMS,
    *homophones.TRANSFORMS,
)
PICTURES: tuple[Transform, ...] = pictures.TRANSFORMS
BY_LANGUAGE = {"en": ENGLISH, "zh": CHINESE}
NAMES = tuple(one.name for one in (*ENGLISH, *ANY_LANGUAGE, *CHINESE, *PICTURES, *numbers.number_transforms({})))
#: Why an example, or a place of it, is left as it is.
REASONS = (
    "no_place",
    "no_text",
    "no_picture",
    "no_numbers",
    "no_form",
    "spared",
    "words",
    "address",
    "markup",
    "number",
    "negation",
    "short",
    "unknown_word",
    "contraction",
    "another_word",
    "capitals_mean",
    "question",
    "ellipsis",
    "abbreviation",
    "open",
    "inverted",
    "stressed",
    "name",
    "carries_meaning",
    "mixed_script",
    "in_sentence",
    "unreadable",
    "out_of_range",
    "no_contrast",
    "no_error_stated",
    "sign",
    "too_small",
)


def transforms_for(
    kind: str,
    languages: Iterable[str],
    wanted: Sequence[str] = (),
    errors: Mapping[str, MeasurementError] | None = None,
) -> list[Transform]:
    """List the transforms for a kind of example.

    Parameters
    ----------
    kind
        Of `audit.probes.robustness.transform.READS`.
    languages
        Of texts: `en`, `zh`.
    wanted
        Names; all that suit if empty.
    errors
        Error of each feature, for numbers.

    Raises
    ------
    ConfigError
        If a name is unknown.
    """
    if unknown := [name for name in wanted if name not in NAMES]:
        raise ConfigError(
            f"no transform is called {some(unknown)}",
            where="probes.robustness.transforms",
            hint=f"there are {', '.join(NAMES)}",
        )
    texts = [one for language in dict.fromkeys(languages) for one in BY_LANGUAGE[language]]
    known = (*texts, *ANY_LANGUAGE, *PICTURES, *numbers.number_transforms(errors or {}))
    return [one for one in known if kind in one.reads and (not wanted or one.name in wanted)]

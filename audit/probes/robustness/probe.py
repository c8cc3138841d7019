"""The robustness probe: does a decision stay when an example is changed in a way that keeps the right answer?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from audit.config import AuditConfig
from audit.config.robustness import RobustnessConfig
from audit.data.examples import Asked, Words
from audit.errors import ConfigError, some
from audit.probes.asking import Model, variants_asked
from audit.probes.exchange import Version
from audit.probes.robustness.dictionary import DATA
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.text import TextTransform
from audit.probes.robustness.transform import Refused, Span, Transform
from audit.probes.robustness.transform import kind_of as narrow_kind
from audit.probes.variants import FIELDS, IMAGE, PAIR, TEXT, WORDS, Outcome, ProbedRow, Variant


class Robustness:
    """Asks about examples with typing errors, blur, noise and their like.

    Raises
    ------
    ConfigError
        If a transform or a feature is unknown, or none suits the examples.
    """

    name = "robustness"
    outcome = "changed"
    reads = frozenset({TEXT, PAIR, WORDS, FIELDS, IMAGE})
    needs_attributions = False
    flags = True

    def __init__(self, config: AuditConfig, settings: RobustnessConfig) -> None:
        self._settings, self._seed = settings, config.seed
        self._by_kind = {
            kind: transforms_for(source, settings.languages, settings.transforms, settings.measurement_error)
            for kind, source in _kinds(config).items()
        }
        known = {one.name: one for found in self._by_kind.values() for one in found}
        where = "probes.robustness.transforms"
        if unfit := [name for name in settings.transforms if name not in known]:
            raise ConfigError(
                f"{some(unfit)} changes nothing in what this model reads", where=where,
                hint=f"of these languages and kinds there are {', '.join(known) or 'none'}",
            )  # fmt: skip
        features = config.data.columns.features
        if unknown := [name for name in settings.measurement_error if features.get(name) != "number"]:
            raise ConfigError(
                f"{some(unknown)} is no number among the features", where="probes.robustness.measurement_error"
            )
        self.transforms = list(known)
        self.severities = sorted({severity for one in known.values() for severity in self._strengths(one)})

    def fingerprint(self) -> str:
        """Hash the lists of words and characters that changes are made by."""
        files = sorted(path for path in DATA.iterdir() if path.suffix in {".gz", ".tsv", ".yaml"})
        return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Make every change of every row, and see whether the decision stays."""
        return variants_asked(rows, model, self.variants)

    def variants(self, row: ProbedRow) -> list[Variant]:
        """Make the changes of one row."""
        transforms = self._by_kind.get(narrow_kind(row.example), [])
        return [variant for one in transforms for variant in self._made(one, row)]

    def _made(self, transform: Transform, row: ProbedRow) -> Iterator[Variant]:
        seed = row.seed(self._seed, self.name)
        for severity in self._strengths(transform):
            made = transform.apply(row.example, severity, seed, _spared(row))
            if isinstance(made, Refused):
                yield Variant(transform.name, severity, None, made.reason)
                if isinstance(transform, TextTransform):
                    # The places of a text are the same at every severity.
                    return
            else:
                yield Variant(transform.name, severity, Version(made.example, made.edits, made.change))

    def _strengths(self, transform: Transform) -> list[int]:
        """Severities that are asked for; of more than a change has, its last."""
        return sorted({min(severity, len(transform.severities)) for severity in self._settings.severities})


def _kinds(config: AuditConfig) -> dict[str, str]:
    """Kinds of example of an audit, and the kind whose transforms suit them."""
    columns = config.data.columns
    if columns.image is not None:
        return {"image": "image"}
    if columns.features:
        # What a feature says in words is a category.
        return {"numbers": "numbers", "fields": "numbers"}
    return {"fields": "fields"} if columns.fields else {"text": "text", "words": "words"}


def _spared(row: ProbedRow) -> Sequence[Span]:
    """Words that are the entity that is asked about: that at its place, and those with a capital behind it."""
    found = row.example.example if isinstance(row.example, Asked) else row.example
    position = row.example.position if isinstance(row.example, Asked) else None
    if position is None or not isinstance(found, Words):
        return ()
    words, end = found.words, position + 1
    while end < len(words) and words[end][:1].isupper():
        end += 1
    return [(found.starts[position], found.ends[end - 1])]

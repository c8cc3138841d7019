"""Asks about texts as speakers of another variety may write them: all its features at once, and each by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from audit.config.probes import DialectConfig
from audit.data.examples import said
from audit.probes.asking import Model, variants_asked
from audit.probes.dialect.rules import Rule, load_rules
from audit.probes.edited import edited
from audit.probes.exchange import Edit, Version
from audit.probes.robustness.protected import protected
from audit.probes.variants import FIELDS, PAIR, TEXT, Outcome, ProbedRow, Variant


class Dialect:
    """Writes features of a variety into texts."""

    name = "dialect"
    outcome = "changed"
    severities = (0,)
    reads = frozenset({TEXT, PAIR, FIELDS})
    needs_attributions = False
    flags = True

    def __init__(self, settings: DialectConfig) -> None:
        self._varieties = load_rules(settings.varieties, settings.rules)
        rules = {rule.code: [rule] for rules in self._varieties.values() for rule in rules}
        self._made: dict[str, list[Rule]] = {**self._varieties, **rules}
        self.transforms = list(self._made)

    def fingerprint(self) -> str:
        """Hash the rules."""
        plain = [rule.model_dump_json() for rules in self._varieties.values() for rule in rules]
        return hashlib.sha256("\n".join(plain).encode()).hexdigest()

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Write every text in every way, and let the model decide."""
        return variants_asked(rows, model, self.variants)

    def variants(self, row: ProbedRow) -> list[Variant]:
        """Make the changes of one row; a text without the feature is refused."""
        text = said(row.example)
        out = []
        for name, rules in self._made.items():
            edits = edits_of(text, rules)
            version = Version(edited(row.example, edits), tuple(edits)) if edits else None
            out.append(Variant(name, 0, version, None if edits else "no_feature"))
        return out


def edits_of(text: str, rules: Sequence[Rule]) -> list[Edit]:
    """Say what rules replace in a text; where two meet, the first of them does.

    Addresses, mentions, hashtags and markup stay.
    """
    kept = [(start, end) for start, end, _ in protected(text, negations=False)]
    taken: list[tuple[int, int]] = list(kept)
    found: list[Edit] = []
    for rule in rules:
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken):
                continue
            new = _cased(match.group(), match.expand(rule.put))
            if new != match.group():
                taken.append((start, end))
                found.append(Edit(start, end, match.group(), new))
    return sorted(found, key=lambda edit: edit.start)


def _cased(old: str, new: str) -> str:
    """Give what is put there the capitals of what was there."""
    letters = [letter for letter in old if letter.isalpha()]
    if len(letters) > 2 and all(letter.isupper() for letter in letters):
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new

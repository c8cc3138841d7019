"""What the words of a report mean: a sentence for every term, with its formula and where it comes from.

The words of a language stand in a data file beside this module. A metric is called there what the message catalogue
calls it, so that its entry needs no term of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from audit.errors import ConfigError
from audit.report.wording import Catalogue, NoWords

METRIC = "metric."


@dataclass(frozen=True)
class Entry:
    """What one term means.

    Attributes
    ----------
    code
        What templates call it: `lower_bound`, or `metric.` and the name of a metric.
    term
        What readers call it.
    sentence
        What it says, for readers who have never met it.
    formula
        How it is computed; None where that says no more than the sentence.
    source
        Who defined it: a publication, a law, a library or a document of this project; None for plain words.
    """

    code: str
    term: str
    sentence: str
    formula: str | None = None
    source: str | None = None


class Glossary(Mapping[str, Entry]):
    """All terms of one language, by code.

    Parameters
    ----------
    t
        Catalogue of the language, which names the metrics.
    """

    def __init__(self, t: Catalogue) -> None:
        source = files("audit.report.glossary") / f"{t.language}.json"
        if not source.is_file():
            raise ConfigError(f"there is no glossary in language {t.language!r}", hint="en is there")
        self._entries = {
            code: Entry(code, **({"term": t.metric(code.removeprefix(METRIC))} | told))
            for code, told in json.loads(source.read_text(encoding="utf-8")).items()
        }

    def __getitem__(self, code: str) -> Entry:
        """Return the entry of a code.

        Raises
        ------
        NoWords
            For a code that no entry has.
        """
        if code not in self._entries:
            raise NoWords(f"the glossary has no entry {code!r}")
        return self._entries[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def metric(self, name: str) -> Entry | None:
        """Return the entry of a metric; None for one that an installed package brings."""
        return self._entries.get(METRIC + name)

"""Words and numbers as readers see them: the message catalogue, and text that cannot play tricks."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ConfigError
from audit.fairness.metrics.names import PROBE_RATE, TOKEN_GAP
from audit.report.lines import broken, filled
from audit.text import LANGUAGES, cut, visible

if TYPE_CHECKING:
    from audit.result import AuditResult, Note


def chart_text(text: str, width: int = 24) -> str:
    """Make text safe as a Plotly label, which reads a little HTML, and break it into lines."""
    return "<br>".join(
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in broken(visible(text), width, 3)
    )


def group_name(values: Sequence[str]) -> str:
    """Name one slice of one or several attributes."""
    return " × ".join(values)


def percent(value: float | None, digits: int = 1) -> str:
    """A rate in percent; an en dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.{digits}f}\u00a0%"


def points(value: float | None) -> str:
    """A difference of rates in percentage points."""
    return "–" if value is None else f"{100 * value:z.1f}"


def decimal(value: float | None, digits: int = 3) -> str:
    """A plain number."""
    return "–" if value is None else f"{value:z.{digits}f}"


def number(value: float | None) -> str:
    """A number of any size: five digits that count, with separators."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.5g}"


def signed(value: float | None, digits: int = 3) -> str:
    """A change, with its sign; none where it rounds to zero."""
    if value is None:
        return "–"
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def signed_points(value: float | None) -> str:
    """A change of a rate in percentage points, with its sign."""
    return signed(None if value is None else 100 * value, 1)


def count(value: int | float | None) -> str:
    """A count with thousands separators."""
    return "–" if value is None else f"{value:,.0f}"


def people(value: float | None) -> str:
    """A number of people: whole ones, from ten on."""
    if value is None:
        return "–"
    return (f"{value:,.0f}" if abs(value) >= 10 else f"{value:z.1f}").replace("-", "−")


def css_share(value: float) -> str:
    """A length in a style, as a share of what is around it."""
    return f"{100 * value:.2f}%"


def css_position(place: tuple[float, float]) -> str:
    """A place on a grid in a style: so many cells from the edge, of so many."""
    return css_share(place[0] / place[1])


#: How a page names the language it is written in (BCP 47): so browsers choose its fonts, breaks and hyphens.
PAGE_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


class NoWords(AuditError, LookupError):
    """A result holds a code that this version has no words for."""

    code = "words"


class Catalogue:
    """All words of one language.

    Parameters
    ----------
    language
        Code of a catalogue in `messages/`.
    extra
        Words of report sections that installed packages add.
    outcome
        What decisions are: `data.outcome` of the audit, or what a model reads where that is no text (`image`, `fields`,
        `features`). A message may have words of its own for it, as `code@outcome`: a recall is called so where entities
        are found, and what is decided about them is no text.
    nothing
        Class that says that there is nothing.
    method
        How decisions were explained; it may have words of its own, too, which count for more.
    numbers
        Metrics that are no shares, beside those of this package.
    """

    def __init__(
        self,
        language: str = "en",
        extra: dict[str, str] | None = None,
        *,
        outcome: str = "class",
        nothing: str | None = None,
        method: str | None = None,
        numbers: Collection[str] = (),
    ) -> None:
        source = files("audit.report") / "messages" / f"{language}.json"
        if not source.is_file():
            raise ConfigError(f"there is no report in language {language!r}", hint=f"there are {', '.join(LANGUAGES)}")
        self.language, self.outcome, self.nothing = language, outcome, nothing
        words = {**(extra or {}), **json.loads(source.read_text(encoding="utf-8"))}
        self._words: dict[str, str] = dict(words)
        self._numbers = {TOKEN_GAP, *numbers}
        for own in (f"@{outcome}", f"@{method}"):
            self._words |= {code.removesuffix(own): text for code, text in words.items() if code.endswith(own)}

    @classmethod
    def of(cls, result: AuditResult, language: str | None = None, extra: dict[str, str] | None = None) -> Catalogue:
        """Return the words for what an audit is about, in this language or else in that of the audit."""
        # Results of the same schema may be older than this key.
        language = language or str(result.config["output"].get("language", "en"))
        outcome, read = result.config["data"]["outcome"], result.data.read
        about = read if outcome == "class" and read in {"image", "fields", "features"} else outcome
        method = result.explanations.method if result.explanations else None
        numbers = [item.name for item in result.metric_definitions if item.unit == "number"]
        return cls(language, extra, outcome=about, nothing=result.data.nothing, method=method, numbers=numbers)

    @property
    def page_language(self) -> str:
        """What stands as `lang` on a page."""
        return PAGE_LANGUAGES.get(self.language, self.language)

    def listed(self, items: Iterable[str]) -> str:
        """Name several things in a row."""
        return self("list.separator").join(items)

    def told(self, *items: str) -> str:
        """Add to what is told, after a comma."""
        return self("list.comma").join(items)

    def clauses(self, items: Iterable[str]) -> str:
        """Join parts of one sentence that could each stand alone."""
        return self("list.clauses").join(items)

    def sentences(self, *items: str) -> str:
        """Put whole sentences after each other."""
        return self("list.sentences").join(item for item in items if item)

    def stop(self, text: str) -> str:
        """Make a sentence of what has no end."""
        return self("list.stop", text=text)

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return self("list.sentences")

    def pair(self, name: str, value: str) -> str:
        """Say of what something is told: `name: value`."""
        return self("list.pair", name=name, value=value)

    def aside(self, text: str, aside: str) -> str:
        """Add something in brackets."""
        return self("list.aside", text=text, aside=aside)

    def __call__(self, code: str, /, **params: Any) -> str:
        """Word a code.

        Raises
        ------
        NoWords
            For a code that no version, or another one, gives; or without a parameter that its words name.
        """
        try:
            return filled(self._words[code], params)
        except (LookupError, ValueError, TypeError) as error:
            raise NoWords(
                f"there are no words for the code {code!r} with {sorted(params)}: {error}",
                hint="use the version that made the result",
            ) from None

    def remark(self, note: Note) -> str:
        """Word a note: numbers with separators, lists joined, long names cut."""
        params = {
            key: count(value)
            if isinstance(value, int)
            else self.listed(map(cut, value))
            if isinstance(value, list)
            else cut(str(value))
            for key, value in note.params.items()
        }
        return self(f"note.{note.code}", **params)

    def cls(self, name: str) -> str:
        """Name a class: what says that there is nothing is called so, and a long name is cut."""
        return self("class.nothing") if name == self.nothing else cut(name)

    def said(self, value: str) -> str:
        """Say what was decided, or is true: of one of several labels, yes or no; else the class."""
        if self.outcome == "labels":
            return self("decision.no" if value == self.nothing else "data.yes")
        return self.cls(value)

    def metric(self, name: str) -> str:
        """Name a metric; a user's own is called what the user calls it."""
        if name.startswith(PROBE_RATE):
            probe, _, change = name.removeprefix(PROBE_RATE).partition(":")
            if not change:
                return self("metric.probe", probe=self.probe(probe))
            return self("metric.probe.change", probe=self.probe(probe), change=self.change(probe, change))
        return self._words.get(f"metric.{name}", name)

    def probe(self, name: str) -> str:
        """Name a probe; one of an installed package is called what the package calls it."""
        return self._words.get(f"probe.{name}", name)

    def change(self, probe: str, name: str) -> str:
        """Name a change that a probe makes; one of the user's own is called what the user calls it."""
        return self.probe(probe) if name == probe else self._words.get(f"probe.{probe}.{name}", name)

    def phrase(self, name: str, cls: str | None = None) -> str:
        """Name a metric, and the class that it is asked of, within a sentence."""
        if name.startswith(PROBE_RATE):
            return self("phrase.probe", metric=self.metric(name))
        metric = self._words.get(f"phrase.{name}", self.metric(name))
        return self("named.of_class", metric=metric, **{"class": self.cls(cls)}) if cls else metric

    def is_number(self, metric: str) -> bool:
        """Whether a metric is a number of any size, and no share."""
        return metric in self._numbers

    def points(self, value: float | None, digits: int = 1) -> str:
        """A difference of shares, with its unit."""
        return "–" if value is None else self("amount.points", n=decimal(100 * value, digits))

    def first(self, codes: Sequence[str], /, **params: Any) -> str:
        """Word the first of these codes that has words; the last has."""
        return self(next((code for code in codes[:-1] if code in self._words), codes[-1]), **params)

    def knows(self, code: str) -> bool:
        """Whether a code has words."""
        return code in self._words

    def axis(self, name: str) -> str:
        """Name what groups of a lexicon differ in; one of a user's own is called what the user calls it."""
        return self._words.get(f"axis.{name}", name)

    def among(self, axis: str, group: str) -> str:
        """Name a group that terms of a lexicon name."""
        return self._words.get(f"axis.{axis}.{group}", group)

    def identity(self, name: str) -> str:
        """Name an identity concept, which results call `axis: group`."""
        axis, found, group = name.partition(": ")
        return self.pair(self.axis(axis), self.among(axis, group)) if found else name

    def swap(self, axis: str, source: str, target: str, *, both: bool = False) -> str:
        """Name what became what."""
        return f"{self.among(axis, source)} {'↔' if both else '→'} {self.among(axis, target)}"

    def note(self, code: str | None) -> str:
        """Word the reason of an undefined value."""
        return "" if code is None else self._words.get(f"undefined.{code}", code)

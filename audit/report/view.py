"""What a report section may look at: the result, the words, and the decisions whose text may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from audit.report.charts import Chart
from audit.report.documents import Audience
from audit.report.drawing import Drawing, Kept, draw
from audit.report.glossary import Glossary
from audit.report.islands import FIRST, Island
from audit.report.wording import Catalogue
from audit.result import AuditResult, Disparity, MetricValue
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table


@dataclass(frozen=True)
class ShownDecision:
    """One explained decision whose text is kept."""

    row_id: str
    decision: dict[str, Any]
    explanation: dict[str, Any] | None


@dataclass
class View:
    """Everything a section is built from.

    Attributes
    ----------
    audience
        Who reads it.
    charts
        Charts that sections add; the page carries their data once.
    frameworks
        Compliance packs to go through, by id.
    islands
        The rest of every long list.
    """

    #: Items of a list that stand in the page.
    first = FIRST

    result: AuditResult
    folder: RunFolder
    t: Catalogue
    audience: Audience = "internal"
    charts: list[Chart] = field(default_factory=list)
    frameworks: tuple[str, ...] = ()
    islands: dict[str, Island] = field(default_factory=dict)

    @cached_property
    def glossary(self) -> Glossary:
        """What the terms mean."""
        return Glossary(self.t)

    def explains(self, code: str) -> bool:
        """Whether the glossary has a term: metrics of installed packages have none."""
        return code in self._terms

    @cached_property
    def _terms(self) -> frozenset[str]:
        return frozenset(self.glossary)

    def island(self, code: str) -> Island:
        """Begin the rest of a list; no other has its name."""
        if code in self.islands:
            raise ValueError(f"there is a list {code!r} already")
        self.islands[code] = Island(code)
        return self.islands[code]

    def add_chart(self, chart: Chart) -> Chart:
        """Put a chart on the page, with a name that no other has."""
        chart.id = f"chart-{len(self.charts) + 1}"
        self.charts.append(chart)
        return chart

    @cached_property
    def _metrics(self) -> dict[tuple[Any, ...], MetricValue]:
        return {
            (tuple(v.attributes), tuple(v.stratum.items()), tuple(v.group), v.metric, v.cls): v
            for v in self.result.metrics
        }

    def metric(
        self,
        attributes: Sequence[str],
        group: Sequence[str],
        metric: str,
        cls: str | None,
        stratum: dict[str, str] | None = None,
    ) -> MetricValue | None:
        """Look up one metric of one group."""
        return self._metrics.get((tuple(attributes), tuple((stratum or {}).items()), tuple(group), metric, cls))

    @cached_property
    def asked(self) -> list[str]:
        """Classes, but that which says that there is nothing."""
        return [cls for cls in self.result.classes if cls != self.result.data.nothing]

    @cached_property
    def names_class(self) -> bool:
        """Whether a metric says of which class it is: of two classes, one is the other's rest."""
        return len(self.result.classes) > 2 or self.result.data.nothing is not None

    def is_number(self, metric: str) -> bool:
        """Whether a metric is a number rather than a share, and so not shown in percent."""
        return metric in self._numbers

    def is_proportion(self, metric: str) -> bool:
        """Whether a metric is a count over a count."""
        return any(item.name == metric and item.method == "exact" for item in self.result.metric_definitions)

    @cached_property
    def _numbers(self) -> set[str]:
        return {item.name for item in self.result.metric_definitions if item.unit == "number"}

    def columns(self, attributes: Sequence[str]) -> list[tuple[str, str | None]]:
        """Metrics of a slicing, each with its class, in the order they were computed."""
        wanted = list(attributes)
        return list(
            dict.fromkeys((v.metric, v.cls) for v in self.result.metrics if v.attributes == wanted and not v.stratum)
        )

    def disparities(self, attributes: Sequence[str], *, pooled: bool = True) -> list[Disparity]:
        """Gaps of a slicing, pooled or within strata."""
        wanted = list(attributes)
        return [gap for gap in self.result.disparities if gap.attributes == wanted and (not gap.stratum) is pooled]

    @cached_property
    def text_available(self) -> bool:
        """Whether this run still holds the text of shown rows."""
        return self.folder.inputs.exists() and self.folder.attributions.exists()

    @cached_property
    def shown(self) -> list[ShownDecision]:
        """Explained decisions whose text may be shown, in the order the result gives."""
        explained = self.result.explanations
        return [item for item in self.lookup(explained.shown if explained else []) if item.explanation is not None]

    def lookup(self, rows: Sequence[str]) -> list[ShownDecision]:
        """Decisions whose text is kept, in this order, with their explanation if there is one."""
        wanted = [row for row in rows if row in self.texts]
        return [ShownDecision(row, self._kept_decisions[row], self._kept_explanations.get(row)) for row in wanted]

    @cached_property
    def texts(self) -> dict[str, str]:
        """Decision -> text, of the decisions whose text was kept."""
        return {row: kept["input"] for row, kept in self._kept_inputs.items()}

    @property
    def noisy(self) -> bool:
        """Whether numbers are made of differentially private counts."""
        publication = self.result.publication
        return publication is not None and publication.privacy is not None

    @property
    def redacted(self) -> bool:
        """Whether texts were kept and are gone: not where there were none, or none may be shown."""
        config = self.result.config
        return not self.texts and bool(config["explanations"]["shown"] and self.result.data.read)

    def kept(self, row_id: str) -> Kept:
        """What is kept of the example of a decision."""
        found = self._kept_inputs[row_id]
        grid = self.result.model.grid if self.result.model else None
        return Kept.of(self.result.data.read, found["input"], found["fields"], found["image"], grid)

    def exchanged_image(self, row_id: str) -> bytes | None:
        """Return the thumbnail of a picture's exchange."""
        image: bytes | None = self._kept_inputs[row_id]["exchanged"]
        return image

    def draw(
        self, row_id: str, explanation: Mapping[str, Any] | None, column: str = "attributions", strongest: float = 0.0
    ) -> Drawing:
        """Draw the example of a decision, with what the decision is about marked, where that is a part of it."""
        found = self._kept_inputs[row_id]
        place = None if found["start"] is None else (found["start"], found["end"])
        return draw(self.kept(row_id), explanation, column=column, strongest=strongest, place=place)

    @cached_property
    def _kept_inputs(self) -> dict[str, dict[str, Any]]:
        if not self.folder.inputs.exists():
            return {}
        return {row["row_id"]: row for row in read_table(self.folder.inputs).to_pylist()}

    @cached_property
    def _kept_decisions(self) -> dict[str, dict[str, Any]]:
        return {row["row_id"]: row for row in read_table(self.folder.decisions, ids=self.texts).to_pylist()}

    @cached_property
    def _kept_explanations(self) -> dict[str, dict[str, Any]]:
        if not self.folder.attributions.exists() or not self.texts:
            return {}
        return {row["row_id"]: row for row in read_table(self.folder.attributions, ids=self.texts).to_pylist()}

    @cached_property
    def contributions(self) -> dict[str, dict[str, Any]]:
        """Attributions of the score, of rows whose text was kept."""
        if not self.folder.contributions.exists() or not self.texts:
            return {}
        return {row["row_id"]: row for row in read_table(self.folder.contributions, ids=self.texts).to_pylist()}

    @cached_property
    def flagged(self) -> list[dict[str, Any]]:
        """Flagged decisions that the report may show, worst first."""
        wanted = set(self.result.flags.shown)
        # The worst stand first: of a hundred thousand, a few are read.
        found = (row for row in self.folder.read_flagged() if row["row_id"] in wanted)
        return list(islice(found, len(wanted)))

"""A history told: the same parts for a terminal, for Markdown and for a page with charts over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from audit.report.markdown import row, safe, strong
from audit.report.monitoring.words import Words, share
from audit.report.terminal.page import Line, Page, Style
from audit.report.wording import Catalogue, count, decimal, percent
from audit.result.monitoring import Alarm, Monitoring, Series

#: Rows of a table in a terminal or a summary; the page and the JSON hold all.
MOST_ROWS = 12
#: Evidence that is told as a number.
MOST_TOLD = 1_000_000
ICONS = {"pass": "✓", "fail": "✕", "inconclusive": "?", "undefined": "–"}
_STYLES: dict[str, Style] = {"pass": "pass", "fail": "fail", "inconclusive": "open", "undefined": "open"}


@dataclass(frozen=True)
class Item:
    """A sentence behind a mark, with what to do about it."""

    mark: str
    status: Literal["fail", "warn", "open", "note"]
    text: str
    more: str = ""


@dataclass(frozen=True)
class Block:
    """One part of what is told.

    Attributes
    ----------
    code
        What it is called in addresses.
    """

    code: str
    title: str
    lead: str = ""
    items: tuple[Item, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    series: tuple[Series, ...] = field(default=(), repr=False)


class Told:
    """What monitoring found, in words.

    Parameters
    ----------
    found
        What is told.
    t
        Words of a language.
    """

    def __init__(self, found: Monitoring, t: Catalogue) -> None:
        self.found, self.t, self.words = found, t, Words(found, t)

    @property
    def verdict(self) -> str:
        """The verdict in one word."""
        return self.t(f"verdict.{self.found.status}")

    @property
    def why(self) -> str:
        """What it means."""
        numbers = [alarm.severity for alarm in self.found.standing]
        code = self.found.status if numbers or self.found.status != "pass" else "calm"
        return self.t(f"monitor.why.{code}", errors=numbers.count("error"), n=len(numbers))

    @property
    def scope(self) -> str:
        """What was looked at."""
        found, t = self.found, self.t
        if not found.windows:
            return t("monitor.empty")
        return t(
            "monitor.scope",
            windows=count(len(found.windows)),
            first=found.windows[0].start,
            last=found.windows[-1].end,
            decisions=count(sum(window.decisions for window in found.windows)),
            labelled=count(sum(window.labelled for window in found.windows)),
            watched=count(found.watched),
        )

    def blocks(self) -> list[Block]:
        """Everything beneath the verdict, in the order of reading."""
        parts = [self._alarms(), self._limits(), self._gaps(), self._drifts(), self._epochs(), self._notes()]
        return [part for part in parts if part.items or part.rows or part.lead]

    def _alarms(self) -> Block:
        t, current = self.t, self.found.standing
        earlier = [alarm for alarm in self.found.alarms if alarm not in current]
        items = [self._alarm(alarm) for alarm in sorted(current, key=lambda alarm: alarm.severity != "error")]
        items += [Item("·", "note", t("monitor.earlier", epoch=a.epoch, said=self.words.alarm(a))) for a in earlier]
        lead = "" if current else t("monitor.none", level=percent(1 - self.found.level, 0))
        return Block("alarms", t("monitor.alarms", n=len(current)), lead, tuple(items))

    def _alarm(self, alarm: Alarm) -> Item:
        error = alarm.severity == "error"
        said = self.words.sentence(alarm)
        return Item("✕" if error else "▲", "fail" if error else "warn", said, self.t(f"monitor.do.{alarm.code}"))

    def _limits(self) -> Block:
        t, order = self.t, ["fail", "inconclusive", "pass"]
        states = sorted(self.found.limits, key=lambda state: (order.index(state.status), -state.evidence))
        rows = tuple(
            (
                self.words.subject(state.attributes, state.metric, state.cls, state.groups),
                state.rule,
                t(f"verdict.{state.status}"),
                self._value(state.value, ratio=state.aggregate == "ratio"),
                self._value(state.limit, ratio=state.aggregate == "ratio"),
                t("monitor.of_needed", evidence=_times(state.evidence), needed=_times(state.needed)),
            )
            for state in states
        )
        names = ("what", "rule", "verdict", "so_far", "limit", "evidence")
        return Block(
            "limits", t("monitor.limits"), t("monitor.limits.lead") if rows else "", (), self._head(names), rows
        )

    def _value(self, value: float | None, *, ratio: bool) -> str:
        return decimal(value, 2) if ratio else percent(value)

    def _gaps(self) -> Block:
        series = [one for one in self.found.series if one.kind in {"gap", "group"} and one.points]
        return self._course("gaps", sorted(series, key=lambda one: (not one.changed, -abs(one.value or 0.0))))

    def _drifts(self) -> Block:
        series = [one for one in self.found.series if one.kind not in {"gap", "group"} and one.points]
        return self._course("drifts", sorted(series, key=lambda one: (not one.changed, one.kind)))

    def _course(self, code: str, series: list[Series]) -> Block:
        t = self.t
        rows = tuple(
            (
                self.words.of_series(one),
                share(one.value),
                share(one.points[-1].value),
                t("monitor.bounds", lower=share(one.lower), upper=share(one.upper)),
                t("monitor.changed" if one.changed else "monitor.unchanged"),
            )
            for one in series
        )
        names = ("what", "so_far", "latest", "between", "change")
        lead = t(f"monitor.{code}.lead") if rows else ""
        return Block(code, t(f"monitor.{code}"), lead, (), self._head(names), rows, tuple(series))

    def _epochs(self) -> Block:
        t = self.t
        rows = tuple(
            (
                str(epoch.number),
                epoch.start,
                t(f"monitor.began.{epoch.began}", reason=epoch.reason or ""),
                epoch.model_sha256[:12] if epoch.model_sha256 else t("banner.no_model"),
                count(epoch.windows),
                count(epoch.labelled),
                percent(epoch.level, 2),
            )
            for epoch in self.found.epochs
        )
        names = ("epoch", "since", "because", "model", "windows", "labelled", "level")
        lead = t("monitor.epochs.lead", level=percent(1 - self.found.level, 0)) if rows else ""
        return Block("epochs", t("monitor.epochs"), lead, (), self._head(names), rows)

    def _notes(self) -> Block:
        items = tuple(Item("·", "note", self.t.remark(note)) for note in self.found.notes)
        return Block("notes", self.t("monitor.notes"), self.t("monitor.head", head=self.found.head), items)

    def _head(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.t(f"monitor.column.{name}") for name in names)

    def terminal(self, width: int) -> list[Line]:
        """Lines of a terminal."""
        page = Page(width)
        page.text(self.t("terminal.verdict", verdict=self.verdict, why=self.why), _STYLES[self.found.status])
        page.text(self.t.pair(self.found.title, self.scope), "dim")
        for block in self.blocks():
            page.heading(block.title)
            if block.lead:
                page.text(block.lead)
            for item in block.items:
                style: Style = "dim" if item.status == "note" else item.status
                page.item(item.text, item.mark, style)
                if item.more:
                    page.text(item.more, "dim", indent=4)
            if block.rows:
                page.table(block.head, block.rows[:MOST_ROWS])
            if len(block.rows) > MOST_ROWS:
                page.text(self.t("monitor.more", n=count(len(block.rows) - MOST_ROWS)), "dim")
        return page.lines

    def markdown(self) -> str:
        """A summary for CI."""
        t = self.t
        lines = [f"# {safe(t('monitor.title', title=self.found.title))}", ""]
        lines += [t.sentences(strong(self.verdict, t), self.why), "", safe(self.scope)]
        for block in self.blocks():
            lines += ["", f"## {safe(block.title)}", ""]
            lines += [safe(block.lead), ""] if block.lead else []
            lines += [f"- {item.mark} {safe(t.sentences(item.text, item.more))}" for item in block.items]
            if block.rows:
                lines += [row(list(block.head)), row(["---"] * len(block.head))]
                lines += [row(list(cells)) for cells in block.rows[:MOST_ROWS]]
            if len(block.rows) > MOST_ROWS:
                lines += ["", t("monitor.more", n=count(len(block.rows) - MOST_ROWS))]
        return "\n".join(lines) + "\n"


def _times(capital: float) -> str:
    """What capital of 1 has become."""
    if capital >= MOST_TOLD:
        return f"> {count(MOST_TOLD)}"
    return count(capital) if capital >= 100 else f"{capital:.2g}"

"""How monitoring calls what it watches, and what an alarm says."""

from __future__ import annotations

from audit.report.wording import Catalogue, decimal, group_name, percent
from audit.result.monitoring import Alarm, Monitoring, Series
from audit.text import cut


def share(value: float | None) -> str:
    """A share, or a gap between two, with a minus that is one."""
    return percent(value).replace("-", "−")


class Words:
    """Names and sentences.

    Parameters
    ----------
    found
        What is told: whether it speaks of one class decides how metrics are called.
    """

    def __init__(self, found: Monitoring, t: Catalogue) -> None:
        self.t = t
        self._several = len({one.cls for one in found.series if one.cls is not None}) > 1

    def metric(self, metric: str, cls: str | None) -> str:
        """Name a metric, and its class where there are several."""
        name = self.t.metric(metric)
        return self.t.aside(name, self.t.cls(cls)) if cls is not None and self._several else name

    def subject(self, attributes: list[str], metric: str | None, cls: str | None, groups: list[list[str]]) -> str:
        """Name a gap, or a rate of one group."""
        names = [cut(group_name(group)) for group in groups]
        of = self.t("monitor.over", high=names[0], low=names[1]) if len(names) == 2 else names[0]
        return self.t("monitor.subject", metric=self.metric(metric or "", cls), attribute=group_name(attributes), of=of)

    def of_series(self, one: Series | Alarm) -> str:
        """Name what is watched over time."""
        if one.metric is not None:
            return self.subject(one.attributes, one.metric, one.cls, one.groups)
        if one.kind == "groups":
            return self.t("monitor.share", group=cut(group_name(one.groups[0])), attribute=group_name(one.attributes))
        return self.t(f"monitor.kind.{one.kind}", **({"class": self.t.cls(one.cls)} if one.cls is not None else {}))

    def alarm(self, alarm: Alarm) -> str:
        """Say what an alarm is about, in short."""
        return self.t(f"monitor.alarm.{alarm.code}", what=self.of_series(alarm))

    def sentence(self, alarm: Alarm) -> str:
        """Say everything about an alarm."""
        t = self.t
        show = (lambda value: decimal(value, 2)) if alarm.kind == "ratio" else share
        parts = [t.stop(self.alarm(alarm))]
        if alarm.kind in {"limit", "ratio"}:
            parts.append(t(f"monitor.limit.{alarm.kind}", limit=show(alarm.limit), value=show(alarm.value)))
        change = alarm.change
        if change is not None:
            parts.append(t("monitor.change", before=show(change.before), after=show(change.after), best=change.best))
            if change.earliest != change.latest:
                parts.append(t("monitor.change.range", earliest=change.earliest, latest=change.latest))
        parts.append(t("monitor.raised", raised=alarm.raised))
        if alarm.rule is not None:
            parts.append(t("monitor.rule", rule=cut(alarm.rule)))
        return t.sentences(*parts)

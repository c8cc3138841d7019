"""The story of a stream: its table cut into windows, each audited and added to a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from audit.config import AuditConfig, PeriodConfig, PolicyConfig
from audit.config.times import moment, spelled
from audit.errors import ConfigError, RunFolderError
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.names import CRITERIA
from audit.monitoring.add import Wish, add_to
from audit.monitoring.history import History, read_history
from audit.monitoring.record import entry_of, texts_of
from audit.monitoring.windows import Window, windows_of
from audit.pipeline.calls import open_run
from audit.pipeline.run import run
from audit.policy.rules import PRESETS
from audit.result import AuditResult, Note
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder


@dataclass(frozen=True)
class Stream:
    """A table that grows, and how it is cut.

    Attributes
    ----------
    column
        Column of times.
    size
        Length of a window.
    until
        Windows that end by then are complete.
    late_labels
        Audit windows again that have more labels than the history knows.
    """

    config: AuditConfig
    column: str
    size: timedelta
    until: datetime
    late_labels: bool = False


def add_run(path: Path, folder: Path, window: tuple[str, str] | None, wish: Wish) -> tuple[History, list[Note]]:
    """Add a finished run to a history.

    Parameters
    ----------
    window
        Start and end; default: the run's own `data.period`, or else the day on which it was audited.
    wish
        With the configuration of the stream, its table is read again for its words.
    """
    opened = open_run(folder)
    notes: list[Note] = []
    if window is None:
        window, notes = _own_window(opened.result)
    entry = entry_of(opened.store, opened.result, *window)

    def texts() -> Iterable[str] | None:
        return None if wish.config is None else texts_of(_with_period(wish.config, opened.result), opened.result)

    history, more = add_to(path, entry, opened.result, wish, texts)
    return history, [*notes, *more]


def _with_period(config: AuditConfig, result: AuditResult) -> AuditConfig:
    """Return a configuration with the period of a run, which `--set` may have given."""
    period = result.config["data"].get("period")
    if period is None or config.data.period is not None:
        return config
    return config.model_copy(update={"data": config.data.model_copy(update={"period": PeriodConfig(**period)})})


def _own_window(result: AuditResult) -> tuple[tuple[str, str], list[Note]]:
    period = result.config["data"].get("period")
    if period:
        return (spelled(moment(period["start"])), spelled(moment(period["end"]))), []
    day = moment(result.timings.started).replace(hour=0, minute=0, second=0, microsecond=0)
    window = spelled(day), spelled(day + timedelta(days=1))
    return window, [Note(code="monitor_day_of_run", params={"start": window[0]})]


def follow(
    stream: Stream, path: Path, runs: Path, wish: Wish, progress: Progress, told: Callable[[Window, int, int], None]
) -> tuple[History, list[Note]]:
    """Audit every complete window that the history lacks, the earliest first.

    Parameters
    ----------
    runs
        Folder of the windows' run folders.
    told
        Called before each window is audited, with its number and how many there are.

    Raises
    ------
    ConfigError
        If no window is complete, or the configuration names a period of its own.
    """
    config = stream.config
    if config.data.period is not None:
        raise ConfigError("data.period is what each window sets; leave it out", where="data.period")
    found = windows_of(config, stream.column, stream.size)
    complete = [window for window in found if window.end <= stream.until]
    if not complete:
        first = f"; the first ends at {found[0].end.isoformat()}" if found else ""
        raise ConfigError(
            f"no window is complete by {stream.until.isoformat()}{first}",
            where=str(config.data.path),
            hint="wait, take shorter windows with --window, or say with --until by when rows are complete",
        )
    wanted = _lacking(path, complete, late_labels=stream.late_labels)
    history, notes = (read_history(path) if path.exists() else History(path)), []
    wish = Wish(stream.config, wish.new_epoch, wish.same_epoch)
    for number, window in enumerate(wanted, 1):
        told(window, number, len(wanted))
        of_window = audited_as(config, stream.column, window, runs / spelled(window.start).replace(":", ""))
        result = run(of_window, overwrite=True, progress=progress)
        entry = entry_of(RunFolder(of_window.output.folder), result, spelled(window.start), spelled(window.end))
        history, more = add_to(path, entry, result, wish, partial(texts_of, of_window, result))
        notes += more
        # A reason for a new epoch is one for the first window that is added.
        wish = Wish(stream.config, "", wish.same_epoch)
    waiting = sum(window.end > stream.until for window in found)
    if waiting:
        notes.append(Note(code="monitor_incomplete", params={"n": waiting}))
    return history, notes


def _lacking(path: Path, windows: list[Window], *, late_labels: bool) -> list[Window]:
    known = {}
    if path.exists():
        known = {entry.start: entry.labelled for entry in read_history(path).entries}
    return [
        window
        for window in windows
        if spelled(window.start) not in known or (late_labels and window.labelled > known[spelled(window.start)])
    ]


def audited_as(config: AuditConfig, column: str, window: Window, folder: Path) -> AuditConfig:
    """Return the configuration of one window.

    Without any label yet, it is audited without metrics and rules that need some.
    """
    period = PeriodConfig(column=column, start=spelled(window.start), end=spelled(window.end))
    changes: dict[str, object] = {
        "data": config.data.model_copy(update={"period": period}),
        "output": config.output.model_copy(update={"folder": folder}),
    }
    if not window.labelled:
        changes |= {"metrics": tuple(filter(_label_free, config.metrics)), "policy": _without_labels(config.policy)}
    return config.model_copy(update=changes)


def _label_free(metric: str) -> bool:
    known = known_metrics()
    return not any(part in known and known[part].needs_labels for part in CRITERIA.get(metric, (metric,)))


def _without_labels(policy: PolicyConfig) -> PolicyConfig:
    rules = tuple(rule for rule in policy.rules if _label_free(rule.metric))
    presets = tuple(name for name in policy.presets if _label_free(PRESETS[name].metric))
    named = {*presets, *(rule.name for rule in rules)}
    waivers = tuple(waiver for waiver in policy.waivers if waiver.rule in named)
    return policy.model_copy(update={"rules": rules, "presets": presets, "waivers": waivers})


def history_of(path: Path) -> History:
    """Read a history that must be there."""
    if path.is_dir():
        raise RunFolderError("is a folder, not a history", where=str(path))
    return read_history(path)

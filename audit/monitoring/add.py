"""One more window, or labels that arrived for one: where it belongs, or why it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from audit.config import AuditConfig
from audit.config.times import moment
from audit.errors import ConfigError
from audit.monitoring.entries import Entry, Plan
from audit.monitoring.history import History, append, held, read_history
from audit.monitoring.plan import plan_of
from audit.monitoring.rates import decided, labelled_part, slicing_of
from audit.monitoring.record import with_texts
from audit.result import AuditResult, Note

Texts = Callable[[], Iterable[str] | None]


@dataclass(frozen=True)
class Wish:
    """What whoever adds a window says of its stream.

    Attributes
    ----------
    config
        Configuration of the stream, whose rules are watched; None: that of the run.
    new_epoch
        Why a new one begins with this window; empty: only if it must.
    same_epoch
        Go on with the current one although the model is another.
    """

    config: AuditConfig | None = None
    new_epoch: str = ""
    same_epoch: bool = False


_NO_WISH = Wish()


def add_to(
    path: Path, entry: Entry, result: AuditResult, wish: Wish = _NO_WISH, texts: Texts | None = None
) -> tuple[History, list[Note]]:
    """Add a window to a history, which is begun if there is none.

    Parameters
    ----------
    entry
        The window, counted; its epoch is found here.
    texts
        Gives the inputs of its rows; None: they cannot be read.

    Returns
    -------
    history, notes
        The history with it, and what there is to tell.

    Raises
    ------
    AuditError
        If the window overlaps another, is of an epoch that is over, or is not what the history knows of it.
    """
    with held(path):
        history = read_history(path) if path.exists() else History(path)
        placed, notes = place(history, entry, result, wish)
        if placed is None:
            return history, notes
        found = texts() if texts is not None and placed.kind == "window" else None
        if found is not None:
            placed = with_texts(placed, found, _vocabulary(history, placed))
        return append(history, placed), notes


def place(history: History, entry: Entry, result: AuditResult, wish: Wish) -> tuple[Entry | None, list[Note]]:
    """Find out what a window is to a history; None if it is there already."""
    latest = {old.start: old for old in history.entries}
    known = latest.get(entry.start)
    if known is not None and known.end == entry.end:
        return _again(known, entry, where=str(history.path))
    _refuse_overlap(latest, entry, str(history.path))
    current = history.entries[-1].epoch if history.entries else 0
    plan = next((old.plan for old in reversed(history.entries) if old.plan is not None), None)
    fresh = plan_of(result, plan, wish.config)
    began = _why_new(history, entry, plan, fresh, wish)
    notes = []
    last = max((moment(old.end) for old in latest.values()), default=None)
    if last is not None and moment(entry.start) < last:
        if began:
            raise ConfigError(
                f"the window from {entry.start} lies before the end of another, {last.isoformat()}, and would begin a "
                "new epoch: it is of another model, or other settings",
                where=str(history.path),
                hint="an epoch that is over takes no more windows; begin another history for it",
            )
        notes.append(Note(code="monitor_late", params={"start": entry.start}))
    if began is None:
        return entry.model_copy(update={"epoch": current}), notes
    if began != "first":
        notes.append(Note(code=f"monitor_epoch_{began}", params={"epoch": current + 1}))
    changes = {"epoch": current + 1, "began": began, "reason": wish.new_epoch or None, "plan": fresh}
    return entry.model_copy(update=changes), notes


def _again(known: Entry, entry: Entry, where: str) -> tuple[Entry | None, list[Note]]:
    """Take a window that is there already: labels may have come."""
    window = {"start": known.start, "end": known.end}
    if known.run == entry.run or known.slicings == entry.slicings:
        return None, [Note(code="monitor_again", params=window)]
    what = f"the window from {known.start} to {known.end}"
    if known.model != entry.model:
        raise ConfigError(
            f"{what} is in the history with another model", where=where,
            hint="a window is judged once; audit the model on windows of its own",
        )  # fmt: skip
    for counts in known.slicings:
        again = slicing_of(entry, counts.attributes)
        if again is None or decided(again) != decided(counts):
            raise ConfigError(
                f"{what} is in the history with other decisions, by {' × '.join(counts.attributes)}", where=where,
                hint="nothing is replaced: only labels may be added to a window that was judged",
            )  # fmt: skip
        try:
            labelled_part(again, counts)
        except ValueError as error:
            raise ConfigError(
                f"{what}: {error}", where=where,
                hint="what was judged cannot be taken back; begin a new epoch, or another history, with right labels",
            ) from None  # fmt: skip
    n = entry.labelled - known.labelled
    changes = {"kind": "labels", "epoch": known.epoch, "vocabulary": None}
    return entry.model_copy(update=changes), [Note(code="monitor_labels", params={**window, "n": n})]


def _refuse_overlap(latest: dict[str, Entry], entry: Entry, where: str) -> None:
    start, end = moment(entry.start), moment(entry.end)
    for old in latest.values():
        if moment(old.start) < end and start < moment(old.end):
            raise ConfigError(
                f"the window from {entry.start} to {entry.end} overlaps that from {old.start} to {old.end}",
                where=where,
                hint="a decision counts once: cut windows so that each row is in one",
            )


def _why_new(history: History, entry: Entry, plan: Plan | None, fresh: Plan, wish: Wish) -> str | None:
    if plan is None:
        return "first"
    if wish.new_epoch:
        return "asked"
    if entry.model != history.entries[-1].model and not wish.same_epoch:
        return "model"
    return "settings" if fresh != plan else None


def _vocabulary(history: History, entry: Entry) -> str | None:
    """Words of the first window of an epoch whose texts could be read."""
    return next(
        (old.vocabulary for old in history.entries if old.epoch == entry.epoch and old.vocabulary is not None), None
    )

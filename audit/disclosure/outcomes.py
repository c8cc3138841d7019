"""What can become of one decision, by label and prediction: the cells that every count of a group is a sum of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from audit.result import AuditResult

#: Numbers of cells.
Mask = frozenset[int]


@dataclass(frozen=True)
class Cell:
    """One outcome.

    Attributes
    ----------
    output
        Of several labels, the one that is decided about.
    label, predicted
        Classes; None for what has no label, and for the prediction of a number.
    """

    output: str | None
    label: str | None
    predicted: str | None


@dataclass(frozen=True)
class Outcomes:
    """All cells of an audit.

    Attributes
    ----------
    classes
        All classes, with that which says that there is nothing.
    outcome
        What decisions are: binary, class, number, entities, labels.
    nothing
        Class that says that there is nothing, where a row has several decisions.
    unlabelled
        Whether some decisions have no label.
    """

    classes: tuple[str, ...]
    outcome: str
    nothing: str | None
    unlabelled: bool

    @cached_property
    def cells(self) -> list[Cell]:
        """Every cell that a decision can lie in."""
        none: list[str | None] = [None] if self.unlabelled else []
        if not self.classes:
            return [Cell(None, label, None) for label in ["", *none]]
        if self.outcome == "labels":
            return [
                Cell(output, label, predicted)
                for output in self.named
                for label in [output, self.nothing, *none]
                for predicted in (output, self.nothing)
            ]
        cells = [Cell(None, label, predicted) for label in [*self.classes, *none] for predicted in self.classes]
        if self.outcome == "entities":
            # Where there is no entity and none was found, nothing is decided.
            cells = [cell for cell in cells if (cell.label or self.nothing, cell.predicted) != (self.nothing,) * 2]
        return cells

    @property
    def named(self) -> list[str]:
        """Classes but that which says that there is nothing."""
        return [cls for cls in self.classes if cls != self.nothing]

    def where(self, holds: Callable[[Cell], bool]) -> Mask:
        """Cells of which something holds."""
        return frozenset(number for number, cell in enumerate(self.cells) if holds(cell))

    @cached_property
    def all(self) -> Mask:
        """Every decision."""
        return frozenset(range(len(self.cells)))

    @cached_property
    def labelled(self) -> Mask:
        """Decisions with a label."""
        return self.where(lambda cell: cell.label is not None)

    def label(self, cls: str) -> Mask:
        """Decisions labelled so."""
        return self.where(lambda cell: cell.label == cls)

    def predicted(self, cls: str) -> Mask:
        """Decisions decided so, with a label or without."""
        return self.where(lambda cell: cell.predicted == cls)

    def about(self, cls: str) -> Mask:
        """Decisions that a metric of this class asks about: of several labels, those about it; else all."""
        return self.where(lambda cell: cell.output in {None, cls})


def outcomes_of(result: AuditResult) -> Outcomes:
    """Set down every cell of an audit."""
    whole = next(group for slicing in result.slicings if not slicing.attributes for group in slicing.groups)
    unlabelled = whole.n_labelled != whole.n
    return Outcomes(tuple(result.classes), result.config["data"]["outcome"], result.data.nothing, unlabelled)


@dataclass(frozen=True)
class Share:
    """What a proportion counts: `hits` among `base`."""

    base: Mask
    hits: Mask

    @property
    def masks(self) -> tuple[Mask, Mask, Mask]:
        """What it tells: its denominator, its numerator, and the rest."""
        return self.base, self.hits, self.base - self.hits


#: Proportions of one class: what they count among what. `t`: labelled so; `p`: decided so.
_OF_CLASS: dict[str, tuple[Callable[[bool, bool], bool], Callable[[bool, bool], bool]]] = {
    "true_positive_rate": (lambda t, p: t, lambda t, p: p),
    "false_positive_rate": (lambda t, p: not t, lambda t, p: p),
    "false_negative_rate": (lambda t, p: t, lambda t, p: not p),
    "true_negative_rate": (lambda t, p: not t, lambda t, p: not p),
    "precision": (lambda t, p: p, lambda t, p: t),
    "false_discovery_rate": (lambda t, p: p, lambda t, p: not t),
    "false_omission_rate": (lambda t, p: not p, lambda t, p: t),
    # No proportion, but its value and its denominator give the true positives back.
    "f1_score": (lambda t, p: t or p, lambda t, p: t and p),
}


def share_of(outcomes: Outcomes, metric: str, cls: str | None) -> Share | None:
    """What a metric counts among what; None where it is no share of decisions, or nothing is known of it."""
    if not outcomes.classes:
        return None
    if metric == "selection_rate" and cls is not None:
        return Share(outcomes.about(cls), outcomes.about(cls) & outcomes.predicted(cls))
    if metric in _OF_CLASS and cls is not None:
        base, hits = _OF_CLASS[metric]
        asked = outcomes.about(cls) & outcomes.labelled
        among = asked & outcomes.where(lambda cell: base(cell.label == cls, cell.predicted == cls))
        return Share(among, among & outcomes.where(lambda cell: hits(cell.label == cls, cell.predicted == cls)))
    nothing, labelled = outcomes.nothing, outcomes.labelled
    right = labelled & outcomes.where(lambda cell: cell.label == cell.predicted)
    if metric == "accuracy":
        return Share(labelled, right)
    if metric == "hamming_loss":
        return Share(labelled, labelled - right)
    ground: dict[str, Callable[[Cell], bool]] = {
        "micro_precision": lambda cell: cell.predicted != nothing,
        "micro_recall": lambda cell: cell.label != nothing,
        "micro_f1": lambda cell: cell.predicted != nothing or cell.label != nothing,
    }
    if metric in ground:
        among = labelled & outcomes.where(ground[metric])
        return Share(among, among & right)
    return None


#: Means over classes, and the share of each class that they are made of.
MEANS_OVER_CLASSES = {
    "balanced_accuracy": "true_positive_rate",
    "macro_recall": "true_positive_rate",
    "worst_class_recall": "true_positive_rate",
    "macro_precision": "precision",
    "macro_f1": "f1_score",
}
#: Means over scores or errors, and whether they need a label.
MEANS_OVER_SCORES = {
    "mean_prediction": False,
    "mean_absolute_error": True,
    "mean_squared_error": True,
    "log_loss": True,
    "r2_score": True,
}
RANKINGS = frozenset({"auc", "bpsn_auc", "bnsp_auc"})


def told_by(outcomes: Outcomes, metric: str, cls: str | None, positive: str | None) -> Sequence[Mask] | None:
    """Counts that whoever knows a metric of a group is taken to know; None for one of which nothing is known."""
    if (share := share_of(outcomes, metric, cls)) is not None:
        return share.masks
    if metric in MEANS_OVER_CLASSES and outcomes.classes:
        found = [share_of(outcomes, MEANS_OVER_CLASSES[metric], each) for each in outcomes.named]
        return [mask for share in found if share is not None for mask in share.masks]
    if metric in MEANS_OVER_SCORES:
        return [outcomes.labelled if MEANS_OVER_SCORES[metric] else outcomes.all]
    if metric in RANKINGS and positive is not None and len(outcomes.classes) == 2:
        return [outcomes.label(positive), outcomes.labelled - outcomes.label(positive)]
    return None

"""What stands over a decision, wherever one is shown: what it is about, what was decided, and whether that is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.report.wording import Catalogue
from audit.text import cut


@dataclass(frozen=True)
class Head:
    """Words for a decision.

    Attributes
    ----------
    about
        Which of the decisions about its row it is; None where there is one.
    error
        What kind of error it is, where rows have several decisions.
    predicted, label
        What was decided, and what is true.
    both
        The two in a few words, for the margin of a mark in the text.
    """

    wrong: bool
    about: str | None
    error: str | None
    predicted: str
    label: str
    both: str


def head(decision: Mapping[str, Any], t: Catalogue) -> Head:
    """Word the head of a decision.

    Parameters
    ----------
    decision
        `y_true`, `y_pred` and, where a row has several decisions, `output` and `start`.
    """
    true, found = decision["y_true"], decision["y_pred"]
    said = t("decision.failed") if found is None else t.said(found)
    known = None if true is None else t.said(true)
    output = decision.get("output")
    return Head(
        wrong=true is not None and true != found,
        about=None if output is None else t("decision.output", label=cut(output)),
        error=_error(true, found, t),
        predicted=t("explanations.predicted", **{"class": said}),
        label=t("explanations.no_label") if known is None else t("explanations.label", **{"class": known}),
        both=said if known is None or known == said else t("decision.both", label=known, predicted=said),
    )


def _error(true: str | None, found: str | None, t: Catalogue) -> str | None:
    """Tell a miss from an invention, where there is a class that says that there is nothing."""
    if t.nothing is None or true is None or found is None or true == found:
        return None
    kind = "missed" if found == t.nothing else "invented" if true == t.nothing else "confused"
    return t(f"decision.{kind}")

"""What reviewers are given of each decision: never who it is about, whether it is flagged, or what its label is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.report.wording import Catalogue
from audit.result import AuditResult
from audit.review.panel import NO, UNSURE, YES
from audit.text import LANGUAGES

#: Words that count most for a decision, and against it, that are told.
MOST_FOR, MOST_AGAINST = 5, 3
#: What a class may be answered by, whatever it is called; the number counts from 1.
CLASS = "class-"


@dataclass(frozen=True)
class Task:
    """One decision as reviewers see it.

    Attributes
    ----------
    case
        Text, or a line for each named value.
    about
        What of it the decision is about; empty where it is about all.
    picture
        A PNG or JPEG file; None where there is none.
    decision
        In the words of the report.
    reasons
        Words that counted most; empty where they are not told.
    score
        Of the positive class; None where there is none.
    """

    review_id: str
    case: str
    about: str
    picture: bytes | None
    decision: str
    reasons: str
    score: float | None


def make_task(review_id: str, decision: Mapping[str, Any], kept: Mapping[str, Any], reasons: str, t: Catalogue) -> Task:
    """Make the task of a decision.

    Parameters
    ----------
    decision
        Its line of the decision table.
    kept
        What readers may see of its example, as `inputs.parquet` has it.
    """
    text = kept["input"] or ""
    about = "" if decision["start"] is None else text[decision["start"] : decision["end"]]
    if decision["output"] is not None:
        about = decision["output"]
    lines = [f"{one['name']}: {one['value']}" for one in kept["fields"] or ()]
    return Task(
        review_id,
        "\n".join(lines) if lines else text,
        about,
        kept["image"],
        t.said(decision["y_pred"]),
        reasons,
        decision["score"],
    )


def reasons_of(names: Sequence[str], values: Sequence[float], t: Catalogue) -> str:
    """Say which words count most for a decision, and which against it.

    Parameters
    ----------
    names, values
        What is called so, and its attribution.
    """
    total: dict[str, float] = {}
    for name, value in zip(names, values, strict=True):
        if name:
            total[name] = total.get(name, 0.0) + value
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    speaks_for = [name for name, value in ordered if value > 0][:MOST_FOR]
    against = [name for name, value in reversed(ordered) if value < 0][:MOST_AGAINST]
    parts = [t.pair(t("explanations.for"), t.listed(speaks_for))] if speaks_for else []
    parts += [t.pair(t("explanations.against"), t.listed(against))] if against else []
    return t.clauses(parts) or "–"


def words_for_classes(result: AuditResult, t: Catalogue) -> list[str]:
    """Name the classes that can be answered, in the words of the report."""
    if t.outcome == "labels":
        return [t("data.yes"), t("decision.no")]
    return [t.cls(cls) for cls in result.classes]


def words_for_answers(result: AuditResult, t: Catalogue) -> dict[str, str]:
    """Name yes, no and unsure; the last in brackets where a class is called so."""
    unsure = t("review.unsure")
    classes = {folded(word) for word in [*result.classes, *words_for_classes(result, t)]}
    return {YES: t("data.yes"), NO: t("decision.no"), UNSURE: f"({unsure})" if folded(unsure) in classes else unsure}


def classes_meant(result: AuditResult, output: str | None) -> dict[str, str]:
    """Answer, without regard to case and blanks -> the class that it means, or `unsure`, in any language.

    Parameters
    ----------
    output
        Of several labels, the one that is decided about.
    """
    out: dict[str, str] = {}
    catalogues = [Catalogue.of(result, language) for language in LANGUAGES]
    for t in catalogues:
        asked = list(result.classes)
        if t.outcome == "labels" and output is not None and result.data.nothing is not None:
            asked = [output, result.data.nothing]
        words = words_for_classes(result, t)
        out |= {folded(word): cls for word, cls in zip(words, asked, strict=True)}
        out |= {f"{CLASS}{number}": cls for number, cls in enumerate(asked, 1)}
    out |= {folded(cls): cls for cls in result.classes}
    for t in catalogues:
        for word in (UNSURE, f"({UNSURE})", t("review.unsure"), words_for_answers(result, t)[UNSURE]):
            out.setdefault(folded(word), UNSURE)
    return out


def answers_meant(result: AuditResult) -> dict[str, str]:
    """Answer to a question of yes or no -> `yes`, `no` or `unsure`, in any language."""
    out = {"y": YES, "n": NO, "?": UNSURE, YES: YES, NO: NO, UNSURE: UNSURE}
    for language in LANGUAGES:
        t = Catalogue.of(result, language)
        out |= {folded(word): code for code, word in words_for_answers(result, t).items()}
        out[folded(t("review.unsure"))] = UNSURE
    return out


def folded(answer: str) -> str:
    """Read an answer as people write it: without an apostrophe that a spreadsheet hides, in small letters."""
    return " ".join(answer.removeprefix("'").split()).casefold()

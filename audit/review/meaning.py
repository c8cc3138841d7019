"""What answers mean: which class, which decision, which reviewer. Nothing is lost, and nothing is taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from audit.errors import DataError, some
from audit.result import AuditResult
from audit.review.answers import SCHEMA
from audit.review.panel import LABEL, QUESTIONS
from audit.review.reading import Said
from audit.review.sheets import COMMENT
from audit.review.tasks import answers_meant, classes_meant, folded


@dataclass(frozen=True)
class Taken:
    """Answers that were understood.

    Attributes
    ----------
    answers
        The table of all of them, with those that were there before.
    new, repeated
        Answers to questions that are new, and that were given twice alike.
    """

    answers: pd.DataFrame
    new: int
    repeated: int


def take(
    said: Iterable[Said],
    result: AuditResult,
    outputs: Mapping[str, str | None],
    before: pd.DataFrame,
    *,
    replace: bool = False,
) -> Taken:
    """Understand answers, and put them beside those that are there.

    Parameters
    ----------
    outputs
        Id in the review -> of several labels, the one that is decided about; ids that are not here are unknown.
    before
        Answers that are there.
    replace
        Put the answers of these reviewers in the place of what they answered before.

    Raises
    ------
    DataError
        For an id that this review does not have, for an answer that is none, and for two different answers of one
        reviewer to one question: with file, row and column.
    """
    said = list(said)
    _refuse_unknown(said, outputs)
    if replace:
        before = before[~before["reviewer"].isin({one.reviewer for one in said})]
    plain = before.astype(object).where(before.notna(), None)
    records: dict[tuple[str, str], dict[str, Any]] = {
        (row["reviewer"], row["review_id"]): {str(name): value for name, value in row.items()}
        for row in plain.to_dict("records")
    }
    first: dict[tuple[str, str, str], Said] = {}
    meant = {output: classes_meant(result, output) for output in dict.fromkeys(outputs.values())}
    yes_no, new, repeated = answers_meant(result), 0, 0
    for one in said:
        key = (one.reviewer, one.review_id)
        empty = dict.fromkeys(SCHEMA.names) | {"reviewer": one.reviewer, "review_id": one.review_id}
        record = records.setdefault(key, empty | {"source": one.source})
        for question in QUESTIONS:
            text = one.told.get(question, "")
            if not text:
                continue
            words = meant[outputs[one.review_id]] if question == LABEL else yes_no
            answer = words.get(folded(text))
            if answer is None:
                raise _no_answer(one, question, text, list(dict.fromkeys(words.values())))
            if record[question] is None:
                record[question], new = answer, new + 1
                first[*key, question] = one
            elif record[question] != answer:
                raise _second(one, question, answer, record[question], first.get((*key, question)))
            else:
                repeated += 1
        comment = one.told.get(COMMENT, "")
        if comment and comment not in (record[COMMENT] or "").split("\n\n"):
            record[COMMENT] = f"{record[COMMENT]}\n\n{comment}" if record[COMMENT] else comment
    # Somebody who answered nothing has not answered.
    kept = [row for row in records.values() if any(row[name] for name in (*QUESTIONS, COMMENT))]
    return Taken(pd.DataFrame(kept, columns=SCHEMA.names), new, repeated)


def _refuse_unknown(said: list[Said], outputs: Mapping[str, str | None]) -> None:
    unknown = [one for one in said if one.review_id not in outputs]
    if unknown:
        one = unknown[0]
        more = f", and {len(unknown) - 1:,} more like it" if len(unknown) > 1 else ""
        raise DataError(
            f"{one.place}, column review_id: {one.review_id!r} is no decision of this review{more}",
            where=one.source,
            hint="are these answers to the export of another run? Ids must stay as they were exported",
        )


def _no_answer(one: Said, question: str, text: str, allowed: list[str]) -> DataError:
    return DataError(
        f"{one.place}, column {question}: {text!r} is no answer",
        where=one.source,
        hint=f"answers are {some(allowed, 12)}; leave the cell empty where there is none",
    )


def _second(one: Said, question: str, answer: str, before: str | None, first: Said | None) -> DataError:
    where = f"{first.source}, {first.place}" if first else "an earlier import"
    return DataError(
        f"{one.place}, column {question}: {one.reviewer!r} says {answer!r} about {one.review_id}, and said {before!r} "
        f"in {where}",
        where=one.source,
        hint="if this is another person, write another name into the column reviewer; --replace takes the new answers "
        "of a reviewer in the place of all earlier ones",
    )

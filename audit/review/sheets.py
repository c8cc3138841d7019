"""Reviews in spreadsheets: what to write into them is left empty, and nothing that is shown can run.

The class is asked for first, in a part of its own: whoever has seen a decision tends to agree with it. Decision,
reasons and the other questions follow in the second part. Where the decision is shown at once there is one part.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.report.papers.workbook import new_workbook
from audit.report.papers.xlsx import fitting
from audit.report.tables import spreadsheet_cell
from audit.report.wording import Catalogue
from audit.review.panel import BIASED, LABEL, QUESTIONS, REASON, UNSURE
from audit.review.tasks import Task

ID, REVIEWER, COMMENT = "review_id", "reviewer", "comment"
#: Columns that answers are written into.
ASKED = (*QUESTIONS, COMMENT)
#: Of Excel: characters of a list of answers.
LONGEST_LIST = 255
WIDTHS = {"case": 70, "reasons": 40, "comment": 30, "picture": 24}


@dataclass(frozen=True)
class Part:
    """One part: its name, and its columns in order."""

    code: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """What can be answered.

    Attributes
    ----------
    classes
        Words for the classes.
    answers
        `yes`, `no`, `unsure` -> the word for it.
    question
        Question for the right class; default: that of the catalogue.
    """

    classes: list[str]
    answers: dict[str, str]
    question: str | None = None

    def asked(self, name: str, t: Catalogue) -> str:
        """Return the words of a question."""
        return self.question if name == LABEL and self.question else t(f"review.ask.{name}")

    def of(self, question: str) -> list[str]:
        """Return what can be answered to a question; nothing where any text can."""
        if question == LABEL:
            return [*self.classes, self.answers[UNSURE]]
        return list(self.answers.values()) if question in QUESTIONS else []


def parts(tasks: Sequence[Task], *, decision_first: bool, reasons: bool) -> list[Part]:
    """Say which columns stand in which part."""
    seen = ["case"] if any(task.case for task in tasks) else []
    seen += ["picture"] if any(task.picture for task in tasks) else []
    seen += ["about"] if any(task.about for task in tasks) else []
    told = ["decision", *(["score"] if decision_first and any(task.score is not None for task in tasks) else [])]
    told += ["reasons"] if reasons else []
    asked = [REASON, BIASED] if reasons else [BIASED]
    if decision_first:
        return [Part("review", (ID, REVIEWER, *seen, *told, LABEL, *asked, COMMENT))]
    return [
        Part("label", (ID, REVIEWER, *seen, LABEL, COMMENT)),
        Part("decision", (ID, REVIEWER, *seen, *told, *asked, COMMENT)),
    ]


def row_of(task: Task, reviewer: str, columns: Sequence[str]) -> list[str]:
    """Return the cells of a decision; those to be filled in are empty."""
    score = "" if task.score is None else f"{task.score:.3f}"
    told = {
        ID: task.review_id, REVIEWER: reviewer, "case": task.case, "about": task.about, "decision": task.decision,
        "reasons": task.reasons, "score": score, "picture": picture_name(task),
    }  # fmt: skip
    return [told.get(column, "") for column in columns]


def picture_name(task: Task) -> str:
    """Name the file of a picture, beside the sheets; empty where there is none."""
    if task.picture is None:
        return ""
    kind = "png" if task.picture.startswith(b"\x89PNG") else "jpg"
    return f"pictures/{task.review_id}.{kind}"


def as_csv(tasks: Sequence[Task], reviewer: str, part: Part) -> str:
    """Write one part as CSV, with a mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(part.columns)
    for task in tasks:
        writer.writerow([spreadsheet_cell(cell) for cell in row_of(task, reviewer, part.columns)])
    return "\ufeff" + out.getvalue()


def as_xlsx(tasks: Sequence[Task], reviewer: str, found: Sequence[Part], words: Words, t: Catalogue) -> bytes:
    """Write all parts as one workbook: what to do on the first sheet, then a sheet for each part.

    Raises
    ------
    ConfigError
        If XlsxWriter is not installed.
    """
    out = io.BytesIO()
    book = new_workbook(out)
    styles: dict[str, Any] = {
        "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        "head": book.add_format({"bold": True, "bottom": 1, "valign": "top"}),
        "asked": book.add_format(
            {"text_wrap": True, "valign": "top", "num_format": "@", "bg_color": "#FFF8E1", "border": 1,
             "border_color": "#D8CFB4"}
        ),
        "title": book.add_format({"bold": True, "font_size": 14, "valign": "top"}),
    }  # fmt: skip
    sheet = book.add_worksheet(t("review.sheet.guide"))
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, t("review.task.title"), styles["title"])
    for number, line in enumerate(guide(found, words, t), 2):
        sheet.write_string(number, 0, line, styles["text"])
    for part in found:
        _write(book.add_worksheet(t(f"review.sheet.{part.code}")), tasks, reviewer, part, words, styles, t)
    book.close()
    return out.getvalue()


def guide(found: Sequence[Part], words: Words, t: Catalogue) -> list[str]:
    """Say what reviewers are asked to do."""
    asked = [column for part in found for column in part.columns if column in ASKED]
    lines = [t("review.task.lead")]
    if len(found) > 1:
        lines.append(t("review.task.order"))
    for name in (question for question in QUESTIONS if question in asked):
        lines += [t.pair(name, t.sentences(words.asked(name, t), t.stop(t.listed(words.of(name)))))]
    return [*lines, t.pair(COMMENT, t("review.ask.comment")), t("review.task.alone")]


def _write(
    sheet: Any, tasks: Sequence[Task], reviewer: str, part: Part, words: Words, styles: Any, t: Catalogue
) -> None:
    for column, name in enumerate(part.columns):
        sheet.write_string(0, column, name, styles["head"])
        sheet.set_column(column, column, WIDTHS.get(name, 18))
    for row, task in enumerate(tasks, 1):
        for column, (name, cell) in enumerate(zip(part.columns, row_of(task, reviewer, part.columns), strict=True)):
            style = styles["asked" if name in ASKED else "text"]
            if cell:
                sheet.write_string(row, column, fitting(cell, t), style)
            else:
                sheet.write_blank(row, column, None, style)
    for column, name in enumerate(part.columns):
        allowed = words.of(name)
        # A list longer than Excel takes is left out: the answer can be typed.
        if allowed and len(",".join(allowed)) <= LONGEST_LIST and not any("," in one for one in allowed):
            sheet.data_validation(1, column, max(len(tasks), 1), column, {"validate": "list", "source": allowed})
    sheet.freeze_panes(1, 1)

"""The files that reviewers are given, one set for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from audit.report.wording import Catalogue
from audit.result import AuditResult
from audit.review.draw import shuffled
from audit.review.key import Key
from audit.review.label_studio import as_config, as_tasks
from audit.review.sheets import Words, as_csv, as_xlsx, guide, parts, picture_name
from audit.review.tasks import Task, words_for_answers, words_for_classes

Format = Literal["csv", "xlsx", "label-studio"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "label-studio")


def review_files(
    key: Key,
    tasks: Mapping[str, Task],
    formats: Collection[str],
    result: AuditResult,
    t: Catalogue,
    question: str | None = None,
) -> dict[Path, bytes]:
    """Return what is written, by its place in the folder of the review.

    Parameters
    ----------
    tasks
        Id in the review -> what is shown of it.
    question
        Question for the right class, in the auditor's own words.
    """
    design = key.design
    found = parts(list(tasks.values()), decision_first=design.decision_first, reasons=design.reasons)
    words = Words(words_for_classes(result, t), words_for_answers(result, t), question)
    out: dict[Path, bytes] = {}
    for reviewer in range(1, design.reviewers + 1):
        name = f"reviewer-{reviewer}"
        mine = [row["review_id"] for row in key.table.to_dict("records") if reviewer in row["reviewers"]]
        ordered: Sequence[Task] = [tasks[one] for one in shuffled(sorted(mine), reviewer, design.seed)]
        if "csv" in formats:
            for part in found:
                out[Path(f"{name}-{part.code}.csv")] = as_csv(ordered, name, part).encode("utf-8")
        if "xlsx" in formats:
            out[Path(f"{name}.xlsx")] = as_xlsx(ordered, name, found, words, t)
        if "label-studio" in formats:
            out[Path(f"{name}-tasks.json")] = as_tasks(ordered, name, found).encode("utf-8")
    if "label-studio" in formats:
        out[Path("label-studio.xml")] = as_config(found, words, t).encode("utf-8")
    out[Path("README.txt")] = "\n\n".join([t("review.task.title"), *guide(found, words, t), ""]).encode("utf-8")
    if {"csv", "xlsx"} & set(formats):
        out |= {Path(picture_name(task)): task.picture for task in tasks.values() if task.picture is not None}
    return out

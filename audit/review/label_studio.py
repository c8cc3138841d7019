"""Reviews in Label Studio: tasks, and the labelling configuration that goes with them.

Decision, reasons and the other questions appear once a class is chosen. Classes are answered by number (`class-1`), so
that no class can be taken for an instruction, whatever it is called.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from audit.report.wording import Catalogue
from audit.review.panel import BIASED, LABEL, REASON, UNSURE
from audit.review.sheets import COMMENT, Part, Words
from audit.review.tasks import CLASS, Task
from audit.text import visible


def as_tasks(tasks: Sequence[Task], reviewer: str, found: Sequence[Part]) -> str:
    """Write tasks as Label Studio imports them."""
    shown = {column for part in found for column in part.columns}
    out = []
    for task in tasks:
        data: dict[str, str] = {"review_id": task.review_id, "reviewer": reviewer, "decision": _plain(task.decision)}
        if "case" in shown:
            data["case"] = _plain(task.case)
        if "picture" in shown:
            data["picture"] = _address(task.picture)
        if "about" in shown:
            data["about"] = _plain(task.about)
        if "reasons" in shown:
            data["reasons"] = _plain(task.reasons)
        if "score" in shown:
            data["score"] = "" if task.score is None else f"{task.score:.3f}"
        out.append({"data": data})
    return json.dumps(out, ensure_ascii=False, indent=1) + "\n"


def as_config(found: Sequence[Part], words: Words, t: Catalogue) -> str:
    """Write the labelling configuration."""
    shown = {column for part in found for column in part.columns}
    view = Element("View")
    SubElement(view, "Header", value=t("review.task.title"), size="3")
    anchor = "picture" if "picture" in shown else "case"
    if "case" in shown:
        SubElement(view, "Text", name="case", value="$case")
    if "picture" in shown:
        SubElement(view, "Image", name="picture", value="$picture")
    if "about" in shown:
        SubElement(view, "Header", value=t("review.about"), size="5")
        SubElement(view, "Text", name="about", value="$about")
    first = len(found) == 1
    if first:
        _told(view, shown, t)
    SubElement(view, "Header", value=_plain(words.asked(LABEL, t)), size="5")
    answers = [(f"{CLASS}{number}", name) for number, name in enumerate(words.classes, 1)]
    _choices(view, LABEL, anchor, [*answers, (UNSURE, words.answers[UNSURE])])
    rest = view
    if not first:
        rest = SubElement(view, "View", visibleWhen="choice-selected", whenTagName=LABEL)
        _told(rest, shown, t)
    for question in (REASON, BIASED):
        if question in shown:
            SubElement(rest, "Header", value=t(f"review.ask.{question}"), size="5")
            _choices(rest, question, anchor, list(words.answers.items()))
    SubElement(view, "Header", value=t("review.ask.comment"), size="5")
    SubElement(view, "TextArea", name=COMMENT, toName=anchor, rows="2", maxSubmissions="1")
    indent(view)
    return tostring(view, encoding="unicode") + "\n"


def _told(view: Element, shown: set[str], t: Catalogue) -> None:
    for column in ("decision", "score", "reasons"):
        if column in shown:
            SubElement(view, "Header", value=t(f"review.{column}"), size="5")
            SubElement(view, "Text", name=column, value=f"${column}")


def _choices(view: Element, name: str, about: str, answers: Sequence[tuple[str, str]]) -> None:
    block = SubElement(view, "Choices", name=name, toName=about, choice="single", showInline="true")
    if name == LABEL:
        block.set("required", "true")
    for alias, word in answers:
        # A value that begins with a dollar sign would be looked up in the task.
        SubElement(
            block, "Choice", value=f"\u2060{_plain(word)}" if word.startswith("$") else _plain(word), alias=alias
        )


def _plain(text: str) -> str:
    return visible(text)


def _address(picture: bytes | None) -> str:
    if picture is None:
        return ""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"

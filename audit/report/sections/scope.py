"""Section 3: what was audited, for what use, and who answers for it."""

from __future__ import annotations

from typing import Any

from audit.frameworks.words import given_words
from audit.report.compliance import field_name
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.text import cut


def build(view: View) -> dict[str, Any]:
    """Collect facts of model and question."""
    result = view.result
    metrics = list(
        dict.fromkeys([gap.metric for gap in result.disparities] + [value.metric for value in result.metrics])
    )
    return {
        "use": result.config["output"]["intended_use"],
        "contact": result.config["output"]["contact"],
        "attributes": [group_name(slicing.attributes) for slicing in result.slicings if slicing.attributes],
        "controls": result.config["controls"],
        "words": [(field, field_name(field, view.t), text) for field, text in given_words(result.config).items()],
        "classes": _classes(view),
        "metrics": [view.t.metric(metric) for metric in metrics],
    }


def _classes(view: View) -> str:
    """Name the classes, and what they stand for."""
    result, t = view.result, view.t
    named = t.listed(t.cls(cls) for cls in view.asked)
    if result.data.nothing is not None:
        named = t.aside(named, t("scope.asked"))
    return t.aside(named, t("scope.positive", **{"class": result.positive_class})) if result.positive_class else named


def conclude(view: View) -> str:
    """Say what was asked about, and for what use."""
    content = build(view)
    attributes = view.t.listed(content["attributes"])
    text = view.t("conclusion.scope", attributes=attributes, metrics=len(content["metrics"]))
    return view.t.sentences(text, cut(content["use"]) if content["use"] else view.t("conclusion.scope.no_use"))


SECTION = Section("scope", 30, build, conclude=conclude, noisy=True)

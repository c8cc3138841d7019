"""Section 9: can rows that the model was trained on be told from others, and does it give training texts back?"""

from __future__ import annotations

from typing import Any

from audit.report.beside.privacy import conclusion, strongest
from audit.report.charts import Chart, dots, roc
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import decimal, group_name
from audit.result import Leakage, Membership, MembershipValue

#: Clear differences between groups that are told one by one.
MOST_TOLD = 12
#: Least p value that is told as a number.
LEAST_P = 0.001


def build(view: View) -> dict[str, Any] | None:
    """Build what attacks come to, of everybody, of groups, of rows unlike the others; then canaries and texts."""
    membership, leakage = view.result.membership, view.result.leakage
    if membership is None and leakage is None:
        return None
    return {
        "membership": None if membership is None else _membership(view, membership),
        "leakage": None if leakage is None else _leakage(leakage),
        "group_name": group_name,
        "told_p": _p,
    }


def _membership(view: View, found: Membership) -> dict[str, Any]:
    everybody = [value for value in found.values if not value.attributes]
    best = strongest(everybody)
    by = [
        {
            "name": name,
            "attacks": [(attack, _in_order(view, found, name, attack)) for attack in found.attacks],
            "chart": _chart(view, found, name, best),
        }
        for name in found.groups
    ]
    clear = [pair for pair in found.pairs if pair.holm_p < 1 - found.level]
    return {
        "found": found,
        "everybody": everybody,
        "best": best,
        "roc": _roc(view, found),
        "groups": by,
        "apart": clear[:MOST_TOLD],
        "outliers": [(name, [v for v in found.outliers if v.attack == name]) for name in found.attacks],
    }


def _in_order(view: View, found: Membership, name: str, attack: str) -> list[MembershipValue]:
    """Groups of an attribute in the order of the page; rows of the training may have others, which stand last."""
    order = [
        group.values for slicing in view.result.slicings if slicing.attributes == [name] for group in slicing.groups
    ]
    values = [value for value in found.values if value.attributes == [name] and value.attack == attack]
    return sorted(values, key=lambda v: order.index(v.group) if v.group in order else len(order))


def _roc(view: View, found: Membership) -> Chart | None:
    series = {
        view.t(f"privacy.attack.{curve.attack}"): list(zip(curve.false_positive, curve.true_positive, strict=True))
        for curve in found.roc
        if curve.false_positive
    }
    if not series:
        return None
    t = view.t
    return view.add_chart(
        roc(t("privacy.roc"), t("privacy.roc.x"), t("privacy.roc.y"), t("privacy.roc.chance"), series)
    )


def _chart(view: View, found: Membership, name: str, best: MembershipValue | None) -> Chart | None:
    if best is None:
        return None
    known = [value for value in _in_order(view, found, name, best.attack) if value.auc is not None]
    if not known:
        return None
    label = view.t("privacy.groups.chart", attack=view.t(f"privacy.attack.{best.attack}"), attributes=name)
    chart = dots(
        label,
        [group_name(value.group) for value in known],
        [value.auc for value in known],
        [(value.lower, value.upper) for value in known],
        [False] * len(known),
        0.5,
    )
    low = min(0.5, *(value.lower or 0.5 for value in known)) - 0.05
    chart.figure.say(hovertemplate="%{y}: %{x:.3f}<extra></extra>")
    chart.figure.lay_out(xaxis={"tickformat": ".2f", "rangemode": "normal", "range": [max(low, 0.0), 1.01]})
    return view.add_chart(chart)


def _leakage(found: Leakage) -> dict[str, Any]:
    alone = [pair for pair in found.pairs if not pair.attributes]
    return {
        "found": found,
        "canaries": found.canaries,
        "texts": [facts for facts in (found.members, found.held_out) if facts is not None],
        "short": sum(facts.short for facts in (found.members, found.held_out) if facts is not None),
        "against": alone[0] if alone else None,
        "more": bool(alone) and alone[0].holm_p < 1 - found.level and alone[0].high_group == ["members"],
        "apart": [pair for pair in found.pairs if pair.attributes and pair.holm_p < 1 - found.level][:MOST_TOLD],
    }


def _p(value: float) -> str:
    """A p value, as it is told."""
    return f"< {LEAST_P:g}" if value < LEAST_P else decimal(value)


def conclude(view: View) -> str | None:
    """Say whether members can be told, in which group more easily, and what is given back."""
    return conclusion(view.result.membership, view.result.leakage, view.t)


SECTION = Section("privacy", 94, build, conclude=conclude)

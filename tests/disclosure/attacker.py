"""Somebody who knows every number of a public result, and solves for what is not told.

Written apart from what suppresses: it reads the JSON alone, sets up one unknown for every joint value of all
attributes, controls, labels and predictions, and knows which values there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

#: Numerator and denominator of rates, by whether label and prediction are the class.
RATES = {
    "true_positive_rate": (lambda t, p: t and p, lambda t, p: t),
    "false_negative_rate": (lambda t, p: t and not p, lambda t, p: t),
    "false_positive_rate": (lambda t, p: p and not t, lambda t, p: not t),
    "true_negative_rate": (lambda t, p: not p and not t, lambda t, p: not t),
    "precision": (lambda t, p: t and p, lambda t, p: p),
    "false_discovery_rate": (lambda t, p: p and not t, lambda t, p: p),
    "false_omission_rate": (lambda t, p: t and not p, lambda t, p: not p),
    "selection_rate": (lambda t, p: p, lambda t, p: True),
}


class Attacker:
    """Sets down all that a public result says, as equations and inequalities of joint counts."""

    def __init__(self, told: dict[str, Any], values: dict[str, list[str]], classes: list[str]) -> None:
        self.names = list(values)
        self.classes = classes
        self.joint = [dict(zip(self.names, row, strict=True)) for row in product(*values.values())]
        self.cells = [(where, y, p) for where in self.joint for y in classes for p in classes]
        self.equal: list[tuple[list[Fraction], Fraction]] = []
        self.less: list[tuple[list[Fraction], Fraction]] = []
        for row, number in self._equations(told):
            self.equal.append((row, number))
        self._between(told)

    def row(self, where: dict[str, str], holds: Any) -> list[Fraction]:
        """Which unknowns a count adds up."""
        return [
            Fraction(int(all(cell[name] == value for name, value in where.items()) and bool(holds(y, p))))
            for cell, y, p in self.cells
        ]

    def _equations(self, told: dict[str, Any]) -> Iterator[tuple[list[Fraction], Fraction]]:
        for slicing in told["slicings"]:
            for group in slicing["groups"]:
                where = dict(zip(slicing["attributes"], group["values"], strict=True))
                yield self.row(where, lambda y, p: True), Fraction(group["n"])
                for name, at in (("by_label", 0), ("by_prediction", 1)):
                    for cls, n in group[name].items():
                        if n is not None:
                            yield self.row(where, lambda y, p, at=at, cls=cls: (y, p)[at] == cls), Fraction(n)
        for item in told["data"]["confusion"]:
            pair = item["y_true"], item["y_pred"]
            yield self.row({}, lambda y, p, pair=pair: (y, p) == pair), Fraction(item["n"])
        for name, at in (("labels", 0), ("predictions", 1)):
            for cls, n in told["data"][name].items():
                if n is not None:
                    yield self.row({}, lambda y, p, at=at, cls=cls: (y, p)[at] == cls), Fraction(n)
        for value in told["metrics"]:
            where = self._where(value)
            if value["n"] is not None and value["metric"] in RATES:
                hits, base = self._rate(value["metric"], value["class"], where)
                yield base, Fraction(value["n"])
                if value["value"] is not None:
                    yield hits, Fraction(round(value["value"] * value["n"]))
            elif value["value"] is not None and value["metric"] == "accuracy":
                yield self.row(where, lambda y, p: True), Fraction(value["n"])
                yield self.row(where, lambda y, p: y == p), Fraction(round(value["value"] * value["n"]))
            elif value["value"] is not None and value["metric"] == "f1_score":
                f1, n, cls = value["value"], value["n"], value["class"]
                yield self.row(where, lambda y, p, c=cls: c in (y, p)), Fraction(n)
                yield self.row(where, lambda y, p, c=cls: y == p == c), Fraction(round(f1 * n / (2 - f1)))
        for item in told["class_reports"]:
            where, cls = self._where(item), item["class"]
            if item["recall"] is not None:
                hits = round(item["recall"] * item["support"])
                yield self.row(where, lambda y, p, c=cls: y == c), Fraction(item["support"])
                yield self.row(where, lambda y, p, c=cls: y == p == c), Fraction(hits)
                if item["precision"]:
                    yield self.row(where, lambda y, p, c=cls: p == c), Fraction(round(hits / item["precision"]))
        for item in told["adverse_impact"]:
            for which, n, selected in (
                ("group", "n", "selected"),
                ("reference", "reference_n", "reference_selected"),
            ):
                where = dict(zip(item["attributes"], item[which], strict=True))
                yield self.row(where, lambda y, p: True), Fraction(item[n])
                yield self.row(where, lambda y, p, c=item["class"]: p == c), Fraction(item[selected])

        for table in told["impact_ratios"]:
            for item in table["groups"]:
                where = dict(zip(table["attributes"], item["group"], strict=True))
                yield self.row(where, lambda y, p: True), Fraction(item["n"])
                yield self.row(where, lambda y, p, c=table["class"]: p == c), Fraction(item["selected"])

    def _where(self, value: dict[str, Any]) -> dict[str, str]:
        return dict(zip(value["attributes"], value["group"], strict=True)) | value.get("stratum", {})

    def _rate(self, metric: str, cls: str, where: dict[str, str]) -> tuple[list[Fraction], list[Fraction]]:
        hits, base = RATES[metric]
        return (
            self.row(where, lambda y, p: hits(y == cls, p == cls)),
            self.row(where, lambda y, p: base(y == cls, p == cls)),
        )

    def _between(self, told: dict[str, Any]) -> None:
        """The gap of a metric is between two groups whose rates are told; all other rates lie between."""
        rates = {(*_about(v), tuple(v["group"])): v["value"] for v in told["metrics"] if v["value"] is not None}
        tops = [(item["attributes"], item["class"], item["reference_rate"]) for item in told["adverse_impact"]]
        tops += [(table["attributes"], table["class"], table["highest"]) for table in told["impact_ratios"]]
        for names, cls, top in tops:
            for group in product(*({cell[name] for cell in self.joint} for name in names)) if top is not None else ():
                hits, base = self._rate("selection_rate", cls, dict(zip(names, group, strict=True)))
                rest = [h - Fraction(top) * b for h, b in zip(hits, base, strict=True)]
                self.less.append((rest, Fraction(1, 10**6)))
        for gap in told["disparities"]:
            if gap["metric"] not in RATES or gap["worst_group"] is None:
                continue
            ends = [rates[(*_about(gap), tuple(gap[end]))] for end in ("worst_group", "best_group")]
            groups = product(*({cell[name] for cell in self.joint} for name in gap["attributes"]))
            for group in groups:
                where = dict(zip(gap["attributes"], group, strict=True)) | gap["stratum"]
                hits, base = self._rate(gap["metric"], gap["class"], where)
                low, high = Fraction(min(ends)), Fraction(max(ends))
                slack = Fraction(1, 10**6)
                self.less.append(([low * b - h for h, b in zip(hits, base, strict=True)], slack))
                self.less.append(([h - high * b for h, b in zip(hits, base, strict=True)], slack))

    def determined(self) -> list[list[Fraction]]:
        """Reduce the equations to echelon form, exactly."""
        rows = [[*row, number] for row, number in self.equal]
        done: list[list[Fraction]] = []
        for column in range(len(self.cells)):
            pivot = next((row for row in rows if row[column] != 0), None)
            if pivot is None:
                continue
            rows.remove(pivot)
            pivot = [number / pivot[column] for number in pivot]
            rows = [_less(row, pivot, column) for row in rows]
            done = [_less(row, pivot, column) for row in done] + [pivot]
        assert all(row[-1] == 0 for row in rows), "the public numbers contradict each other"
        return done

    def solves(self, wanted: list[Fraction], echelon: list[list[Fraction]]) -> bool:
        """Whether a count follows from the equations alone."""
        rest = [*wanted, Fraction(0)]
        for row in echelon:
            column = next(at for at, number in enumerate(row) if number != 0)
            rest = _less(rest, row, column)
        return all(number == 0 for number in rest[:-1])

    @cached_property
    def _matrices(self) -> tuple[Any, ...]:
        def plain(rows: list[tuple[list[Fraction], Fraction]]) -> tuple[Any, Any]:
            numbers = {(*map(float, row), float(number)) for row, number in rows}
            table = np.array(sorted(numbers)).reshape(len(numbers), len(self.cells) + 1)
            return (table[:, :-1], table[:, -1]) if rows else (None, None)

        return *plain(self.less), *plain(self.equal)

    def largest(self, wanted: list[Fraction]) -> float:
        """How large a count can be."""
        objective = [-float(number) for number in wanted]
        found = linprog(objective, *self._matrices, bounds=(0, None), method="highs")
        assert found.status == 0, found.message
        return -float(found.fun)


def _about(part: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(part["attributes"]), tuple(part["stratum"].items()), part["metric"], part["class"]


def _less(row: list[Fraction], pivot: list[Fraction], column: int) -> list[Fraction]:
    factor = row[column]
    return [a - factor * b for a, b in zip(row, pivot, strict=True)] if factor else row

"""Annotators: how well they agree, overall and about the rows of each group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audit.data_audit.rates import Looks
from audit.fairness.metrics.agreement import krippendorff_alpha
from audit.result import AgreementByAttribute, AnnotatorAgreement, GroupAgreement, RowCheck


def annotators(looks: Looks, names: Sequence[str]) -> tuple[list[RowCheck], AnnotatorAgreement | None]:
    """Compare what annotators said; nothing where there are none."""
    rows = looks.rows
    if not rows.said:
        return [], None
    said = np.stack(rows.said, axis=1)
    given = np.array([[one is not None for one in row] for row in said], bool).sum(1)
    differing = np.array([len({one for one in row if one is not None}) > 1 for row in said], bool)
    checks = [looks.check("disagreement", None, differing, given > 1)]
    by_attribute = [
        AgreementByAttribute(
            attribute=name,
            groups=[
                _agreement(looks, said, group, np.unique(grouped.row[grouped.group == code]))
                for code, group in enumerate(grouped.names)
            ],
        )
        for name, grouped in rows.groups.items()
    ]
    overall = _agreement(looks, said, None, np.arange(rows.size))
    return checks, AnnotatorAgreement(annotators=list(names), overall=overall, by_attribute=by_attribute)


def _agreement(looks: Looks, said: np.ndarray, group: str | None, at: np.ndarray) -> GroupAgreement:
    rows = looks.rows
    clusters = None
    if rows.cluster is not None:
        clusters = [None if code < 0 else str(code) for code in rows.cluster[at]]
    found = krippendorff_alpha(
        said[at].tolist(), alpha=looks.alpha, weight=rows.weight[at] * rows.count[at], cluster=clusters
    )
    return GroupAgreement(
        group=group, rows=found.units, labels=found.ratings, differing=found.differing, alpha=found.value,
        lower=found.lower, upper=found.upper, note=found.note,
    )  # fmt: skip

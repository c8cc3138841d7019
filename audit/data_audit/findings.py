"""What of all that was looked at matters: codes with their parameters, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator

from audit.result import DataAudit, DataFinding, Proxy, RatesByAttribute, Representation, RowCheck

#: Rows that must be touched before something is told that no test asks about.
LEAST_SHARE = 0.01
#: Alpha below which Krippendorff (2004) has only tentative conclusions drawn.
TENTATIVE = 0.667
#: AUC from which on a column or words are said to stand in for the group.
STANDS_IN = 0.7
#: Findings of one kind that are told.
MOST_OF_A_KIND = 3

#: What is told wherever it is common, with or without a difference between groups.
_COMMON = ("in_training", "near_training", "contradiction", "duplicate", "near_duplicate", "empty", "too_long")


def findings(found: DataAudit, alpha: float) -> list[DataFinding]:
    """Collect what matters, in this order: leakage, labels, who is missing, what is missing, copies, proxies."""
    return [
        *_common(found, _COMMON[:3]),
        *_errors(found),
        *_agreement(found),
        *_representation(found, alpha),
        *_base_rates(found, alpha),
        *_missing(found, alpha),
        *_differences(found, alpha),
        *_common(found, _COMMON[3:]),
        *_personal(found),
        *_proxies(found),
    ]


def _common(found: DataAudit, codes: tuple[str, ...]) -> Iterator[DataFinding]:
    for check in found.checks:
        rate = check.overall
        if check.code in codes and rate.hits and (rate.value or 0) >= LEAST_SHARE:
            yield DataFinding(code=f"{check.code}", params={"n": rate.hits, "of": rate.n, "share": rate.value})


def _personal(found: DataAudit) -> Iterator[DataFinding]:
    kinds = [check for check in found.checks if check.code == "personal" and check.overall.hits]
    for check in sorted(kinds, key=lambda check: -check.overall.hits)[:MOST_OF_A_KIND]:
        yield DataFinding(code="personal", params={"kind": check.about, "n": check.overall.hits, "of": check.overall.n})


def _errors(found: DataAudit) -> Iterator[DataFinding]:
    errors = found.label_errors
    if errors is not None and errors.estimated >= LEAST_SHARE and errors.suspected:
        yield DataFinding(code="likely_label_error", params={"n": errors.suspected, "share": errors.estimated})


def _agreement(found: DataAudit) -> Iterator[DataFinding]:
    overall = found.agreement.overall if found.agreement else None
    if overall is not None and overall.upper is not None and overall.upper < TENTATIVE:
        params = {"alpha": overall.alpha, "lower": overall.lower, "upper": overall.upper}
        yield DataFinding(code="agreement_low", params={**params, "limit": TENTATIVE})


def _clear(part: RatesByAttribute | Representation, alpha: float) -> bool:
    return part.corrected_p_value is not None and part.corrected_p_value <= alpha


def _representation(found: DataAudit, alpha: float) -> Iterator[DataFinding]:
    for part in found.representation:
        known = [group for group in part.groups if group.share is not None and group.lower is not None]
        if not _clear(part, alpha) or not known:
            continue
        worst = max(known, key=lambda group: abs((group.share or 0) - group.reference))
        side = "under" if (worst.share or 0) < worst.reference else "over"
        yield DataFinding(
            code=f"{side}_represented",
            params={
                "attribute": part.attribute, "group": worst.group, "share": worst.share, "reference": worst.reference,
            },
        )  # fmt: skip


def _ends(part: RatesByAttribute) -> dict[str, str | int | float | None]:
    """Name the group that is most clearly low, and the one that is most clearly high."""
    known = [group for group in part.groups if group.compared and group.lower is not None and group.upper is not None]
    low, high = min(known, key=lambda g: g.upper or 0.0), max(known, key=lambda g: g.lower or 0.0)
    return {
        "attribute": part.attribute, "low": low.group, "low_value": low.value, "high": high.group,
        "high_value": high.value,
    }  # fmt: skip


def _by_attribute(checks: list[RowCheck], alpha: float) -> Iterator[tuple[RowCheck, RatesByAttribute]]:
    clear = [(check, part) for check in checks for part in check.by_attribute if _clear(part, alpha)]
    yield from sorted(clear, key=lambda item: item[1].corrected_p_value or 0.0)[:MOST_OF_A_KIND]


def _base_rates(found: DataAudit, alpha: float) -> Iterator[DataFinding]:
    for check, part in _by_attribute([check for check in found.checks if check.code == "label"], alpha):
        yield DataFinding(code="base_rate", params={"class": check.about, **_ends(part)})


def _missing(found: DataAudit, alpha: float) -> Iterator[DataFinding]:
    checks = [check for check in found.checks if check.code == "missing"]
    for check in checks:
        if check.by_label is not None and _clear(check.by_label, alpha):
            ends = _ends(check.by_label)
            del ends["attribute"]
            yield DataFinding(code="missing_with_label", params={"column": check.about, **ends})
    for check, part in _by_attribute(checks, alpha):
        yield DataFinding(code="missing_with_group", params={"column": check.about, **_ends(part)})


def _differences(found: DataAudit, alpha: float) -> Iterator[DataFinding]:
    others = [check for check in found.checks if check.code not in {"label", "missing"}]
    for check, part in _by_attribute(others, alpha):
        yield DataFinding(code="differs", params={"what": check.code, "kind": check.about, **_ends(part)})


def _proxies(found: DataAudit) -> Iterator[DataFinding]:
    told = [(proxy, group) for proxy in found.proxies for group in proxy.groups if _stands_in(proxy, group.lower)]
    told.sort(key=lambda item: -item[1].lower)
    seen: set[tuple[str, str | None]] = set()
    for proxy, group in told:
        key = proxy.attribute, proxy.column
        if key in seen or len(seen) >= MOST_OF_A_KIND:
            continue
        seen.add(key)
        params = {"attribute": proxy.attribute, "group": group.group, "auc": group.auc}
        if proxy.column is None:
            yield DataFinding(code="proxy_words", params={**params})
        else:
            yield DataFinding(code="proxy", params={**params, "column": proxy.column})


def _stands_in(proxy: Proxy, lower: float) -> bool:
    return lower >= STANDS_IN

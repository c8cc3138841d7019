"""Whether rows of the training can be told, in which group more easily, and what is given back."""

from __future__ import annotations

from collections.abc import Iterable

from audit.report.wording import Catalogue, count, decimal, group_name, percent
from audit.result import Leakage, Membership, MembershipValue


def strongest(values: Iterable[MembershipValue]) -> MembershipValue | None:
    """Return the attack that tells members best; None where none has a value."""
    return max((value for value in values if value.auc is not None), key=lambda v: v.auc or 0.0, default=None)


def conclusion(membership: Membership | None, leakage: Leakage | None, t: Catalogue) -> str | None:
    """Say what both came to; None where neither was asked for."""
    told = [*(_members(membership, t) if membership else []), *(_leaked(leakage, t) if leakage else [])]
    return t.sentences(*told) if told else None


def _members(found: Membership, t: Catalogue) -> list[str]:
    everybody = [value for value in found.values if not value.attributes]
    best = strongest(everybody)
    if best is None:
        return [t("conclusion.privacy.unknown")]
    sure = max((value for value in everybody if value.auc is not None), key=lambda value: value.lower or 0.0)
    if (sure.lower or 0.0) > 0.5:
        told = [t("conclusion.privacy.told", auc=decimal(sure.auc), lower=decimal(sure.lower))]
    else:
        told = [t("conclusion.privacy.chance", auc=decimal(best.auc), upper=decimal(best.upper))]
    if found.pairs and found.pairs[0].holm_p < 1 - found.level:
        first = found.pairs[0]
        names = {"group": group_name(first.high_group), "other": group_name(first.low_group)}
        told.append(t("conclusion.privacy.group", **names))
    return told


def _leaked(found: Leakage, t: Catalogue) -> list[str]:
    told = []
    planted = [canary for canary in found.canaries if canary.planted]
    if planted:
        exposed = sum(canary.holm_p < 1 - found.level for canary in planted)
        told.append(t("conclusion.privacy.canaries", n=count(exposed), of=count(len(planted))))
    whole = next((rate for rate in found.rates if rate.side == "members" and not rate.attributes), None)
    if whole is not None:
        told.append(t("conclusion.privacy.extracted", n=count(whole.n), share=percent(whole.rate)))
    return told

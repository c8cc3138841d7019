"""A result as everybody may read it."""

from __future__ import annotations

from typing import Any

from audit.disclosure.fields import DECISIONS
from audit.disclosure.groups import SUPPRESSED, PublicGroups
from audit.disclosure.people import social_impact
from audit.disclosure.reasons import why
from audit.disclosure.rulings import POLICY_FILE, comparison, judgement
from audit.disclosure.subject import subject
from audit.disclosure.suppress import LEAST
from audit.disclosure.told import Told
from audit.errors import AuditError
from audit.findings.join import with_findings
from audit.result import AuditResult, Findings, Part, Why
from audit.result.facts import Publication
from audit.scorecard.loading import load_card
from audit.scorecard.scoring import scored


def made_public(result: AuditResult) -> AuditResult:
    """Copy a result without anything of single decisions, and without small counts.

    No text, id or picture of a row is left, no word that fewer than ten rows hold, and no file or column of the house.
    Numbers of fewer than ten decisions are null, with the note `suppressed`, and so is what would give them back.

    Parameters
    ----------
    result
        Of an audit; a public copy is refused.

    Returns
    -------
    AuditResult
        `publication` says that it is one, and what was left out.

    Raises
    ------
    AuditError
        If the result is a public copy, or is about fewer than ten decisions or clusters.
    """
    if result.publication is not None:
        raise AuditError("this result is made public already", hint="make it from the run folder of the audit")
    told = Told(result)
    for things, n in (("decisions", told.decisions), ("clusters", result.data.clusters)):
        if n is not None and n < LEAST:
            raise AuditError(
                f"nothing of {n} {things} can be told to everybody", hint=f"{LEAST} {things} are the fewest"
            )
    groups = PublicGroups(told.decide())
    reasons = why(result, groups)
    shown = Why.model_construct(**{name: getattr(result, name) for name in Why.model_fields} | reasons)
    source = result.policy_source
    copy = result.model_copy(
        update={
            **subject(result, told),
            **groups.fairness(),
            **reasons,
            "comparison": result.comparison and comparison(result.comparison, groups),
            "judgement": result.judgement and judgement(result.judgement, groups, shown),
            "social_impact": result.social_impact
            and social_impact(result.social_impact, groups, weighted=result.data.weighted),
            # Findings are joined of this copy, and may advise nothing of what is dropped.
            "remedies": None,
            "policy_source": source and source.model_copy(update={"file": POLICY_FILE}),
        }
    )
    copy = copy.model_copy(update={"findings": _findings(copy)})
    swept: AuditResult = _swept(copy)
    if result.scorecard is not None and result.scorecard.file is None:
        # Scored anew, of what is told alone: what is hidden is unknown.
        swept = swept.model_copy(update={"scorecard": scored(swept, load_card(), None)})
    left_out = [
        code
        for code, was in (
            ("curves", result.scores),
            ("slices", result.discovery),
            ("data_audit", result.data_audit),
            ("privacy", result.membership or result.leakage),
            ("explained_changes", result.comparison and result.comparison.explanations),
            ("names", result.names and swept.names is None),
            ("explanations", result.explanations and swept.explanations is None),
            ("exchange", result.exchange and swept.exchange is None),
            ("probes", len(swept.probes) < len(result.probes)),
            ("reliance", result.reliance and swept.reliance is None),
            ("remedies", result.remedies),
            ("social_impact", result.social_impact and swept.social_impact is None),
            ("scorecard", result.scorecard and swept.scorecard is None),
            ("notes", len(swept.notes) < len(result.notes)),
        )
        if was
    ]
    told_all = groups.tells_everything
    publication = Publication(least=LEAST, suppressed=not told_all, left_out=left_out)
    return AuditResult.model_validate(swept.model_copy(update={"publication": publication}).model_dump(by_alias=True))


def _findings(public: AuditResult) -> Findings:
    """Join findings anew, of what is told alone: a failure or an exchange without numbers has no story."""
    found = public.judgement
    if found is not None:
        rules = [rule for rule in found.rules if (rule.status, rule.note) != ("fail", SUPPRESSED)]
        found = found.model_copy(update={"rules": rules})
    exchange = public.exchange
    if exchange is not None:
        exchange = exchange.model_copy(update={"pairs": [pair for pair in exchange.pairs if pair.flips is not None]})
    return with_findings(public.model_copy(update={"judgement": found, "exchange": exchange}), ()).findings


def _swept(part: Any) -> Any:
    """Empty every field that is dropped, or that nobody decided about, wherever it stands."""
    if isinstance(part, list):
        return [_swept(item) for item in part]
    if not isinstance(part, Part):
        return part
    values = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if DECISIONS.get(f"{type(part).__name__}.{name}", "dropped") == "dropped":
            value = _emptied(value, optional=type(None) in getattr(field.annotation, "__args__", ()))
        else:
            value = _swept(value)
        values[name] = value
    return part.model_copy(update=values)


def _emptied(value: Any, *, optional: bool) -> Any:
    if value is None or optional:
        return None
    if isinstance(value, str | list | dict):
        return type(value)()
    return type(value)(0) if isinstance(value, int | float) else value

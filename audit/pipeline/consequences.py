"""What decisions mean for people, and what might help: the decisions are read once more."""

from __future__ import annotations

from audit.config.deployment import DeploymentConfig
from audit.fairness.compare.scope import name_of
from audit.fairness.tally import tally_columns, tally_decisions
from audit.impact.concentration import concentration
from audit.impact.costs import costs_of
from audit.impact.grouped import Sliced
from audit.impact.harms import AGAINST, MISSED, WRONGLY_GIVEN, HarmRates
from audit.impact.people import Volume, affected
from audit.pipeline.case import Case
from audit.pipeline.remedies import remedies
from audit.result import Consequences, Fairness
from audit.result.social import AffectedPeople, Concentration, Gain, GroupCost, SocialImpact
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder


def slices_of(case: Case, folder: RunFolder, fairness: Fairness) -> list[Sliced]:
    """Tally the decisions once more, by every slicing, everybody included."""
    members = [attribute.label for attribute in case.config.attributes if attribute.members]
    columns = tally_columns(case.slicings, members)
    tallies = tally_decisions(read_decisions(folder.decisions, columns), case.slicings)
    everybody = next(tally for tally in tallies if not tally.slicing.attributes)
    facts = {tuple(item.attributes): item for item in fairness.slicings}
    return [Sliced(facts[tally.slicing.attributes], tally, everybody, case.question) for tally in tallies]


def consequences(case: Case, folder: RunFolder, fairness: Fairness) -> Consequences:
    """Say what decisions mean for people, and what might help, where the configuration asks for it."""
    if case.config.deployment is None and case.config.remedies is None:
        return Consequences()
    slices = slices_of(case, folder, fairness)
    return Consequences(social_impact=social_impact(case, slices), remedies=remedies(case, folder, slices))


def social_impact(case: Case, slices: list[Sliced]) -> SocialImpact | None:
    """Count people whom decisions harm, in every slicing; None where it was not asked for."""
    asked = case.config.deployment
    if asked is None:
        return None
    two = case.positive is not None and len(case.classes) == 2
    people: list[AffectedPeople] = []
    gains: list[Gain] = []
    crowded: list[Concentration] = []
    costs: list[GroupCost] = []
    for sliced in slices:
        facts = sliced.facts
        volume = Volume(asked.decisions_per_year, asked.shares.get(name_of(facts.attributes)))
        lines, equal = _of_slicing(sliced, volume, _harms(asked, two=two))
        people += lines
        gains += equal
        if facts.attributes and (found := concentration(sliced)):
            crowded.append(found)
        if asked.costs and two:
            costs += costs_of(asked.costs, lines, clustered=sliced.tally.slicing.clustered)
    price = asked.costs
    return SocialImpact(
        decisions_per_year=asked.decisions_per_year,
        positive_is=asked.positive_is,
        level=case.config.level,
        shares_given=list(asked.shares),
        false_negative_cost=price and price.false_negative,
        false_positive_cost=price and price.false_positive,
        unit=price and price.unit,
        people=people,
        gains=gains,
        concentration=crowded,
        costs=costs,
    )


def _harms(asked: DeploymentConfig, *, two: bool) -> list[HarmRates]:
    """What can befall people: of several classes, nobody said which one they want."""
    against = [AGAINST[asked.positive_is]] if two and asked.positive_is is not None else []
    return [MISSED, WRONGLY_GIVEN, *against]


def _of_slicing(sliced: Sliced, volume: Volume, harms: list[HarmRates]) -> tuple[list[AffectedPeople], list[Gain]]:
    people: list[AffectedPeople] = []
    gains: list[Gain] = []
    for cls in sliced.question.asked:
        for harm in harms:
            lines, gain = affected(sliced, volume, harm, cls)
            people += lines
            gains += [gain] if gain is not None else []
    return people, gains

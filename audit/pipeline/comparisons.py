"""Groups against groups, over all slicings of an audit: the decisions are read once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.fairness.codes import Coded
from audit.fairness.compare.adverse_impact import adverse_impact
from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.discovery import DiscoveryCounter, Search
from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.examples import ExampleCounter
from audit.fairness.compare.explained import EXPLAINED_METRIC, explained_rates
from audit.fairness.compare.impact_ratios import impact_table
from audit.fairness.compare.library import Checked
from audit.fairness.compare.score_report import score_report
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.metrics.choosing import described
from audit.fairness.scores import ScoreCounter, ScoreTally, with_score_sums
from audit.fairness.tally import CellCounter, tally_columns, with_sums
from audit.pipeline.case import Case
from audit.result import Fairness, LibraryCheck
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder

#: Slicings of which a sample of values is held to Fairlearn.
SLICINGS_CHECKED = 3


def compare_all(case: Case, folder: RunFolder, *, check: bool = True) -> Fairness:
    """Tally the decisions once, and compare the groups of every slicing.

    Parameters
    ----------
    check
        Hold a sample of the values to Fairlearn's.
    """
    cells = [CellCounter(slicing) for slicing in case.slicings]
    scores = [ScoreCounter(slicing) for slicing in case.slicings] if case.scored else []
    members = [attribute.label for attribute in case.config.attributes if attribute.members]
    search = search_of(case)
    discovering = DiscoveryCounter(search, case.config.seed) if search else None
    examples = ExampleCounter(case.question, case.slicings)
    columns = [*tally_columns(case.slicings, members), *(group_columns(search.columns) if search else ())]
    columns += examples.columns
    plain = bool(examples.columns)  # which compares texts
    batches = read_decisions(folder.decisions, list(dict.fromkeys(columns)), coded=not plain)
    for number, batch in enumerate(batches):
        if discovering:
            discovering.add(batch, number)
        examples.add(batch)
        summed = Coded(with_sums(batch))
        for cell_counter in cells:
            cell_counter.add(summed)
        if scores:
            scored = Coded(with_score_sums(batch, case.positive, number))
            for score_counter in scores:
                score_counter.add(scored)
    tallies = [counter.done() for counter in cells]
    score_tallies: list[ScoreTally | None] = [counter.done() for counter in scores]
    score_tallies = score_tallies or [None] * len(tallies)
    rng = np.random.default_rng(case.config.seed)
    most = min(SLICINGS_CHECKED, len(tallies)) if check else 0
    checked = set(rng.choice(len(tallies), most, replace=False).tolist())
    compared = [
        compare(tally, case.question, scored, check=rng if number in checked else None)
        for number, (tally, scored) in enumerate(zip(tallies, score_tallies, strict=True))
    ]
    whole = examples.done()
    tests, adverse, impact, reports = [], [], [], []
    alpha = 1 - case.config.level
    excused = bool(case.config.documentation.excluded_categories_justification)
    for tally, item in zip(tallies, compared, strict=True):
        for cls in case.question.selectable:
            tests += stratified_tests(tally, item.slicing, cls)
        if item.slicing.attributes:
            adverse += [row for selected in item.selected for row in adverse_impact(item.slicing, selected, alpha)]
            impact += [impact_table(item.slicing, selected, small_left_out=excused) for selected in item.selected]
        report = (
            score_report(item.scores, item.slicing, alpha, case.config.data.score_range)
            if item.scores is not None
            else None
        )
        reports += [report] if report and len(item.slicing.attributes) < 2 else []
    return Fairness(
        slicings=[item.slicing for item in compared],
        metric_definitions=described(case.question.metrics),
        metrics=[value for item in (*compared, *whole) for value in item.metrics],
        adjusted=[value for item in (*compared, *whole) for value in item.adjusted],
        correlations=[correlation for item in (*compared, *whole) for correlation in item.correlations],
        disparities=[gap for item in (*compared, *whole) for gap in item.disparities],
        library_check=library_check(compared),
        class_reports=[report for item in compared for report in item.class_reports],
        stratified=tests,
        adverse_impact=adverse,
        impact_ratios=impact,
        scores=reports,
        clear_gaps=clear_gaps([*compared, *whole], case.config.level),
        discovery=discovering.done() if discovering else None,
    )


def with_explained_rates(fairness: Fairness, case: Case, explained: pd.DataFrame | None) -> Fairness:
    """Add how often decisions about each group are explained, which the same code compares.

    Parameters
    ----------
    explained
        Explained decisions with their outcomes; None or empty if nothing was to be explained.
    """
    slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
    rates = explained_rates(explained, slicings, case.question) if explained is not None else []
    if not rates:
        return fairness
    definitions = described([EXPLAINED_METRIC])
    # What lies within strata of class and length is only a step on the way.
    metrics = [value for item in rates for value in item.metrics if not value.stratum]
    disparities = [gap for item in rates for gap in item.disparities if not gap.stratum]
    return fairness.model_copy(
        update={
            "metric_definitions": [*fairness.metric_definitions, *definitions],
            "metrics": [*fairness.metrics, *metrics],
            "adjusted": [*fairness.adjusted, *(value for item in rates for value in item.adjusted)],
            "correlations": [*fairness.correlations, *(found for item in rates for found in item.correlations)],
            "disparities": [*fairness.disparities, *disparities],
        }
    )


def search_of(case: Case) -> Search | None:
    """Settle which slices are searched for, if any."""
    config = case.config
    if config.discovery is None or not case.classes:
        return None
    return Search(
        tuple(column.label for column in config.read_as_groups if not column.members),
        config.discovery.depth,
        case.classes,
        case.positive,
        bool(case.survey.labels),
        1 - config.level,
        config.data.clustered,
        nothing=case.question.nothing,
    )


def library_check(compared: list[Compared]) -> LibraryCheck:
    """Sum up what was held to Fairlearn."""
    done = sum((item.checked for item in compared), Checked())
    return LibraryCheck(values=done.values, largest_difference=done.largest_difference)

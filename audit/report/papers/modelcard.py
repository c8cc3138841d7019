"""`modelcard.md`: a section for the model card of a Hugging Face repository, with its metrics as `model-index`.

The YAML block on top is what the Hub reads (huggingface_hub writes it); the Markdown below it is for people. Put it
into the README.md of the model as it is, or merge both parts into what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.report.documents import Telling
from audit.report.markdown import beside_lines, render_judgement, row, safe, strong
from audit.report.papers.facts import (
    digests,
    further,
    gap_sentence,
    limits_of,
    model_name,
    names_class,
    pooled,
    slice_name,
)
from audit.report.stories import told
from audit.report.verdicts import why_not_judged
from audit.report.wording import Catalogue, count, decimal, group_name, number, percent, points
from audit.result import AuditResult, MetricValue, SlicingFacts
from audit.text import one_line

#: Our names of metrics -> those of the Hub, where they differ.
ON_THE_HUB = {
    "f1_score": "f1",
    "auc": "roc_auc",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "r2_score": "r_squared",
}
#: Metrics that a table of groups shows at most: more do not fit a page.
MOST_COLUMNS = 6


def render_model_card(telling: Telling) -> str:
    """Render metadata and section."""
    return f"---\n{_metadata(telling)}\n---\n\n{_section(telling)}"


def _metadata(telling: Telling) -> str:
    """Metrics of everybody, and of every group those that the audit is about, as YAML that the Hub reads."""
    from huggingface_hub import EvalResult, ModelCardData

    result, t = telling.result, telling.t
    central = set(central_metrics(result))
    task = result.model.task if result.model else "other"
    results = [
        EvalResult(
            task_type=task,
            dataset_type="private",
            dataset_name=one_line(_dataset(result, item)),
            dataset_config=one_line(slice_name(item.attributes, item.group)) or None,
            dataset_args={"sha256": result.data.sha256, "decisions": item.n},
            metric_type=ON_THE_HUB.get(item.metric, item.metric),
            metric_name=one_line(_metric(item, result, t)),
            metric_value=round(item.value, 6),
            metric_args=_bounds(item, result),
        )
        for item in pooled(result)
        if item.value is not None and (not item.attributes or item.metric in central)
    ]
    results += [
        EvalResult(
            task_type=task,
            dataset_type="private",
            dataset_name=one_line(result.data.name),
            dataset_args={"sha256": result.data.sha256, item.counted: item.n},
            metric_type=item.code,
            metric_name=one_line(item.name),
            metric_value=round(item.value, 6),
            metric_args=item.bounds(result.level),
        )
        for item in further(telling)
        if not item.attributes
    ]
    card = ModelCardData(model_name=model_name(result), eval_results=results, tags=["fairness", "fairaudit"])
    return str(card.to_yaml())


def _dataset(result: AuditResult, item: MetricValue) -> str:
    name = slice_name(item.attributes, item.group)
    return f"{result.data.name} ({name})" if name else result.data.name


def _metric(item: MetricValue, result: AuditResult, t: Catalogue) -> str:
    named = t.metric(item.metric)
    if not names_class(result, item.cls):
        return named
    return t("named.of_class", metric=named, **{"class": t.cls(item.cls or "")})


def _bounds(item: MetricValue, result: AuditResult) -> dict[str, float | str] | None:
    """Bounds that carry their guarantee, with the class that is read as positive."""
    found: dict[str, float | str] = {"class": one_line(item.cls)} if item.cls else {}
    if item.lower is not None and item.upper is not None and item.doubt is None:
        found |= {"lower": round(item.lower, 6), "upper": round(item.upper, 6), "level": result.level}
    return found or None


def central_metrics(result: AuditResult) -> list[str]:
    """Name the metrics that rules judge or that differ clearly; of an audit without either, its first ones."""
    judged = [rule.metric for rule in result.judgement.rules if rule.counts] if result.judgement else []
    differ = [gap.metric for gap in result.clear_gaps.items]
    known = list(dict.fromkeys(item.metric for item in result.metrics))
    asked = {*judged, *differ}
    return [name for name in known if name in asked] or known[:MOST_COLUMNS]


def _section(telling: Telling) -> str:
    result, t = telling.result, telling.t
    lines = [f"## {t('report.kind')}", ""]
    if result.judgement is None:
        lines += [t.sentences(strong(t("banner.not_judged"), t), why_not_judged(result, t)), ""]
    else:
        lines += render_judgement(result.judgement, t)
    use = result.config["output"]["intended_use"]
    lines += [t.pair(f"**{t('scope.use')}**", safe(use or t("scope.use.missing"))), ""]
    data = [t("paper.data", rows=count(result.data.rows), decisions=count(result.data.decisions))]
    if result.data.files > 1:
        data.append(t("data.of_files", files=count(result.data.files)))
    made = t("paper.made", version=result.tool_version, date=result.timings.finished)
    lines += [t.sentences(*data, made), ""]
    for finding in result.findings.items:
        story = told(finding, t)
        lines += [f"### {safe(story.headline)}", "", safe(t.sentences(*story.sentences)), ""]
        lines += [*(f"- {safe(step.text)}" for step in story.steps), ""] if story.steps else []
    lines += [f"### {t('paper.grid.gaps')}", "", *_gaps(telling), ""]
    if more := beside_lines(result, t, telling.review):
        lines += [f"### {t('beside.title')}", "", *more, "", *_dimensions(telling)]
    for slicing in result.slicings:
        lines += [*_table(slicing, telling), ""] if slicing.attributes else []
    lines += [f"### {t('section.limits')}", "", *(f"- {safe(line)}" for line in limits_of(telling)), ""]
    lines += [f"### {t('paper.hashes')}", ""]
    lines += [row([t("paper.column.what"), "SHA-256", t("paper.computed")]), "|---|---|---|"]
    lines += [
        row([f"{t(f'paper.digest.{item.code}')}: {item.name}", item.sha256, t(item.over)]) for item in digests(telling)
    ]
    return "\n".join([*lines, ""])


def _dimensions(telling: Telling) -> Iterator[str]:
    """A line for every dimension of risk, never without its range."""
    t, card = telling.t, telling.result.scorecard
    if card is None:
        return
    yield row([t("scorecard.dimension"), t("scorecard.range"), t("scorecard.score"), t("scorecard.known")])
    yield "|---|---|---|---|"
    for item in card.dimensions:
        ends = f"{decimal(item.lowest, 2)}–{decimal(item.highest, 2)}"
        yield row([t(f"scorecard.{item.code}"), ends, decimal(item.score, 2), percent(item.known, 0)])
    yield ""


def _gaps(telling: Telling) -> Iterator[str]:
    found, t = telling.result.clear_gaps, telling.t
    if not found.items:
        level = percent(found.level, 0)
        yield t("summary.none", comparisons=count(found.comparisons), gaps=found.gaps, level=level)
    for gap in found.items:
        yield f"- {safe(t.pair(group_name(gap.attributes), gap_sentence(gap, telling)))}"


def _table(slicing: SlicingFacts, telling: Telling) -> Iterator[str]:
    """A line for every group, a column for every central metric, with bounds where they carry their guarantee."""
    result, t = telling.result, telling.t
    units = {item.name: item.unit for item in result.metric_definitions}
    items = [item for item in pooled(result) if item.attributes in ([], slicing.attributes)]
    keys = list(dict.fromkeys((i.metric, i.cls) for i in items if i.metric in central_metrics(result)))[:MOST_COLUMNS]
    values = {(tuple(item.group), item.metric, item.cls): item for item in items}
    heads = [_metric(next(i for i in items if (i.metric, i.cls) == key), result, t) for key in keys]
    yield f"### {t('disparities.by', attributes=safe(group_name(slicing.attributes)))}"
    yield ""
    yield row([t("paper.column.group"), t("paper.column.n"), *heads])
    yield "|---" * (2 + len(keys)) + "|"
    everybody = next((group for one in result.slicings if not one.attributes for group in one.groups), None)
    for group in [*([everybody] if everybody else []), *slicing.groups]:
        found = [values.get((tuple(group.values), *key)) for key in keys]
        cells = [_value(item, units, t) for item in found]
        yield row([group_name(group.values) or t("performance.overall"), count(group.n), *cells])


def _value(item: MetricValue | None, units: Mapping[str, str], t: Catalogue) -> str:
    if item is None:
        return "–"
    if item.value is None:
        return t.note(item.note) or "–"
    plain = units.get(item.metric) == "number"
    shown = number(item.value) if plain else percent(item.value)
    if item.lower is None or item.upper is None or item.doubt is not None:
        return shown
    bounds = (number(item.lower), number(item.upper)) if plain else (points(item.lower), percent(item.upper))
    return f"{shown} ({bounds[0]}–{bounds[1]})"

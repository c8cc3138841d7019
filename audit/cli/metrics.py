"""`audit metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import language
from audit.text import Language

if TYPE_CHECKING:
    from audit.fairness.metrics.needs import Listed
    from audit.report.glossary import Glossary
    from audit.report.wording import Catalogue


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
@language
def metrics(name: str | None, kind: str, lang: Language | None) -> None:
    """List the metrics that an audit can compute: what each says, and what it needs; with a NAME, that one.

    `metrics` in the configuration chooses them, and rules of a policy hold them.
    """
    from audit.config.nearest import meant
    from audit.errors import ConfigError
    from audit.fairness.metrics.needs import listed
    from audit.report.glossary import Glossary
    from audit.report.wording import Catalogue
    from audit.say import say, say_json

    t = Catalogue(lang or "en")
    glossary = Glossary(t)
    found = [metric for metric in listed() if name in {None, metric.name}]
    if not found:
        known = [metric.name for metric in listed()]
        raise ConfigError(f"there is no metric {name!r}{meant(name or '', known)}", hint="`audit metrics` lists them")
    if kind == "json":
        plain = [_plain(metric, glossary) for metric in found]
        say_json(plain[0] if name else plain)
        return
    for metric in found:
        say(*_lines(metric, glossary, t))
    if name is None:
        say("", t("metrics.foot"))


def _plain(metric: Listed, glossary: Glossary) -> dict[str, Any]:
    entry = glossary.metric(metric.name)
    return {
        "name": metric.name,
        "term": entry.term if entry else metric.name,
        "sentence": entry.sentence if entry else None,
        "formula": entry.formula if entry else None,
        "source": entry.source if entry else None,
        "needs": list(metric.needs),
        "outcomes": list(metric.outcomes),
        "default": list(metric.default),
        "tasks": _tasks(metric),
        "parts": list(metric.parts),
        "rules_only": metric.rules_only,
    }


def _tasks(metric: Listed) -> list[str]:
    """Tasks of models whose decisions the metric is for; stored predictions of the same kind need no model."""
    from audit.models.tasks import OUTCOMES

    kinds = {"class" if outcome == "binary" else outcome for outcome in metric.outcomes}
    if metric.rules_only:
        kinds = {"entities"} if "names" in metric.needs else {"class", "entities", "labels"}
    return [task for task, outcome in OUTCOMES.items() if outcome in kinds]


def _lines(metric: Listed, glossary: Glossary, t: Catalogue) -> list[str]:
    entry = glossary.metric(metric.name)
    facts = [t("metrics.needs", needs=t.listed(t(f"metrics.need.{need}") for need in metric.needs))]
    if not metric.needs:
        facts = [t("metrics.needs.nothing")]
    if metric.parts:
        facts.insert(0, t("metrics.composed", parts=t.listed(metric.parts)))
    for code, outcomes in (("for", metric.outcomes), ("default", metric.default)):
        if outcomes and (code == "for" or outcomes != metric.outcomes):
            named = t.listed(t(f"metrics.outcome.{outcome}") for outcome in outcomes)
            facts.append(t(f"metrics.{code}", outcomes=named))
    facts.append(t("metrics.tasks", tasks=t.listed(_tasks(metric))) if _tasks(metric) else t("metrics.tasks.none"))
    if metric.rules_only:
        facts.append(t("metrics.rules_only"))
    head, sentence = (entry.term, entry.sentence) if entry else (t("metrics.own"), "")
    return [
        t.pair(metric.name, head),
        *([f"    {sentence}"] if sentence else []),
        f"    {t.clauses(facts)}",
    ]

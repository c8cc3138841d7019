"""Whether model, data and policy fit each other: what does not is refused before anything is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from audit.config import AuditConfig
from audit.config.nearest import meant
from audit.data.decided import NOTHING
from audit.data.survey import Survey
from audit.errors import ConfigError, DataError, some
from audit.fairness.metrics.names import NAME_METRICS
from audit.models.tasks import OUTCOMES, TASKS
from audit.pipeline.persons import NamesAsked
from audit.policy.rules import named_rules

if TYPE_CHECKING:
    from audit.models.adapter import Adapter


def check_outcome(config: AuditConfig, adapter: Adapter | None) -> None:
    """Refuse a model whose decisions are of another kind than the labels."""
    if adapter:
        task: str | None = adapter.facts().task
        kinds = {nothing: outcome for outcome, nothing in NOTHING.items()}
        wanted = "class" if adapter.nothing is None else kinds.get(adapter.nothing, config.data.outcome)
    else:
        from audit.models.described import infer_task

        task = infer_task(config.model) if config.model else None
        wanted = OUTCOMES.get(task or "", config.data.outcome)
    # Those that installed packages register read what they say themselves.
    reads = TASKS[task].reads if task in TASKS else config.data.columns.read[0]
    if reads not in config.data.columns.read:
        raise ConfigError(
            f"the model is for {task}, which reads data.columns.{reads}",
            where=f"data.columns.{config.data.columns.read[0]}", hint=f"name data.columns.{reads} instead",
        )  # fmt: skip
    if config.data.outcome != wanted:
        raise ConfigError(
            f"the model is for {task}, and data.outcome is {config.data.outcome!r}",
            where="data.outcome",
            hint=f"set data.outcome: {wanted}",
        )


def check_policy_groups(
    config: AuditConfig, surveyed: Survey, names: NamesAsked | None, of_entities: Mapping[str, Collection[str]]
) -> None:
    """Refuse a rule that exempts or refers to a group which does not occur: it would not do what it says."""
    audited = {group for counter in surveyed.groups.values() for group in counter}
    audited |= {group for groups in of_entities.values() for group in groups}
    for name, rule in named_rules(config.policy):
        groups = names.groups if names and rule.metric in NAME_METRICS else audited
        named = [*rule.exempt, *([rule.reference] if rule.reference else [])]
        unknown = [group for group in named if not set(group.split(" × ")) <= groups]
        if unknown:
            raise DataError(
                f"policy, {name}: no group is called {some(unknown)}",
                hint=f"groups are {some(sorted(groups), 20)}{meant(unknown[0], sorted(groups))}",
            )

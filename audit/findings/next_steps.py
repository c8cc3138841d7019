"""What to do next about a finding, by the rules in `next_steps.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter, field_validator

from audit.config.reading import parse_yaml
from audit.findings.conditions import CONDITIONS, Facts
from audit.result import AuditResult, Finding, FindingKind, NextStep

FILE = "next_steps.yaml"


class StepRule(BaseModel):
    """One rule: an action, and when it is advised."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str = Field(pattern="^[a-z_]+$")
    when: str
    kinds: tuple[FindingKind, ...] = Field(min_length=1)
    most: PositiveInt

    @field_validator("when")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in CONDITIONS:
            raise ValueError(f"there is no condition {name!r}")
        return name


@cache
def step_rules() -> tuple[StepRule, ...]:
    """Read the rules, in the order in which their actions are told."""
    source = (files("audit.findings") / FILE).read_text(encoding="utf-8")
    return tuple(TypeAdapter(list[StepRule]).validate_python(parse_yaml(source, FILE)))


def next_steps(result: AuditResult, finding: Finding, flagged: Sequence[dict[str, Any]]) -> list[NextStep]:
    """Advise on a finding.

    Parameters
    ----------
    flagged
        Lines of `flagged.jsonl` that belong to the finding.
    """
    facts = Facts(result, finding, flagged)
    return [
        NextStep(code=rule.action, params=match.params, evidence=match.evidence)
        for rule in step_rules()
        if finding.kind in rule.kinds
        for match in islice(CONDITIONS[rule.when](facts), rule.most)
    ]

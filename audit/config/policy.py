"""The policy: rules to judge by, and failures that are waived for a while."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field, model_validator

from audit.config.part import ConfigPart, Label
from audit.errors import some

MOST_WAIVER_DAYS = 90


class RuleConfig(ConfigPart):
    """A disparity stays within a limit, its change since a baseline within a margin, or a rate itself below a limit."""

    name: str = Field("", description="What outputs and waivers call it; default: what it asks.")
    metric: str = Field(description="A metric such as selection_rate, or a criterion such as equalized_odds.")
    over: tuple[str | tuple[str, ...], ...] = Field(
        (), description="Attributes and crossings, for example [gender, [gender, ethnicity]]; default: all attributes."
    )
    crossings: bool = Field(False, description="Where `over` is left out: all crossings of the audit too.")
    limit: float | None = Field(None, ge=0, description="The largest difference that is accepted.")
    at_least: float | None = Field(None, gt=0, le=1, description="The smallest ratio that is accepted.")
    at_most: float | None = Field(
        None,
        ge=0,
        description="The largest value itself that is accepted, in every group: for rates of flips and flags.",
    )
    margin: float | None = Field(
        None, ge=0, description="The largest change for the worse since the baseline that is accepted."
    )
    of: Literal["group", "gap"] = Field(
        "group", description="What may change by at most `margin`: each group's metric, or each pair's gap."
    )
    severity: Literal["off", "warn", "error"] = Field("error", description="What a failure does to the gate.")
    evidence: Literal["interval", "point"] = Field(
        "interval", description="Judge by bounds; or by point values, where a law defines the rule so."
    )
    scope: Literal["pooled", "adjusted"] = Field(
        "pooled", description="With controls, the verdict that counts: of rates as they are, or standardised."
    )
    exempt: tuple[Label, ...] = Field((), description="Groups this rule leaves out, by name.")
    min_share: float = Field(0.0, ge=0, lt=1, description="Leave out groups with less than this share of decisions.")
    reference: Label | None = Field(None, description="Compare each group with this one instead of all with all.")

    @model_validator(mode="after")
    def _one_limit(self) -> RuleConfig:
        if [self.limit, self.at_least, self.margin, self.at_most].count(None) != 3:
            raise ValueError(
                "give one of `limit` (of a difference), `at_least` (of a ratio), `margin` (of a change), `at_most` "
                "(of the value itself)"
            )
        if self.reference is not None and self.at_most is not None:
            raise ValueError("a rule with `at_most` holds every group by itself, not against a `reference`")
        if self.crossings and self.over:
            raise ValueError("`crossings` goes without `over`: name the crossings there")
        if self.reference is not None and self.margin is not None:
            raise ValueError("a rule with a `margin` compares with the baseline, not with a `reference`")
        return self


class WaiverConfig(ConfigPart):
    """A failure that named people accept for a while."""

    rule: str = Field(min_length=1, description="Name of the rule, as outputs show it.")
    over: tuple[str, ...] = Field((), description="The slicing it is waived for; default: all of the rule.")
    ceiling: float = Field(description="A value worse than this fails all the same.")
    reason: str = Field(min_length=1, description="Why it is accepted.")
    owner: str = Field(min_length=1, description="Who works on it.")
    approver: str = Field(min_length=1, description="Who accepts it; not the owner.")
    granted: date = Field(description="Day it was approved.")
    expires: date = Field(description="Last day in force, at most 90 days after `granted`.")

    @model_validator(mode="after")
    def _bounded(self) -> WaiverConfig:
        if not self.granted <= self.expires <= self.granted + timedelta(days=MOST_WAIVER_DAYS):
            raise ValueError(f"`expires` must lie within {MOST_WAIVER_DAYS} days after `granted`")
        if self.owner == self.approver:
            raise ValueError("`approver` must be somebody else than `owner`")
        return self


class Waivers(ConfigPart):
    """A file of waivers."""

    waivers: tuple[WaiverConfig, ...]


class PolicyConfig(ConfigPart):
    """Rules to judge by."""

    presets: tuple[Literal["four-fifths", "equalized-odds", "ll144"], ...] = Field(
        (),
        description="four-fifths: warns of selection ratios below 0.8, by point values. equalized-odds: gaps to 0.1. "
        "ll144: impact ratios, crossings too; categories under 2 % are left out where `documentation` says why.",
    )
    rules: tuple[RuleConfig, ...] = ()
    waivers: tuple[WaiverConfig, ...] = ()
    on_inconclusive: Literal["pass", "warn", "fail"] = Field("warn", description="What an undecided rule does.")

    @model_validator(mode="after")
    def _no_contradiction(self) -> PolicyConfig:
        names = [*self.presets, *(rule.name for rule in self.rules if rule.name)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are called {some(twice)}")
        seen: set[tuple[object, ...]] = set()
        for rule in self.rules:
            asks = (
                rule.name,
                rule.metric,
                rule.over,
                rule.of if rule.margin is not None else None,
                rule.scope,
                rule.exempt,
            )
            bound = next(name for name in ("margin", "limit", "at_least", "at_most") if getattr(rule, name) is not None)
            key = (*asks, bound, rule.of if bound == "margin" else None, rule.reference, rule.evidence, rule.severity)
            if key in seen:
                raise ValueError(
                    f"two rules set `{bound}` of {rule.metric} over the same groups: keep one, or name them"
                )
            seen.add(key)
        return self

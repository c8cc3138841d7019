"""What every paper tells in its own form: digests, slices, values with bounds, and the limits of the audit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.report.documents import Telling
from audit.report.sections import limits
from audit.report.view import View
from audit.report.wording import count, group_name, number, percent
from audit.result import AuditResult, ClearGap, MetricValue
from audit.store.files import sha256
from audit.text import one_line, visible


@dataclass(frozen=True)
class Digest:
    """SHA-256 of one thing that was audited, and what it was computed over.

    Attributes
    ----------
    code
        `model`, `data`, `configuration`, `policy` or `result`.
    over
        Code of the words that say how it is computed again.
    """

    code: str
    name: str
    sha256: str
    over: str


def digests(telling: Telling) -> list[Digest]:
    """Return the digests of what was audited and of what was found: model first, if there is one."""
    result = telling.result
    found = []
    if result.model is not None:
        found.append(Digest("model", one_line(result.model.name), result.model.sha256, _over(result)))
    found.append(Digest("data", one_line(result.data.name), result.data.sha256, "paper.over.data"))
    found.append(Digest("configuration", "configuration", result.config_sha256, "paper.over.configuration"))
    if result.judgement is not None:
        source = result.policy_source
        name = one_line(source.file) if source else "policy"
        found.append(Digest("policy", name, result.judgement.policy_sha256, "paper.over.policy"))
    found.append(Digest("result", "result.json", result_sha256(telling), "paper.over.result"))
    return found


def result_sha256(telling: Telling) -> str:
    """Hash `result.json` as it lies in the run folder: every paper names the audit that it tells of by it."""
    return sha256(telling.folder.result)


def _over(result: AuditResult) -> str:
    model = result.model
    if model is None or model.parameters is None:
        return "paper.over.model.function"
    if model.quantised is not None:
        return "paper.over.model.rounded"
    return "paper.over.model.peft" if model.peft is not None else "paper.over.model.files"


def model_name(result: AuditResult) -> str:
    """Name what is audited: the model, or the audit where predictions were stored."""
    return one_line(result.model.name if result.model else result.title)


def pooled(result: AuditResult) -> list[MetricValue]:
    """Return metrics of everybody and of every group, with nothing held fixed."""
    return [item for item in result.metrics if not item.stratum]


@dataclass(frozen=True)
class Further:
    """A number that was measured beside fairness, for machines.

    Attributes
    ----------
    code
        What it is, in the words of the field or of the configuration.
    counted
        What `n` counts: decisions, rows or texts.
    """

    code: str
    name: str
    attributes: list[str]
    group: list[str]
    counted: str
    n: int
    value: float
    lower: float | None
    upper: float | None

    def bounds(self, level: float) -> dict[str, Any] | None:
        """Bounds with their level, where there are any."""
        if self.lower is None or self.upper is None:
            return None
        return {"lower": round(self.lower, 6), "upper": round(self.upper, 6), "level": level}


def further(telling: Telling) -> list[Further]:
    """Return how often changes alter decisions, and how well rows of the training are told, of everybody and groups."""
    result, t = telling.result, telling.t
    found = [
        Further(
            item.metric, t.metric(item.metric), item.attributes, item.group, "decisions", item.n or 0, item.value,
            *((item.lower, item.upper) if item.doubt is None else (None, None)),
        )
        for probe in result.probes
        for item in probe.metrics
        if item.value is not None
    ]  # fmt: skip
    if result.membership is not None:
        found += [
            Further(
                f"membership_inference_auc:{item.attack}",
                t("paper.membership", attack=t(f"privacy.attack.{item.attack}")),
                *(item.attributes, item.group, "rows", item.members + item.held_out, item.auc, item.lower, item.upper),
            )
            for item in result.membership.values
            if item.auc is not None
        ]
    if result.leakage is not None:
        found += [
            Further(
                f"verbatim_extraction:{item.side}",
                t.pair(t("privacy.extracted"), t(f"privacy.extracted.{item.side}")),
                *(item.attributes, item.group, "texts", item.n, item.rate, item.lower, item.upper),
            )
            for item in result.leakage.rates
            if item.rate is not None
        ]
    return found


def slice_name(attributes: Sequence[str], group: Sequence[str]) -> str:
    """Name a slice by its values, as in `gender=female, ethnicity=Black`; empty: everybody."""
    return ", ".join(f"{name}={value}" for name, value in zip(attributes, group, strict=True))


def names_class(result: AuditResult, cls: str | None) -> bool:
    """Whether a metric has to say which class it reads as positive: where there are several."""
    return cls is not None and (len(result.classes) > 2 or result.data.nothing is not None)


def metric_code(result: AuditResult, metric: str, cls: str | None) -> str:
    """Name a metric for machines, with its class where there are several."""
    return f"{metric} of {cls}" if names_class(result, cls) else metric


def gap_sentence(gap: ClearGap, telling: Telling) -> str:
    """Say which two groups a gap that is clear of chance lies between, and how wide it is at least."""
    result, t = telling.result, telling.t
    plain = t.is_number(gap.metric)
    value = number if plain else percent
    sides = {
        side: t("paper.side", group=group_name(group), value=value(mean), n=count(n))
        for side, group, mean, n in (
            ("low", gap.low_group, gap.low_value, gap.low_n),
            ("high", gap.high_group, gap.high_value, gap.high_n),
        )
    }
    metric = t.metric(gap.metric)
    if names_class(result, gap.cls):
        metric = t("named.of_class", metric=metric, **{"class": t.cls(gap.cls or "")})
    least = number(gap.lower) if plain else t.points(gap.lower)
    return t("paper.gap", metric=metric, **sides, least=least, level=percent(result.clear_gaps.level, 0))


def worse_off(telling: Telling, metric: str, low: Sequence[str], high: Sequence[str]) -> Sequence[str]:
    """Return the group for which a metric is worse, of the one with the lower and the one with the higher value."""
    definition = next((item for item in telling.result.metric_definitions if item.name == metric), None)
    return low if definition is None or definition.better == "high" else high


def untold_gaps(telling: Telling) -> list[ClearGap]:
    """Return gaps clear of chance that no finding tells of."""
    told = {
        (tuple(item.attributes), one.metric, one.cls, tuple(one.low_group or ()), tuple(one.high_group or ()))
        for item in telling.result.findings.items
        for one in item.measures
    }
    return [
        gap
        for gap in telling.result.clear_gaps.items
        if (tuple(gap.attributes), gap.metric, gap.cls, tuple(gap.low_group), tuple(gap.high_group)) not in told
    ]


def limits_of(telling: Telling) -> list[str]:
    """Say what this audit cannot say, first of these data, then of any such audit."""
    said = limits.build(View(telling.result, telling.folder, telling.t))
    return [*said["own"], *said["method"]]


def plain_number(value: float) -> str:
    """Write a number for machines: ten digits that count."""
    return f"{value:z.10g}"


def to_json(plain: Any) -> str:
    """Write plain data as JSON, every text with its control characters shown."""
    return json.dumps(_shown(plain), indent=2, ensure_ascii=False) + "\n"


def _shown(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {visible(key, keep=""): _shown(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_shown(item) for item in plain]
    return visible(plain) if isinstance(plain, str) else plain


def unique(names: Iterable[str]) -> list[str]:
    """Drop names that were there before."""
    return list(dict.fromkeys(names))

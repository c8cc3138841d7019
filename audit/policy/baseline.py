"""What an audit is compared with: another run folder, or the small file that one leaves for a repository.

The file holds counts and metrics per group and no row, so no personal data. Compared by it, two audits of the same rows
are held against each other as if they were of different rows: bounds are wider than from both decision tables.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.errors import ConfigError, some
from audit.result import AuditResult, MetricValue, Sketch, ValueEstimate
from audit.store.files import write_text
from audit.store.runfolder import RunFolder

Place = tuple[tuple[str, ...], tuple[str, ...]]
Key = tuple[tuple[str, ...], tuple[str, ...], str, str | None]


Index = Annotated[int, Field(ge=0)]
Size = Annotated[float, Field(ge=0)]


class Baseline(BaseModel):
    """One audit, as much of it as a later one is compared with."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: str = "fairaudit baseline"
    schema_version: str
    tool_version: str
    title: str
    finished: str
    config_sha256: str
    model_sha256: str | None
    data_name: str
    rows_sha256: str
    decisions: Index
    level: float = Field(gt=0, lt=1)
    positive_class: str | None
    classes: list[str]
    slicings: list[list[str]]
    controls: list[str]
    groups: list[list[list[str]]] = Field(description="Groups of each slicing.")
    questions: list[tuple[str, str | None]] = Field(description="Metric and class.")
    values: list[tuple[Index, Index, Index, float | None, Size | None, Size | None, Size | None, str | None]] = Field(
        description="Slicing, group, question, value, effective size, clusters, standard error, doubt."
    )

    sketches: dict[Index, Sketch] = Field(description="Row of `values` -> what decisions add to that mean.")

    @model_validator(mode="after")
    def _consistent(self) -> Baseline:
        if len(self.groups) != len(self.slicings):
            raise ValueError(f"groups: {len(self.groups)} lists for {len(self.slicings)} slicings")
        seen: dict[tuple[int, int, int], int] = {}
        for row, (slicing, group, question, *_) in enumerate(self.values):
            for at, (name, index, length) in enumerate(
                (
                    ("slicing", slicing, len(self.slicings)),
                    ("group", group, len(self.groups[slicing]) if slicing < len(self.slicings) else 0),
                    ("question", question, len(self.questions)),
                )
            ):
                if index >= length:
                    raise ValueError(f"values.{row}.{at}: no {name} has the number {index}, there are {length}")
            first = seen.setdefault((slicing, group, question), row)
            if first != row:
                raise ValueError(f"values.{row}: the same group and question as values.{first}")
        for row in self.sketches:
            if row >= len(self.values):
                raise ValueError(f"sketches.{row}: there are {len(self.values)} values")
        return self

    def estimates(self) -> dict[Key, ValueEstimate]:
        """Every metric of every group."""
        out = {}
        for row, (slicing, group, question, value, size, clusters, error, doubt) in enumerate(self.values):
            metric, cls = self.questions[question]
            key = tuple(self.slicings[slicing]), tuple(self.groups[slicing][group]), metric, cls
            out[key] = ValueEstimate(
                value=value, effective_n=size, clusters=clusters, standard_error=error, sketch=self.sketches.get(row),
                doubt=doubt,
            )  # fmt: skip
        return out


@dataclass(frozen=True)
class Reference:
    """A baseline, with its decision table where it is a run folder."""

    baseline: Baseline
    folder: RunFolder | None


def baseline_of(result: AuditResult) -> Baseline:
    """Reduce a result to what a later audit needs."""
    pooled = [value for value in result.metrics if not value.stratum]
    questions = list(dict.fromkeys((value.metric, value.cls) for value in pooled))
    places = {
        (tuple(slicing.attributes), tuple(group.values)): (i, j)
        for i, slicing in enumerate(result.slicings)
        for j, group in enumerate(slicing.groups)
    }
    return Baseline(
        schema_version=result.schema_version,
        tool_version=result.tool_version,
        title=result.title,
        finished=result.timings.finished,
        config_sha256=result.config_sha256,
        model_sha256=result.model.sha256 if result.model else None,
        data_name=result.data.name,
        rows_sha256=result.data.rows_sha256,
        decisions=result.data.decisions,
        level=result.level,
        positive_class=result.positive_class,
        classes=result.classes,
        slicings=[slicing.attributes for slicing in result.slicings],
        controls=list(result.config["controls"]),
        groups=[[group.values for group in slicing.groups] for slicing in result.slicings],
        questions=questions,
        values=[
            (*_at(value, places, questions), *map(_short, (value.value, value.effective_n)),
             *map(_short, (value.clusters, value.standard_error)), value.doubt)
            for value in pooled
        ],
        sketches={row: value.sketch for row, value in enumerate(pooled) if value.sketch is not None},
    )  # fmt: skip


def _at(
    value: MetricValue, places: dict[Place, tuple[int, int]], questions: list[tuple[str, str | None]]
) -> tuple[int, int, int]:
    slicing, group = places[tuple(value.attributes), tuple(value.group)]
    return slicing, group, questions.index((value.metric, value.cls))


def _short(number: float | None) -> float | None:
    """Twelve digits are more than any bound needs."""
    return None if number is None else float(f"{number:.12g}")


def save_baseline(result: AuditResult, path: Path) -> None:
    """Write the small file."""
    plain = baseline_of(result).model_dump(mode="json", by_alias=True)
    try:
        write_text(path, json.dumps(plain, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error}", where=str(path)) from error


def load_baseline(path: Path) -> Reference:
    """Read a run folder, or the small file.

    Raises
    ------
    ConfigError, RunFolderError
        If it is neither.
    """
    if path.is_dir():
        folder = RunFolder(path)
        return Reference(baseline_of(folder.read_result()), folder)
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8"))
        return Reference(Baseline.model_validate(plain), None)
    except FileNotFoundError:
        raise ConfigError("no such file or run folder", where=str(path)) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"cannot be read as JSON: {error}", where=str(path)) from None
    except ValidationError as error:
        wrong = some([_said(item["loc"], item["msg"]) for item in error.errors()])
        raise ConfigError(
            f"is no baseline of this version: {wrong}", where=str(path), hint="make one with audit gate --save-baseline"
        ) from None


def _said(loc: tuple[int | str, ...], message: str) -> str:
    """Say what is wrong with which key."""
    where, what = ".".join(map(str, loc)), message.removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def refuse_incomparable(result: AuditResult, baseline: Baseline, *, other_rows: bool) -> None:
    """Refuse a baseline that asks other questions, or of other rows, naming the difference.

    Raises
    ------
    ConfigError
        For other attributes, classes, positive class or level; for other rows, unless `other_rows` accepts them.
    """
    _refuse_impossible(result, baseline)
    mine = baseline_of(result)
    hint = "audit the baseline's model again with this configuration, and save a new baseline"
    for name, what in (
        ("slicings", "attributes and crossings"),
        ("controls", "controls"),
        ("classes", "classes"),
        ("positive_class", "the positive class"),
        ("level", "the confidence level"),
    ):
        before, after = getattr(baseline, name), getattr(mine, name)
        if before != after:
            raise ConfigError(
                f"the baseline differs in {what}: {before} there, {after} here", where="baseline", hint=hint
            )
    if baseline.rows_sha256 != mine.rows_sha256 and not other_rows:
        raise ConfigError(
            f"the baseline is of other rows, labels or groups: {baseline.data_name} with {baseline.decisions:,} "
            f"decisions ({baseline.rows_sha256[:12]}) there, {mine.data_name} with {mine.decisions:,} "
            f"({mine.rows_sha256[:12]}) here",
            where="baseline",
            hint="--other-rows compares them as independent samples of the same population",
        )


def _refuse_impossible(result: AuditResult, baseline: Baseline) -> None:
    """Refuse shares that are none."""
    shares = {item.name for item in result.metric_definitions if item.unit == "share"}
    for row, (slicing, group, question, value, *_) in enumerate(baseline.values):
        metric = baseline.questions[question][0]
        if metric in shares and value is not None and not -1e-9 <= value <= 1 + 1e-9:
            name = " × ".join(baseline.groups[slicing][group]) or "all decisions"
            raise ConfigError(
                f"values.{row}.3: {value:g} is no {metric} of {name}, which lies between 0 and 1",
                where="baseline",
                hint="make the baseline again with audit gate --save-baseline",
            )

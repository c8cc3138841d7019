"""Release counts with noise: decisions are counted, noise is drawn once and kept, and the rest follows from both."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import pyarrow as pa

from audit.disclosure.outcomes import Cell, Outcomes, outcomes_of
from audit.disclosure.private.noise import Drawing, drawn, library, scale_for
from audit.disclosure.private.release import released
from audit.disclosure.private.tables import Domain, Noisy, Values
from audit.errors import AuditError, ConfigError
from audit.result import AuditResult
from audit.result.facts import PrivateCounts, PrivateTable, attribute_label
from audit.store.columns import group_column
from audit.store.decisions import counted, read_decisions
from audit.store.files import sha256
from audit.store.lock import held
from audit.store.releases import NoiseOfTable, Release, Releases, keep_release, read_releases
from audit.store.runfolder import RunFolder


def release(
    folder: RunFolder, result: AuditResult, epsilon: float, per_unit: int | None = None, draw: Drawing = drawn
) -> AuditResult:
    """Make a copy of a result for everybody, of counts with noise.

    The budget ε is shared equally by the tables: one for everybody, one for each attribute and crossing. Within a table
    a decision lies in one cell, so that all its groups and outcomes cost no more than one count.

    Parameters
    ----------
    folder
        The run folder that the result is of; noise that was drawn for it lies there, and is used again.
    epsilon
        Budget of this release.
    per_unit
        Decisions of one cluster, or of one row that has several, that are counted at most; the first ones of the table.
    draw
        Draws noise; only tests name another.

    Raises
    ------
    ConfigError
        If ε is not positive, or decisions belong together and `per_unit` is missing.
    AuditError
        If nothing of this kind can be told of the audit: weights, or predicted numbers; or OpenDP is not installed.
    """
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise ConfigError(f"epsilon is {epsilon}, and has to be more than 0", hint="1.0 is a common choice")
    if result.data.weighted or not result.classes:
        raise AuditError(
            "differentially private counts are counts of classes, each decision once",
            hint="an audit with weights, or of predicted numbers, has none: leave epsilon out",
        )
    unit = _unit(result)
    if unit == "decision":
        per_unit = 1
    elif per_unit is None or per_unit < 1:
        raise ConfigError(
            f"several decisions belong to one {unit}, and nothing says how many of them may count",
            hint=f"--per-unit N, or output.public.per_unit, counts the first N of each {unit}, with N times the noise",
        )
    outcomes = outcomes_of(result)
    domains = _domains(result, outcomes)
    true = _counted(folder, domains, per_unit, unit)
    with held(folder.path):
        kept, noise = _noise(folder, domains, epsilon, per_unit, draw)
    tables = {
        domain.attributes: Noisy.of(domain, counts, item.noise, item.scale)
        for domain, counts, item in zip(domains, true, noise.tables, strict=True)
    }
    about = PrivateCounts(
        mechanism="discrete_laplace",
        library=noise.library,
        unit=unit,
        per_unit=per_unit,
        epsilon=epsilon,
        spent=kept.spent(noise.decisions_sha256),
        tables=[
            PrivateTable(attributes=item.attributes, cells=len(item.noise), epsilon=item.epsilon, scale=item.scale)
            for item in noise.tables
        ],
        negative=sum(int((table.counts < 0).sum()) for table in tables.values()),
    )
    return released(result, tables, outcomes, about)


def _unit(result: AuditResult) -> Literal["decision", "row", "cluster"]:
    if result.config["data"]["columns"]["cluster"] is not None:
        return "cluster"
    return "row" if result.data.nothing is not None or result.data.clusters is not None else "decision"


def _domains(result: AuditResult, outcomes: Outcomes) -> list[Domain]:
    """Tables of everybody, attributes and crossings; a decision may be in several groups that overlap, so not those."""
    shared = {attribute_label(item) for item in result.config["attributes"] if item["members"]}
    values = {
        slicing.attributes[0]: sorted(group.values[0] for group in slicing.groups)
        for slicing in result.slicings
        if len(slicing.attributes) == 1
    }
    asked = [slicing.attributes for slicing in result.slicings if not shared & set(slicing.attributes)]
    return [Domain.of(names, values, outcomes) for names in asked if all(name in values for name in names)]


def _counted(folder: RunFolder, domains: list[Domain], per_unit: int, unit: str) -> list[list[int]]:
    """Count decisions into every table."""
    attributes = sorted({name for domain in domains for name in domain.attributes})
    found: list[Counter[tuple[Values, Cell]]] = [Counter() for _ in domains]
    taken: Counter[str] = Counter()
    several = bool(domains[0].outcomes.cells[0].output)
    columns = ["row_id", "example", "cluster", "count", "status", "y_true", "y_pred", "output"]
    for batch in read_decisions(folder.decisions, [*columns, *map(group_column, attributes)]):
        for row in _rows(batch):
            n = row["count"]
            if unit != "decision":
                whose = f"c{row['cluster']}" if row["cluster"] is not None else f"r{row['example'] or row['row_id']}"
                n = min(n, per_unit - taken[whose])
                taken[whose] += n
            cell = Cell(row["output"] if several else None, row["y_true"], row["y_pred"])
            for counts, domain in zip(found, domains, strict=True):
                counts[tuple(row[group_column(name)] for name in domain.attributes), cell] += n
    return [domain.listed(counts) for counts, domain in zip(found, domains, strict=True)]


def _rows(batch: pa.Table) -> Iterator[dict[str, Any]]:
    yield from batch.filter(counted(batch["status"])).to_pylist()


def _noise(
    folder: RunFolder, domains: list[Domain], epsilon: float, per_unit: int, draw: Drawing
) -> tuple[Releases, Release]:
    """Return the noise that was drawn for this very release before, or draw it, and keep it before it is used."""
    kept, digest = read_releases(folder.path), sha256(folder.decisions)
    shapes = [([*domain.attributes], [[*group] for group in domain.groups], len(domain.outcomes.cells))
              for domain in domains]  # fmt: skip
    for item in kept.releases:
        same = (item.decisions_sha256, item.epsilon, item.per_unit) == (digest, epsilon, per_unit)
        if same and [(table.attributes, table.groups, table.outcomes) for table in item.tables] == shapes:
            return kept, item
    share = epsilon / len(domains)
    while math.fsum([share] * len(domains)) > epsilon:
        share = math.nextafter(share, 0.0)
    scale = scale_for(share, per_unit)
    tables = [
        NoiseOfTable(
            attributes=names, groups=groups, outcomes=outcomes, scale=scale, epsilon=share,
            noise=draw(len(groups) * outcomes, scale),
        )
        for names, groups, outcomes in shapes
    ]  # fmt: skip
    new = Release(decisions_sha256=digest, epsilon=epsilon, per_unit=per_unit, library=library(), tables=tables)
    return keep_release(folder.path, kept, new), new

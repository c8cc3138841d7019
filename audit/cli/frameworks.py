"""`audit frameworks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import language
from audit.text import Language

if TYPE_CHECKING:
    from audit.frameworks.pack import Pack
    from audit.report.wording import Catalogue


@click.command()
@click.argument("framework", metavar="[ID]", required=False)
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
@language
def frameworks(framework: str | None, kind: str, lang: Language | None) -> None:
    """List laws, rules and standards that a report can be held against; with an ID, the clauses of one of them.

    `audit report RUN --framework ID` goes through them; nothing here says that a requirement is met.
    """
    from audit.frameworks.loading import all_packs, packs_of
    from audit.report.wording import Catalogue
    from audit.say import say, say_json

    packs = packs_of([framework], "ID") if framework else list(all_packs().values())
    if kind == "json":
        plain: list[dict[str, Any]] = [pack.model_dump(mode="json", exclude_none=True) for pack in packs]
        say_json(plain[0] if framework else plain)
        return
    t = Catalogue(lang or "en")
    if framework:
        say(*_clauses(packs[0], t))
    else:
        for pack in packs:
            say(*_head(pack, t))


def _head(pack: Pack, t: Catalogue) -> list[str]:
    from audit.frameworks.pack import in_language
    from audit.report.compliance import facts

    return [t.pair(pack.id, in_language(pack.title, t.language)), f"    {facts(pack, t)}"]


def _clauses(pack: Pack, t: Catalogue) -> list[str]:
    from audit.frameworks.pack import in_language
    from audit.frameworks.words import key_of

    lines = [*_head(pack, t), f"    {t('compliance.source', source=pack.source)}"]
    lines += [f"    {in_language(pack.note, t.language)}"] if pack.note else []
    for clause in pack.clauses:
        lines += ["", t.pair(clause.clause, in_language(clause.title, t.language))]
        if clause.status is not None:
            lines.append(f"    {t(f'compliance.kind.{clause.status}')}")
        if clause.effective_from is not None:
            lines.append(f"    {t('compliance.effective', date=clause.effective_from.isoformat())}")
        if clause.note:
            lines.append(f"    {in_language(clause.note, t.language)}")
        if clause.evidence:
            names = [t.aside(t(f"compliance.evidence.{code}"), code) for code in clause.evidence]
            lines.append(f"    {t('frameworks.clause.evidence', names=t.listed(names))}")
        if clause.fields:
            lines.append(f"    {t('frameworks.clause.words', names=t.listed(map(key_of, clause.fields)))}")
    return lines

"""`audit validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.say import say
from audit.text import cut

if TYPE_CHECKING:
    from audit.config import AuditConfig, PromptConfig
    from audit.data.survey import Survey


@click.command()
@click.argument("configs", metavar="CONFIG...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key.")
@click.option("--no-data", is_flag=True, help="Check the configuration alone; do not read the data.")
@click.option("--model", "load_model", is_flag=True, help="Load the model too, and try it on a few texts.")
def validate(configs: tuple[Path, ...], overrides: tuple[str, ...], no_data: bool, load_model: bool) -> None:
    """Check each CONFIG and read its data once, without running a model."""
    if no_data and load_model:
        raise click.UsageError("--no-data checks the configuration alone, --model more than that: give one of them")
    for config in configs:
        _validate(config, overrides, no_data=no_data, load_model=load_model)


def _validate(config: Path, overrides: tuple[str, ...], *, no_data: bool, load_model: bool) -> None:
    from audit.config import load_config

    settings = load_config(config, overrides)
    said = _frameworks(settings)
    say(f"{config}: the configuration is valid", *said)
    if no_data:
        return
    from audit.data.survey import positive_class, survey
    from audit.report.wording import Catalogue

    found = survey(settings)
    many = f", {found.files:,} files" if found.files > 1 else ""
    say(f"{settings.data.path}: {found.rows_kept:,} of {found.rows_read:,} rows to audit ({found.format}{many})")
    for what, classes_found in (("labels", found.labels), ("predictions", found.predictions)):
        if classes_found:
            say(f"{what}: " + ", ".join(f"{cut(label)} {n:,}" for label, n in sorted(classes_found.items())))
    for name, groups in found.groups.items():
        shown = sorted(groups.items(), key=lambda item: -item[1])
        more = f", and {len(shown) - 12} more" if len(shown) > 12 else ""
        say(f"{cut(name)}: " + ", ".join(f"{cut(group)} {n:,}" for group, n in shown[:12]) + more)
    words = Catalogue(outcome=settings.data.outcome)
    for note in found.notes:
        say(f"note: {words.remark(note)}")
    if settings.data.several:
        say(*_decisions(settings, found))
    elif settings.model is None and settings.data.columns.prediction:
        say(f"positive class: {cut(positive_class(settings, found.classes_seen) or '(one against the rest)')}")
    from audit.pipeline.case import understand

    # Metrics and rules are held against the data, and against what the model decides, as an audit would.
    if settings.model is None:
        understand(settings, found, None)
    else:
        from audit.models.described import classes_of

        classes = classes_of(settings.model)
        positive = None if settings.data.several else positive_class(settings, classes)
        names = ", ".join(map(cut, classes))
        which = "(one against the rest)" if positive is None else positive
        say(f"{settings.model.called}: classes {names}; positive: {cut(which)}")
        if settings.model.prompt is not None:
            say(*_prompt(settings.model.prompt))
        case = understand(settings, found, None, classes)
        # The data alone do not tell it.
        say(*(f"note: {words.remark(note)}" for note in case.notes if note.code == "labels_without_column"))
    if load_model:
        _try_model(settings, found)


def _frameworks(settings: AuditConfig) -> list[str]:
    """Say which words the chosen frameworks still ask for, and which evidence will not be gathered for them."""
    from audit.frameworks.answer import asked_for
    from audit.frameworks.loading import packs_of
    from audit.frameworks.words import keys_of
    from audit.report.wording import Catalogue

    t, plain, said = Catalogue(settings.output.language), settings.model_dump(mode="json"), []
    for pack in packs_of(settings.frameworks):
        asked = asked_for(pack, plain)
        n, keys = len(asked.without_words), t.listed(keys_of(asked.without_words))
        code = "frameworks.validate.words" if n else "frameworks.validate.complete"
        said.append("note: " + t(code, id=pack.id, n=n, of=asked.fields, keys=keys))
        if asked.not_gathered:
            found = [t.aside(t(f"compliance.evidence.{name}"), key) for name, key in asked.not_gathered.items()]
            said.append("note: " + t("frameworks.validate.keys", id=pack.id, keys=t.listed(found)))
    return said


def _prompt(prompt: PromptConfig) -> list[str]:
    """Say what a decoder will be asked, and what counts as an answer."""
    said = [prompt.template] if prompt.template is not None else [f"{m.role}: {m.content}" for m in prompt.chat]
    how = [
        *(["compared per token"] if prompt.per_token else []),
        *([f"less what is said to {', '.join(map(repr, prompt.content_free))}"] if prompt.content_free else []),
    ]
    answers = "; ".join(f"{cut(name)} {' or '.join(map(repr, forms))}" for name, forms in prompt.labels.items())
    return [
        *(f"prompt: {cut(text)!r}" for text in said),
        f"fields: {', '.join(map(cut, prompt.fields))}",
        f"answers: {answers}" + (f" ({', '.join(how)})" if how else ""),
    ]


def _decisions(settings: AuditConfig, found: Survey) -> list[str]:
    """Say what is decided, where a row has several decisions."""
    rows = f"{found.rows_kept:,}"
    if settings.data.outcome == "labels":
        columns = settings.data.columns
        n = len({*found.classes_seen, *columns.labels, *columns.predictions})
        return [
            f"decisions: one for each label of each row, {n:,} for each of {rows} rows; metrics are of each label",
            f"rows of which no label is true: {found.empty:,} of {rows}",
        ]
    lines = ["decisions: one for each labelled entity, and for each other that is found; metrics are of each type"]
    how = "as configured" if settings.data.scheme else "inferred"
    lines += [f"{cut(column)}: tags are {' and '.join(names)} ({how})" for column, names in found.schemes.items()]
    return [*lines, f"texts without a labelled entity: {found.empty:,} of {rows}"]


def _try_model(settings: AuditConfig, found: Survey) -> None:
    """Load the model, and hold it against configuration and data as an audit would."""
    if settings.model is None:
        say("no model to load: predictions are stored")
        return
    from audit.models.registry import load_adapter
    from audit.pipeline.case import understand
    from audit.report.wording import Catalogue

    adapter = load_adapter(settings.model, settings)
    case = understand(settings, found, adapter)
    facts = adapter.facts()
    reads = f"up to {facts.max_length:,} tokens" if facts.max_length else "texts of any length"
    if facts.grid:
        reads = f"pictures, explained in {facts.grid[0]} × {facts.grid[1]} patches"
    if facts.parameters is None:
        say(f"{facts.name}: a function, tried on a few rows; nothing is known of what is in it")
    elif facts.reference is not None:
        say(f"{facts.architecture}: {facts.parameters:,} parameters, {facts.dtype} on {facts.device}, reads features")
    else:
        say(f"{facts.architecture}: {facts.parameters:,} parameters, {facts.dtype} on {facts.device}, reads {reads}")
    if facts.prompt:
        tokens = "; ".join(f"{cut(name)} {', '.join(map(str, n))}" for name, n in facts.prompt.tokens.items())
        say(f"whole prompt: {cut(facts.prompt.template)!r}", f"tokens of each answer: {tokens}")
    if facts.quantised:
        say(f"rounded to int8: {facts.quantised.layers:,} linear layers")
    if facts.peft:
        put_on = facts.peft
        say(f"adapter: {put_on.method} ({put_on.library}) on the base model {cut(put_on.base)}")
    if case.names and settings.exchange:
        asked = case.names
        say(
            f"names: {settings.exchange.names.per_group} of each of {len(asked.names.groups)} groups "
            f"({' × '.join(map(cut, asked.names.attributes))}) in the place of {', '.join(map(cut, asked.types))}"
        )
    if adapter.unexplainable:
        say(f"its decisions cannot be explained: {cut(adapter.unexplainable)}")
    words = Catalogue(outcome=settings.data.outcome)
    for note in adapter.notes:
        say(f"note: {words.remark(note)}")

"""`audit init`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.errors import ConfigError

#: Written beside a configuration, for editors that complete its keys and check them while they are typed.
SCHEMA_SUFFIX = ".schema.json"


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a checkpoint; left out, stored predictions.")
@click.option("--out", type=click.Path(path_type=Path), default="audit.yaml", show_default=True, help="File to write.")
@click.option("--input", "reads", metavar="COLUMN", help="What the model reads.")
@click.option("--label", metavar="COLUMN", help="What is true.")
@click.option("--no-label", is_flag=True, help="No column says what is true.")
@click.option("--prediction", metavar="COLUMN", help="What was decided.")
@click.option("--score", metavar="COLUMN", help="A score that decisions come from.")
@click.option("--threshold", type=float, metavar="NUMBER", help="Score from which on a decision is positive.")
@click.option("--attribute", "attributes", multiple=True, metavar="COLUMN", help="Groups to compare; may be repeated.")
@click.option("--positive", metavar="CLASS", help="The class that counts as positive.")
@click.option("--map", "maps", multiple=True, metavar="VALUE=CLASS", help="Value of the data that is this class.")
@click.option("--prompt", type=click.Path(path_type=Path), help="Of a decoder: file with `template` and `labels`.")
def init(
    data: Path,
    model: Path | None,
    out: Path,
    reads: str | None,
    label: str | None,
    no_label: bool,
    prediction: str | None,
    score: str | None,
    threshold: float | None,
    attributes: tuple[str, ...],
    positive: str | None,
    maps: tuple[str, ...],
    prompt: Path | None,
) -> None:
    """Write a first audit.yaml for DATA, with the reason of every guess in a comment.

    Columns, values and the checkpoint's config.json are looked at; nothing is run. Where something cannot be told, one
    question is asked (exit 2) with the options that answer it. No file is ever overwritten. Beside it the schema of its
    keys is written, which editors read.
    """
    import json
    from urllib.parse import quote

    from audit.cli.schema import schema_of
    from audit.pipeline.check import check
    from audit.say import say
    from audit.start.begin import begin
    from audit.start.question import Said
    from audit.store.files import write_text

    if out.exists():
        raise ConfigError("is there already, and is not overwritten", where=str(out), hint="name another with --out")
    if label and no_label:
        raise click.UsageError("--label names what is true, and --no-label says that nothing does: give one of them")
    if model and (prediction or score):
        raise click.UsageError("--prediction and --score are of decisions that were made already, without --model")
    said = Said(
        model=model, prompt=prompt, input=reads, label=label, labelled=not no_label, prediction=prediction,
        score=score, threshold=threshold, positive=positive, attributes=attributes, maps=_pairs(maps),
    )  # fmt: skip
    schema = out.with_suffix(SCHEMA_SUFFIX)
    # What the language server for YAML reads, in VS Code, JetBrains, Neovim, Emacs and others.
    text = f"# yaml-language-server: $schema={quote(schema.name)}\n{begin(data, said, out.parent)}"
    check(text, out)
    write_text(out, text)
    say(*text.rstrip("\n").split("\n"), "", f"written: {out}")
    if not schema.exists():
        write_text(schema, json.dumps(schema_of("config"), indent=2, ensure_ascii=False) + "\n")
        say(f"written: {schema} (keys and what they mean, for your editor)")


def _pairs(maps: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in maps:
        value, equals, cls = text.rpartition("=")
        if not equals:
            raise ConfigError(f"{text!r} is not VALUE=CLASS", where="--map")
        pairs[value] = cls
    return pairs

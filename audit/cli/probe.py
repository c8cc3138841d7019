"""`audit probe`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="TEXT|FILE")
@click.option(
    "--probe",
    "name",
    type=click.Choice(["exchange", "robustness", "dialect", "adversarial"]),
    default="exchange",
    show_default=True,
    help="Whose changes to show.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(["en", "zh"]),
    help="Default: en and zh for exchange, en for robustness.",
)
@click.option(
    "--lexicon",
    "lexicons",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A lexicon of your own; may be repeated.",
)
@click.option("--replace", is_flag=True, help="Use your own lexicons alone.")
@click.option("--axis", "axes", multiple=True, help="Exchange on this axis only, for example gender; may be repeated.")
@click.option("--column", default="text", show_default=True, help="Of a CSV, JSONL or Parquet file.")
@click.option("--out", type=click.Path(path_type=Path), help="Write every edit to this JSONL file.")
def probe(
    source: str,
    name: str,
    languages: tuple[str, ...],
    lexicons: tuple[Path, ...],
    replace: bool,
    axes: tuple[str, ...],
    column: str,
    out: Path | None,
) -> None:
    """Show what a probe would ask, without a model.

    TEXT is changed and shown; of a FILE (CSV, JSONL, Parquet, or plain text with a text per line) the changes are
    counted, the first are shown, and --out writes them all.
    """
    from audit.probes.exchange import exchanges
    from audit.probes.preview import describe, texts_of_file
    from audit.terms.loading import load_lexicons

    path = Path(source)
    try:
        is_file = path.is_file()
    except OSError:  # a text too long for a path
        is_file = False
    texts = texts_of_file(path, column) if is_file else [source]
    if name != "exchange":
        from audit.probes.variants_preview import describe_variants, variants_by
        from audit.report.wording import Catalogue

        t = Catalogue()
        describe_variants(
            texts,
            variants_by(name, languages),
            lambda reason: t.first([f"probes.refused.{reason}", "probes.refused"]),
            out,
            every=not is_file,
        )
        return
    loaded = load_lexicons(languages or (() if replace else ("en", "zh")), lexicons, replace=replace, axes=axes)
    describe(texts, lambda text: exchanges(loaded, text), out, every=not is_file)

"""`audit publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from audit.cli.options import language
from audit.publish import NAMES


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--to", "name", required=True, type=click.Choice(NAMES), help="Where it is told.")
@click.option(
    "--project", help="Experiment of MLflow, project of W&B or Trackio, or repository of the Hub (user/model)."
)
@click.option("--run", "run_id", metavar="ID", help="A run that is there already, such as the training run.")
@click.option("--address", help="Of the server; default: what the tool reads from its environment.")
@click.option(
    "--folder",
    "model_folder",
    type=click.Path(path_type=Path),
    help="--to hub: folder whose README.md gets the section; nothing is uploaded unless --project names a repository.",
)
@click.option("--pull-request", is_flag=True, help="--to hub: propose it, rather than change the repository.")
@click.option(
    "--audience",
    type=click.Choice(["public", "internal"]),
    default="public",
    show_default=True,
    help="Whom it is for: public holds no texts, ids and small counts.",
)
@click.option("--with-texts", is_flag=True, help="With --audience internal: the report shows texts and pictures.")
@language
def publish(
    folder: Path,
    name: str,
    project: str | None,
    run_id: str | None,
    address: str | None,
    model_folder: Path | None,
    pull_request: bool,
    audience: Literal["public", "internal"],
    with_texts: bool,
    lang: str | None,
) -> None:
    """Tell the finished audit in the run folder RUN to a tracking server, or to the hub of the model.

    Numbers, verdict and documents are sent; the data never are, nor the run folder itself.
    """
    from audit.publish.destination import Place, sender
    from audit.publish.parcel import packed
    from audit.say import say
    from audit.store.manifest import DOCUMENTS
    from audit.store.runfolder import RunFolder

    if name != "hub" and (model_folder or pull_request):
        raise click.UsageError("--folder and --pull-request go with --to hub")
    send = sender(name)
    place = RunFolder(folder)
    result = place.read_result(but=DOCUMENTS)
    with packed(place, result, audience=audience, texts=with_texts, language=lang) as parcel:
        where = send(parcel, Place(project, run_id, address, model_folder, pull_request))
        numbers, documents = len(parcel.numbers), len(parcel.documents)
    say(f"{name}: {where}", f"  {numbers:,} numbers and {documents} documents, for {audience} readers")

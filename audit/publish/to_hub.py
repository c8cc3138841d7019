"""The Hugging Face Hub: a section in README.md, its metrics as `model-index`, and the documents beside the model."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, OfflineModeIsEnabled

from audit.errors import ConfigError
from audit.publish.card import joined
from audit.publish.destination import Place, refusals
from audit.publish.parcel import Parcel
from audit.store.files import write_text

#: Base of all that its client for HTTP raises, whichever that is: the package has changed it.
HTTP_ERROR = next(kind for kind in HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError")
#: Seconds that the hub may take to say that it is there.
PATIENCE = 20.0
README = "README.md"
DOCUMENTS = "fairaudit"


def send(parcel: Parcel, place: Place) -> str:
    """Write the section into the card of a folder, and upload it where a repository is named.

    Raises
    ------
    ConfigError
        If neither a folder nor a repository is named, or the card cannot be read.
    DestinationError
        If the hub does not take it.
    """
    if place.folder is None and place.project is None:
        raise ConfigError(
            "needs the folder whose README.md gets the section, or the repository",
            where="--to hub",
            hint="--folder checkpoints/model, --project user/model, or both",
        )
    section = (parcel.folder / "modelcard.md").read_text(encoding="utf-8")
    if place.project is None:
        return str(_in_folder(section, place.folder or Path()))
    api = HfApi(endpoint=place.address)
    with refusals("hub", HTTP_ERROR, OfflineModeIsEnabled, OSError, ValueError):
        # Asked once: everything that follows is tried again and again, for half a minute where nobody answers.
        api.repo_info(place.project, timeout=PATIENCE)
        if place.folder is not None:
            card = _in_folder(section, place.folder).read_text(encoding="utf-8")
        else:
            card = joined(_on_hub(api, place.project), section, f"{place.project}/{README}")
        made = api.create_commit(
            place.project,
            [CommitOperationAdd(README, card.encode()), *_documents(parcel)],
            commit_message=f"Fairness audit: {parcel.facts['fairaudit.verdict']}",
            create_pr=place.pull_request,
        )
    return str(made.pr_url or made.commit_url)


def _in_folder(section: str, folder: Path) -> Path:
    path = folder / README
    if not folder.is_dir():
        raise ConfigError("is no folder", where=str(folder), hint="name the folder of the model")
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_text(path, joined(before, section, str(path)))
    return path


def _on_hub(api: HfApi, repository: str) -> str:
    with TemporaryDirectory(prefix="fairaudit-") as temporary:
        try:
            return Path(api.hf_hub_download(repository, README, local_dir=temporary)).read_text(encoding="utf-8")
        except EntryNotFoundError:
            return ""


def _documents(parcel: Parcel) -> list[CommitOperationAdd]:
    return [
        CommitOperationAdd(f"{DOCUMENTS}/{path.name}", path.read_bytes())
        for path in parcel.documents
        if path.name != "modelcard.md"
    ]

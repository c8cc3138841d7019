"""Where a parcel goes: one function for each tool, found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from audit.errors import AuditError, ConfigError
from audit.publish.parcel import Parcel


class DestinationError(AuditError):
    """A destination could not be reached, or did not take what was sent."""

    code = "destination"


@dataclass(frozen=True)
class Place:
    """Where in a tool an audit is put.

    Attributes
    ----------
    project
        Experiment of MLflow, project of Weights & Biases or Trackio, repository of the Hub.
    run
        Id of a run that is there already, such as the training run; default: a new one.
    address
        Of the server; default: what the tool itself reads from its environment.
    folder
        Of the Hub: folder with the README.md that gets the section.
    pull_request
        Of the Hub: propose it, rather than change the repository.
    """

    project: str | None = None
    run: str | None = None
    address: str | None = None
    folder: Path | None = None
    pull_request: bool = False


class Send(Protocol):
    """Send a parcel, and return where it stands now."""

    def __call__(self, parcel: Parcel, place: Place) -> str:
        """Send it."""


def sender(name: str) -> Send:
    """Return what sends to a destination.

    Raises
    ------
    ConfigError
        If the package of the destination is not installed.
    """
    try:
        found: Send = import_module(f"audit.publish.to_{name}").send
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("audit"):
            raise
        raise ConfigError(
            f"publishing to {name} needs the package {error.name}, which is not installed",
            hint=f"pip install 'fairaudit[{name}]'",
            code="package",
        ) from None
    return found


@contextmanager
def refusals(name: str, *kinds: type[Exception]) -> Iterator[None]:
    """Say of errors of another package what they mean here."""
    try:
        yield
    except kinds as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        hint = "nothing is lost: see that the address and the credentials are right, and type it again"
        raise DestinationError(f"did not take the audit: {first}", where=name, hint=hint) from error

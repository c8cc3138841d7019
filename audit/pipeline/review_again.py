"""Answers of people outlive a run: once it is replaced, they count for the new one."""

from __future__ import annotations

from audit.errors import AuditError, RunFolderError
from audit.store.runfolder import RunFolder


def error_assumed(place: RunFolder) -> float | None:
    """Return how often a reviewer was taken to err when answers were taken in, if that was given."""
    try:
        review = place.read_review()
    except RunFolderError:
        return None  # what is damaged is about to be replaced
    return review.reviewer_error if review and review.reviewer_error_from == "assumed" else None


def count_again(place: RunFolder, assumed: float | None) -> None:
    """Work out what kept answers say of a new run, and render its documents with it.

    Answers about other rows stay where they are, and do not count: `waits_for_import` is then true of the folder.

    Parameters
    ----------
    assumed
        How often a reviewer errs, instead of what their differences say.
    """
    if not place.review_answers.exists():
        return
    from audit.pipeline.review import import_review

    try:
        import_review(place.path, (), assumed=assumed)
    except AuditError:
        return


def waits_for_import(place: RunFolder) -> bool:
    """Whether answers lie in a run folder that its documents know nothing of."""
    return place.review_answers.exists() and not place.review.exists()

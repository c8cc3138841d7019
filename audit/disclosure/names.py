"""Names that everybody would read, and that are somebody's: an address that a group is called by."""

from __future__ import annotations

from collections.abc import Iterator

from audit.errors import AuditError
from audit.personal import find_personal
from audit.personal.masking import LABELS
from audit.result import AuditResult


def refuse_personal_names(public: AuditResult) -> None:
    """Refuse a result for everybody in which a group or class is called by personal data.

    Parameters
    ----------
    public
        A copy that is made public: groups that it does not name are no matter.

    Raises
    ------
    AuditError
        With the attribute, and the kind of personal data; never the name.
    """
    for where, name in _names(public):
        if found := find_personal(name):
            raise AuditError(
                f"{where} is called by personal data ({LABELS[found[0].kind]}), and everybody would read it",
                hint="rename it in the data, or with `values` of the attribute (of a class, with `data.label_map`)",
            )


def _names(public: AuditResult) -> Iterator[tuple[str, str]]:
    """Where a name stands -> the name."""
    yield from (("a class", cls) for cls in public.classes)
    for slicing in public.slicings:
        for group in slicing.groups:
            yield from ((f"a group of {name}", of) for name, of in zip(slicing.attributes, group.values, strict=True))
    for value in public.metrics:
        yield from ((f"a stratum of {name}", of) for name, of in value.stratum.items())

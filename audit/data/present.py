"""Are the columns there that the configuration names?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from audit.config.nearest import nearest
from audit.data.door import Readable
from audit.errors import DataError, some


def require(columns: Mapping[str, str], present: Sequence[str], where: Readable, folders: Collection[str] = ()) -> None:
    """Refuse a column that is absent, with the nearest one, or that occurs more than once.

    Parameters
    ----------
    columns
        Column that the file must hold -> the key of the configuration that names it.
    folders
        Columns that the names of its folders hold.
    """
    absent = [column for column in columns if column not in present]
    if absent:
        keys = ", ".join(dict.fromkeys(columns[column] for column in absent))
        near = nearest(absent[0].strip(), present)
        hint = f"did you mean {near!r}? " if near else ""
        raise DataError(
            f"no column {some(absent)} ({keys})", where=str(where), hint=f"{hint}columns are {some(list(present), 30)}"
        )
    twice = [column for column in columns if list(present).count(column) > 1]
    if twice:
        places = [str(place) for place, name in enumerate(present, start=1) if name == twice[0]]
        hint = "rename one of them, or call the columns of a CSV file by number: data.skip_rows: 1, data.header: false"
        places_told = f"{', '.join(places[:-1])} and {places[-1]}"
        raise DataError(
            f"column {some(twice)} occurs more than once (columns {places_told})", where=str(where), hint=hint
        )
    both = [column for column in folders if column in present]
    if both:
        raise DataError(
            f"column {some(both)} is in the file and in the name of its folder", where=str(where), hint="rename one"
        )

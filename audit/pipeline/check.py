"""Is a configuration that is not written yet one that `audit validate` would take?"""

from __future__ import annotations

from pathlib import Path

from audit.config import parse_config
from audit.config.reading import parse_yaml
from audit.data.survey import survey
from audit.models.described import classes_of
from audit.pipeline.case import understand


def check(text: str, path: Path) -> None:
    """Hold the text of a configuration against its data and model, as an audit would, without running anything.

    Raises
    ------
    AuditError
        With what is wrong.
    """
    settings = parse_config(parse_yaml(text, str(path)), where=str(path), base=path.parent)
    found = survey(settings)
    understand(settings, found, None, classes_of(settings.model) if settings.model else None)

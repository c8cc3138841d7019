"""Is what the configuration says of a deployment true of the data?"""

from __future__ import annotations

from audit.config import AuditConfig
from audit.config.nearest import meant
from audit.data.survey import Survey
from audit.errors import ConfigError, DataError, some
from audit.fairness.compare.scope import name_of


def check_deployment(config: AuditConfig, surveyed: Survey, classes: list[str]) -> None:
    """Refuse costs of more than two classes, and shares of groups that do not occur.

    Raises
    ------
    ConfigError
        If costs, or what the positive class is for people, are given of more than two classes.
    DataError
        If a share names a group that does not occur.
    """
    asked = config.deployment
    if asked is None:
        return
    for key in ("costs", "positive_is"):
        if getattr(asked, key) is not None and len(classes) != 2:
            raise ConfigError(
                f"goes with two classes, and decisions are between {some(classes)}",
                where=f"deployment.{key}",
                hint="leave it out: what is missed and wrongly given of every class is counted all the same",
            )
    for name, shares in asked.shares.items():
        parts = next((list(crossing) for crossing in config.crossings if name_of(crossing) == name), [name])
        for group in shares:
            values = group.split(" × ") if len(parts) > 1 else [group]
            unknown = len(values) != len(parts) or any(
                value not in surveyed.groups[part] for part, value in zip(parts, values, strict=False)
            )
            if unknown:
                groups = sorted(surveyed.groups[parts[0]]) if len(parts) == 1 else []
                raise DataError(
                    f"deployment.shares, {name}: no group is called {group!r}",
                    hint=f"groups are {some(groups, 20)}{meant(group, groups)}"
                    if groups
                    else f"write a value of each of {some(parts)}, joined by ' × '",
                )

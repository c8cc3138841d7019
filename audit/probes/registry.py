"""Which probes an audit asks for. Installed packages may register more."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from audit.config import AuditConfig
from audit.config.nearest import meant
from audit.errors import ConfigError, some
from audit.probes.variants import Probe

ENTRY_POINTS = "fairaudit.probes"


def _adversarial(config: AuditConfig) -> list[Probe]:
    if config.probes is None or config.probes.adversarial is None:
        return []
    from audit.probes.adversarial.search import Substitution

    return [Substitution(config.probes.adversarial, config.seed, guided=guided) for guided in (True, False)]


def _dialect(config: AuditConfig) -> list[Probe]:
    if config.probes is None or config.probes.dialect is None:
        return []
    from audit.probes.dialect.probe import Dialect

    return [Dialect(config.probes.dialect)]


def _invariance(config: AuditConfig) -> list[Probe]:
    if config.probes is None or not config.probes.invariance:
        return []
    from audit.probes.invariance import Invariance

    return [Invariance(config.probes.invariance)]


def _pairs(config: AuditConfig) -> list[Probe]:
    if config.probes is None or not config.probes.pairs:
        return []
    from audit.probes.pairs import Pairs

    return [Pairs(config.probes.pairs, config)]


def _robustness(config: AuditConfig) -> list[Probe]:
    settings = config.probes.robustness if config.probes else None
    if settings is None:
        return []
    from audit.probes.robustness.probe import Robustness

    return [Robustness(config, settings)]


#: Each makes its probes as the configuration asks: none where it does not.
BUILT_IN: tuple[Callable[[AuditConfig], list[Probe]], ...] = (_robustness, _adversarial, _dialect, _invariance, _pairs)


def probes_of(config: AuditConfig) -> list[Probe]:
    """Make the probes that the configuration asks for.

    Raises
    ------
    ConfigError
        If no installed package has a probe that is named, or two have one name.
    """
    if config.probes is None:
        return []
    probes = [probe for make in BUILT_IN for probe in make(config)]
    probes += [_installed(name, settings, config) for name, settings in config.probes.own.items()]
    names = [probe.name for probe in probes]
    if twice := [name for at, name in enumerate(names) if name in names[:at]]:
        raise ConfigError(f"two probes are called {twice[0]!r}", where="probes.own")
    return probes


def _installed(name: str, settings: dict[str, Any], config: AuditConfig) -> Probe:
    known = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if name not in known:
        raise ConfigError(
            f"no installed package has a probe {name!r}; there are {some(sorted(known)) or 'none'}",
            where="probes.own", hint=f"packages register them as {ENTRY_POINTS}{meant(name, sorted(known))}",
        )  # fmt: skip
    probe: Probe = known[name].load()(settings, config)
    if probe.name != name:
        raise ConfigError(f"the probe {name!r} calls itself {probe.name!r}", where="probes.own")
    return probe

"""Audit a fine-tuned model: does it treat groups differently, why, and which decisions are biased or unexplained?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "AuditConfig",
    "AuditError",
    "AuditResult",
    "Run",
    "Verdict",
    "__version__",
    "compare",
    "explain",
    "gate",
    "load_config",
    "open",
    "run",
]

if TYPE_CHECKING:
    from audit.config import AuditConfig, load_config
    from audit.errors import AuditError
    from audit.pipeline.calls import Run, Verdict, compare, explain, gate
    from audit.pipeline.calls import open_run as open
    from audit.pipeline.run import run
    from audit.result import AuditResult

#: Name -> the module it comes from, and what it is called there if that is something else.
_HOME = {
    "AuditConfig": "audit.config",
    "load_config": "audit.config",
    "AuditError": "audit.errors",
    "AuditResult": "audit.result",
    "run": "audit.pipeline.run",
    "Run": "audit.pipeline.calls",
    "Verdict": "audit.pipeline.calls",
    "open": "audit.pipeline.calls:open_run",
    "gate": "audit.pipeline.calls",
    "compare": "audit.pipeline.calls",
    "explain": "audit.pipeline.calls",
    "first_screen": "audit.report.notebook",
}


def behind(name: str) -> Any:
    """Resolve one of the names of this package, from whichever floor of the house it comes."""
    from importlib import import_module

    module, _, called = _HOME[name].partition(":")
    return getattr(import_module(module), called or name)


def __getattr__(name: str) -> Any:
    # Resolved on first use, so that `audit --help` does not wait for torch.
    if name in __all__ and name in _HOME:
        return behind(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

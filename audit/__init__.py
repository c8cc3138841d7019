"""Audit a fine-tuned model: does it treat groups differently, why, and which decisions are biased or unexplained?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["AuditConfig", "AuditError", "AuditResult", "__version__", "load_config", "run"]

if TYPE_CHECKING:
    from audit.config import AuditConfig, load_config
    from audit.errors import AuditError
    from audit.pipeline.run import run
    from audit.result import AuditResult

_HOME = {
    "AuditConfig": "audit.config",
    "load_config": "audit.config",
    "AuditError": "audit.errors",
    "AuditResult": "audit.result",
    "run": "audit.pipeline.run",
}


def __getattr__(name: str) -> Any:
    # Resolved on first use, so that `audit --help` does not wait for torch.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""For tests of adapters, those of other packages too: `check_adapter` holds one to everything that audits rely on."""

from audit.testing.broken import Broken
from audit.testing.conformance import check_adapter

__all__ = ["Broken", "check_adapter"]

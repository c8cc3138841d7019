"""For tests of adapters, those of other packages too: `check_adapter` holds one to everything that audits rely on."""

from audit.testing.conformance import Broken, check_adapter

__all__ = ["Broken", "check_adapter"]

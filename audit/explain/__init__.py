"""Why the model decided as it did: which decisions to explain, and integrated gradients for them.

`audit.explain` is this package, and the call of the same name as the command: `audit.explain(run, row)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Explain(ModuleType):
    """The package, which can be called."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Make the decision sheet of one row; see `audit.pipeline.calls.explain`."""
        from audit import behind

        return behind("explain")(*args, **options)


# Importing a part of the package puts the package itself into the place of the function of this name in `audit`.
sys.modules[__name__].__class__ = _Explain

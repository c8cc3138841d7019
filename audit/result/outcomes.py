"""Names of outcomes and reasons; a report must not load torch to read them."""

from __future__ import annotations

EXPLAINED, WEAK, UNEXPLAINED = "explained", "weak", "unexplained"
#: Reasons in the order they are tried: first those of `unexplained`, then those of `weak`.
WEAK_REASONS = ("not_sufficient", "contentless")
REASONS = (
    *("failed", "no_input", "no_contrast", "not_converged", "too_short_to_test"),
    *("not_removed", "not_followed", "wrong_signs"),
    *WEAK_REASONS,
)

"""What commands print for people: text for a terminal, without markup."""

from audit.report.terminal.audit import tell_audit, tell_judgement
from audit.report.terminal.comparison import tell_comparison
from audit.report.terminal.data import tell_data
from audit.report.terminal.end import tell_next, tell_time
from audit.report.terminal.page import Line, Page, Span, wrap

__all__ = [
    "Line",
    "Page",
    "Span",
    "tell_audit",
    "tell_comparison",
    "tell_data",
    "tell_judgement",
    "tell_next",
    "tell_time",
    "wrap",
]

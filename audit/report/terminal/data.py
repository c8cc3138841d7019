"""What a terminal says of the data themselves: what matters first, then everything that was looked at."""

from __future__ import annotations

from audit.report.data_looks import blocks, finding, lead
from audit.report.terminal.page import Line, Page
from audit.report.wording import Catalogue
from audit.result import DataAudit


def tell_data(found: DataAudit, t: Catalogue, width: int) -> list[Line]:
    """Tell a whole data audit."""
    page = Page(width)
    page.text(lead(found, t))
    page.heading(t("data_audit.matters"))
    for number, item in enumerate(found.findings, 1):
        page.item(finding(item, t), f"{number}.")
    if not found.findings:
        page.text(t("data_audit.nothing"))
    for block in blocks(found, t):
        page.heading(block.title)
        page.text(block.says)
        for table in block.tables:
            page.blank()
            if table.caption != block.title:
                page.text(table.caption, "dim", indent=2)
            page.table(table.head, table.rows)
    if found.notes:
        page.heading(t("data_audit.not_looked"))
    for note in found.notes:
        page.item(t.remark(note))
    return page.lines

"""Of models that are asked with a prompt: whether what they may answer is what they would answer."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow.compute as pc

from audit.pipeline.case import Case
from audit.result import Note
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder

#: Rows that a note names.
MOST_NAMED = 10


def option_notes(case: Case, folder: RunFolder, work: Mapping[str, int]) -> list[Note]:
    """Note decisions of which the options hold too little of all probability, and free answers that are no option."""
    model = case.adapter.facts() if case.adapter else None
    if model is None or model.prompt is None:
        return []
    notes, least = [], model.prompt.least_mass
    named: list[tuple[float, str]] = []
    low, everything = 0, 0
    for batch in read_decisions(folder.decisions, ["row_id", "option_mass", "count"]):
        told = batch.filter(batch["option_mass"].is_valid())
        everything += pc.sum(told["count"]).as_py() or 0
        short = told.filter(pc.less(told["option_mass"], least))
        low += pc.sum(short["count"]).as_py() or 0
        named += zip(short["option_mass"].to_pylist(), short["row_id"].to_pylist(), strict=True)
        named = sorted(named)[:MOST_NAMED]
    if low:
        params = {"n": low, "of": everything, "share": _percent(low / everything), "least": least}
        notes.append(Note(code="low_option_mass", params={**params, "rows": [row for _, row in named]}))
    sampled, unlike = work.get("answers_sampled", 0), work.get("answers_unlike", 0)
    if unlike:
        notes.append(
            Note(code="format_mismatch", params={"n": unlike, "of": sampled, "share": _percent(unlike / sampled)})
        )
    return notes


def _percent(share: float) -> float:
    return round(100 * share, 1)

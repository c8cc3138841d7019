"""`summary.md`: what a CI step summary has room for. No text of the audited data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from audit.report.beside import beside
from audit.report.changes import (
    change_sentence,
    clear_gaps,
    flip_gap_sentence,
    flip_kinds,
    gap_change_sentence,
    gap_count,
    pairing,
    shown_flips,
    sort_changes,
    told_changes,
)
from audit.report.compliance import compliance_lines
from audit.report.data_looks import blocks, finding, lead
from audit.report.notice import public_notice
from audit.report.sign_off import sign_off_lines
from audit.report.stories import told
from audit.report.verdicts import (
    gap_sentence,
    hidden_failures,
    mark,
    sentence,
    undecided,
    why,
    why_not_judged,
    worst_first,
)
from audit.report.wording import Catalogue, count, decimal, group_name, percent, points
from audit.result import AuditResult, Comparison, DataAudit, FlipRate, Judgement
from audit.result.review import Review
from audit.text import cut, visible

#: Gaps told one by one.
MOST_GAPS = 12
#: Characters of one cell that are shown: sentences stand in one.
LONGEST_CELL = 2_000


def render_markdown(
    result: AuditResult, t: Catalogue, frameworks: Sequence[str] = (), review: Review | None = None
) -> str:
    """Render the banner and the summary, and go through compliance packs."""
    found = result.clear_gaps
    lines = [f"# {safe(t('markdown.title', title=result.title))}", ""]
    notice = public_notice(result, t)
    lines += [f"*{safe(notice)}*", ""] if notice else []
    if result.judgement is None:
        lines += [t.sentences(strong(t("banner.not_judged"), t), why_not_judged(result, t)), ""]
    else:
        lines += render_judgement(result.judgement, t)
    lines += _findings(result, t)
    if found.items or found.suppressed:
        lines += [strong(t("banner.gaps", n=len(found.items) + found.suppressed, gaps=found.gaps), t), ""]
        lines += [f"- {safe(gap_sentence(gap, t))}" for gap in found.items[:MOST_GAPS]]
        if len(found.items) > MOST_GAPS:
            lines.append(f"- {t('terminal.more_gaps', n=len(found.items) - MOST_GAPS)}")
    elif result.publication is None or result.publication.privacy is None:
        lines += [strong(t("banner.no_gaps", gaps=found.gaps), t)]
    if result.judgement is not None and (open_rules := undecided(result.judgement.rules, t)):
        lines += ["", strong(t("section.unsettled"), t), "", *(f"- {safe(line)}" for line in open_rules)]
    if found.doubted:
        lines += ["", t("summary.doubted", n=count(found.doubted))]
    if result.flags.decisions:
        lines += ["", t("flags.lead", n=count(result.flags.decisions))]
    if more := beside_lines(result, t, review):
        lines += ["", strong(t("beside.title"), t), "", *more]
    lines += ["", t.sentences(t.stop(_decisions(result, t)), t("markdown.more")), ""]
    lines += compliance_lines(frameworks, result, t, safe)
    lines += sign_off_lines(result, t, safe)
    return "\n".join(lines)


def _findings(result: AuditResult, t: Catalogue) -> list[str]:
    """Render what matters most, with what to do next; no words of the data."""
    lines = [strong(t("finding.title"), t), ""]
    for number, item in enumerate(result.findings.items, 1):
        finding = told(item, t, result.judgement, words=False)
        lines.append(f"{number}. **{safe(finding.headline)}** {safe(t.sentences(*finding.sentences))}")
        lines += [f"   - {safe(t('next.said', step=step.text))}" for step in finding.steps]
    hidden = hidden_failures(result.judgement, t)
    lines = [*lines, ""] if result.findings.items else []
    return [*lines, safe(hidden), ""] if hidden else lines


def beside_lines(result: AuditResult, t: Catalogue, review: Review | None) -> list[str]:
    """Say in a line each what was measured beside fairness."""
    return [f"- {t.pair(f'**{safe(said.name)}**', safe(said.text))}" for said in beside(result, t, review)]


def strong(text: str, t: Catalogue) -> str:
    """Say something short and loud."""
    # The mark stands outside: between a full stop and a letter, as in Chinese, two stars end nothing.
    return t.stop(f"**{text}**")


def _decisions(result: AuditResult, t: Catalogue) -> str:
    labels = len(result.classes) - (result.data.nothing is not None)
    return t("markdown.decisions", n=count(result.data.decisions), rows=count(result.data.rows), labels=labels)


def render_judgement(judgement: Judgement, t: Catalogue) -> list[str]:
    """Render the verdict, a sentence for every rule, worst first, and the waivers."""
    lines = [t.sentences(strong(t("verdict." + judgement.status), t), why(judgement, t)), ""]
    lines += _head([t("gate.verdict"), t("gate.found"), t("gate.rule")])
    lines += [row([mark(rule, t), sentence(rule, t), rule.rule]) for rule in worst_first(judgement.rules)]
    lines.append("")
    for waiver in judgement.waivers:
        state = t(f"gate.waiver.{waiver.state}", expires=waiver.expires)
        lines += [f"- {safe(t('gate.waiver'))} {safe(waiver.rule)}: {safe(state)}"]
    return [*lines, ""] if judgement.waivers else lines


def render_comparison(comparison: Comparison, t: Catalogue, margin: float) -> list[str]:
    """Render what changed: clear changes first, then how many were shown equivalent, and flips per group."""
    lines = [t("comparison.kind." + pairing(comparison), baseline=safe(comparison.baseline)), ""]
    found = sort_changes(comparison, margin)
    clear = found.clear
    lines += [t("comparison.counts", n=found.known, clear=len(clear), same=found.same, margin=f"{margin:g}"), ""]
    if clear:
        lines += [*(f"- {safe(change_sentence(change, t))}" for change in told_changes(clear)), ""]
    lines += _gap_lines(comparison, t, margin) + _flip_lines(comparison, t)
    lines += _explained_lines(comparison, t)
    return [*lines, *(f"- {safe(t.remark(note))}" for note in comparison.notes)]


def _gap_lines(comparison: Comparison, t: Catalogue, margin: float) -> list[str]:
    gaps = comparison.gaps
    if not gaps:
        return []
    clear = clear_gaps(gaps)
    counts = Counter(gap.direction for gap in clear)
    same = sum(gap.direction == "widened" and gap.most <= margin for gap in gaps)
    numbers = {"n": gap_count(gaps), "widened": counts["widened"], "narrowed": counts["narrowed"], "same": same}
    level = percent(comparison.level, 0)
    lines = [t("comparison.gaps.counts", **numbers, margin=f"{margin:g}", level=level), ""]
    if clear:
        lines += [*(f"- {safe(gap_change_sentence(gap, t))}" for gap in clear), ""]
    return lines


def _flip_lines(comparison: Comparison, t: Catalogue) -> list[str]:
    flips = shown_flips(comparison)
    if not flips:
        return []
    kinds = [t(f"comparison.flip.{kind}") for kind in flip_kinds(comparison)]
    lines = _head([t("comparison.group"), t("comparison.decisions"), *kinds])
    for flip in flips:
        lines.append(row([_slice(flip.attributes, flip.group, t), count(flip.n), *map(_flip, flip.rates)]))
    lines.append("")
    level = percent(comparison.level, 0)
    lines += [t("comparison.flips.note", level=level), ""]
    found = comparison.flip_gaps
    if found is not None:
        lines += [
            t("comparison.flip_gaps", n=len(found.items), level=level) if found.items
            else t("comparison.flip_gaps.none", n=count(found.comparisons), level=level),
            "",
        ]  # fmt: skip
        lines += [f"- {safe(flip_gap_sentence(item, t))}" for item in found.items]
        lines += [""] if found.items else []
    return lines


def _explained_lines(comparison: Comparison, t: Catalogue) -> list[str]:
    found = comparison.explanations
    if found is None:
        return []
    counts = {name: count(getattr(found, name)) for name in ("both", "baseline", "candidate", "flipped")}
    left_out = [t(f"comparison.left_out.{reason}", n=count(n)) for reason, n in found.left_out.items()]
    lines = [" ".join([t("comparison.explained.lead", **counts), *left_out]), ""]
    names = ("group", "decisions", "moved", "error", "beyond", "rank", "strongest")
    lines += _head([t(f"comparison.{name}") for name in names])
    for shift in found.shifts:
        named = _slice(shift.attributes, shift.group, t) if shift.attributes else t(f"comparison.which.{shift.which}")
        moved = "–" if shift.moved is None else f"{percent(shift.moved)} ({points(shift.lower)}–{percent(shift.upper)})"
        rest = [percent(shift.error), count(shift.beyond_error), decimal(shift.rank_correlation, 2)]
        lines.append(row([named, count(shift.n), moved, *rest, count(shift.same_strongest)]))
    return [*lines, "", t("comparison.explained.note", level=percent(comparison.level, 0)), ""]


def _flip(rate: FlipRate) -> str:
    """How many changed, their share, and its interval where it carries its guarantee."""
    if rate.rate is None:
        return "–"
    bounds = "" if rate.doubt else f" ({points(rate.lower)}–{percent(rate.upper)})"
    return f"{count(rate.flips)}: {percent(rate.rate)}{bounds}"


def _slice(attributes: list[str], group: list[str], t: Catalogue) -> str:
    return f"{group_name(attributes)}: {group_name(group)}" if attributes else t("performance.overall")


def data_markdown(found: DataAudit, t: Catalogue) -> str:
    """Render what was found in the data themselves; no text of the audited data."""
    lines = [f"# {t('section.data_audit')}", "", lead(found, t), ""]
    lines += [f"{number}. {safe(finding(item, t))}" for number, item in enumerate(found.findings, 1)]
    lines += [] if found.findings else [t("data_audit.nothing")]
    for block in blocks(found, t):
        lines += ["", f"## {block.title}", "", safe(block.says)]
        for table in block.tables:
            caption = [] if table.caption == block.title else [strong(safe(table.caption), t), ""]
            lines += ["", *caption, *_head([safe(name) for name in table.head]), *map(row, table.rows)]
    if found.notes:
        lines += ["", f"## {t('data_audit.not_looked')}", "", *(f"- {safe(t.remark(note))}" for note in found.notes)]
    return "\n".join(lines)


def _head(cells: list[str]) -> list[str]:
    return ["| " + " | ".join(cells) + " |", "|---" * len(cells) + "|"]


def row(cells: list[str]) -> str:
    """Write one row of a table."""
    return "| " + " | ".join(safe(cell) for cell in cells) + " |"


def safe(text: str) -> str:
    """Keep group names from being read as Markdown or HTML."""
    text = (
        visible(cut(text, LONGEST_CELL))
        .replace("\\", "\\\\")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace("\n", " ")
    )
    for special in "`*_[]|#!":
        text = text.replace(special, "\\" + special)
    return text

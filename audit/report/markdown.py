"""`summary.md`: what a CI step summary has room for. No text of the audited data."""

from __future__ import annotations

from collections import Counter

from audit.report.changes import clear_gaps, flip_kinds, gap_count, shown_flips
from audit.report.sign_off import sign_off_lines
from audit.report.verdicts import mark, sentence, worst_first
from audit.report.wording import Catalogue, count, decimal, group_name, number, percent, points
from audit.result import AuditResult, Comparison, FlipRate, Judgement
from audit.text import cut, visible

MOST_FINDINGS = 12
#: Characters of one cell that are shown: sentences stand in one.
LONGEST_CELL = 2_000


def render_markdown(result: AuditResult, t: Catalogue) -> str:
    """Render the banner and the summary."""
    found = result.clear_gaps
    numbers = {item.name for item in result.metric_definitions if item.unit == "number"}
    named = len(result.classes) > 2 or result.data.nothing is not None
    lines = [f"# {_safe(t('markdown.title', title=result.title))}", ""]
    if result.judgement is None:
        lines += [f"**{t('banner.not_judged')}.** {t('banner.not_judged.why')}", ""]
    else:
        lines += render_judgement(result.judgement, t)
    if found.items:
        lines += [f"{t('banner.gaps', n=len(found.items), gaps=found.gaps)}.", ""]
        lines += ["| | | | |", "|---|---|---|---|"]
        for item in found.items[:MOST_FINDINGS]:
            metric = t.metric(item.metric) + (
                f" {t('summary.of_class', **{'class': t.cls(item.cls)})}" if named and item.cls else ""
            )
            plain = item.metric in numbers
            value = number if plain else percent
            low = f"{group_name(item.low_group)} {value(item.low_value)} (n {count(item.low_n)})"
            high = f"{group_name(item.high_group)} {value(item.high_value)} (n {count(item.high_n)})"
            apart = (
                t("summary.number_apart", number=number(item.difference)) if plain
                else t("summary.difference", points=points(item.difference))
            )  # fmt: skip
            lines.append(
                "| "
                + " | ".join(_safe(cell) for cell in (f"{group_name(item.attributes)}: {metric}", low, high, apart))
                + " |"
            )
        if len(found.items) > MOST_FINDINGS:
            lines += ["", t("summary.more", n=len(found.items) - MOST_FINDINGS)]
    else:
        lines.append(
            t("summary.none", comparisons=count(found.comparisons), gaps=found.gaps, level=percent(found.level, 0))
        )
    if found.doubted:
        lines += ["", t("summary.doubted", n=count(found.doubted))]
    if result.flags.decisions:
        lines += ["", t("flags.lead", n=count(result.flags.decisions))]
    lines += ["", _decisions(result, t) + ". " + t("markdown.more"), ""]
    lines += sign_off_lines(result, t, _safe)
    return "\n".join(lines)


def _decisions(result: AuditResult, t: Catalogue) -> str:
    labels = len(result.classes) - (result.data.nothing is not None)
    return t("markdown.decisions", n=count(result.data.decisions), rows=count(result.data.rows), labels=labels)


def render_judgement(judgement: Judgement, t: Catalogue) -> list[str]:
    """Render the verdict, a sentence for every rule, worst first, and the waivers."""
    lines = [f"**{t('verdict.' + judgement.status)}.** {t('verdict.why.' + judgement.status)}", ""]
    lines += _head([t("gate.verdict"), t("gate.found"), t("gate.rule")])
    lines += [_row([mark(rule, t), sentence(rule, t), rule.rule]) for rule in worst_first(judgement.rules)]
    lines.append("")
    for waiver in judgement.waivers:
        state = t(f"gate.waiver.{waiver.state}", expires=waiver.expires)
        lines += [f"- {_safe(t('gate.waiver'))} {_safe(waiver.rule)}: {_safe(state)}"]
    return [*lines, ""] if judgement.waivers else lines


def render_comparison(comparison: Comparison, t: Catalogue, margin: float) -> list[str]:
    """Render what changed: clear changes first, then how many were shown equivalent, and flips per group."""
    lines = [t("comparison.kind." + _pairing(comparison), baseline=_safe(comparison.baseline)), ""]
    # Bounds that carry no guarantee make nothing clear, and nothing the same.
    known = [c for c in comparison.changes if c.lower is not None and c.upper is not None and c.doubt is None]
    clear = [c for c in known if (c.lower or 0) > 0 or (c.upper or 0) < 0]
    same = [c for c in known if (c.lower or 0) >= -margin and (c.upper or 0) <= margin]
    lines += [t("comparison.counts", n=len(known), clear=len(clear), same=len(same), margin=f"{margin:g}"), ""]
    if clear:
        names = ("group", "metric", "before", "after", "difference", "bounds")
        lines += _head([t(f"comparison.{name}") for name in names])
        clear.sort(key=lambda c: -abs(c.difference or 0))
        for c in clear:
            metric = t.metric(c.metric) + (f" · {t.cls(c.cls)}" if c.cls else "")
            values = [decimal(c.baseline.value), decimal(c.candidate.value), decimal(c.difference)]
            lines.append(
                _row([_slice(c.attributes, c.group, t), metric, *values, f"{decimal(c.lower)} … {decimal(c.upper)}"])
            )
        lines.append("")
    lines += _gap_lines(comparison, t, margin) + _flip_lines(comparison, t)
    lines += _explained_lines(comparison, t)
    return [*lines, *(f"- {_safe(t.remark(note))}" for note in comparison.notes)]


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
        names = ("metric", "pair", "gap_before", "gap_after", "difference", "gap_lower")
        lines += _head([t(f"comparison.{name}") for name in names])
        for gap in clear:
            metric = f"{group_name(gap.attributes)}: {t.metric(gap.metric)}" + (
                f" · {t.cls(gap.cls)}" if gap.cls else ""
            )
            pair = " – ".join(group_name(group) for group in gap.groups)
            said = t(f"comparison.way.{gap.direction}")
            lines.append(_row([metric, pair, decimal(gap.before), decimal(gap.after), said, decimal(gap.lower)]))
        lines.append("")
    return lines


def _flip_lines(comparison: Comparison, t: Catalogue) -> list[str]:
    flips = shown_flips(comparison)
    if not flips:
        return []
    kinds = [t(f"comparison.flip.{kind}") for kind in flip_kinds(comparison)]
    lines = _head([t("comparison.group"), t("comparison.decisions"), *kinds])
    for flip in flips:
        lines.append(_row([_slice(flip.attributes, flip.group, t), count(flip.n), *map(_flip, flip.rates)]))
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
        lines += [
            f"- {_safe(group_name(item.attributes))}: {_safe(t.metric(item.metric))}: "
            f"{_safe(group_name(item.low_group))} {percent(item.low_value)}, "
            f"{_safe(group_name(item.high_group))} {percent(item.high_value)}"
            for item in found.items
        ]
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
        lines.append(_row([named, count(shift.n), moved, *rest, count(shift.same_strongest)]))
    return [*lines, "", t("comparison.explained.note", level=percent(comparison.level, 0)), ""]


def _flip(rate: FlipRate) -> str:
    """How many changed, their share, and its interval where it carries its guarantee."""
    if rate.rate is None:
        return "–"
    bounds = "" if rate.doubt else f" ({points(rate.lower)}–{percent(rate.upper)})"
    return f"{count(rate.flips)}: {percent(rate.rate)}{bounds}"


def _slice(attributes: list[str], group: list[str], t: Catalogue) -> str:
    return f"{group_name(attributes)}: {group_name(group)}" if attributes else t("performance.overall")


def _pairing(comparison: Comparison) -> str:
    return "paired" if comparison.paired else "unpaired" if comparison.same_rows else "other_rows"


def _head(cells: list[str]) -> list[str]:
    return ["| " + " | ".join(cells) + " |", "|---" * len(cells) + "|"]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(_safe(cell) for cell in cells) + " |"


def _safe(text: str) -> str:
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

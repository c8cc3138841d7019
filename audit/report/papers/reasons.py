"""Why groups differ, and which decisions are flagged, as rows and columns of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.report.documents import Telling
from audit.report.papers.cells import Grid, Quantity, Row, class_name, columns_of, shares, yes
from audit.report.papers.facts import slice_name
from audit.report.stories import NAMED, part_name
from audit.report.wording import Catalogue, group_name
from audit.result import GapPart
from audit.result.facts import attribute_label


def parts(telling: Telling) -> Grid:
    """What adds up to the gaps in mean score."""
    result, t = telling.result, telling.t

    def rows() -> Iterator[Row]:
        for gap in result.gaps:
            metrics = ", ".join(t.metric(name) for name in gap.metrics)
            head = [group_name(gap.attributes), metrics, group_name(gap.high_group), group_name(gap.low_group)]
            head.append(t(f"why.condition.{gap.condition}", **{"class": t.cls(result.positive_class or "")}))
            for part in gap.parts:
                closes = part.closes
                yield [
                    *(*head, _part(part, t), part.value, part.lower, part.upper, part.n, yes(part.named, t)),
                    *((closes.value, closes.lower, closes.upper) if closes else (None, None, None)),
                    t(f"why.not.{gap.note}") if gap.note else None,
                ]

    columns = columns_of(
        "attribute metric high_group low_group condition part value:number lower:number upper:number n:count "
        "named closes:number closes_lower:number closes_upper:number explains"
    )
    return Grid("parts", columns, rows())


def _part(part: GapPart, t: Catalogue) -> str:
    name = part_name(part.kind, part.name, t)
    return t.pair(t(f"paper.part.{part.kind}"), name) if part.kind in NAMED else name


def pairs(telling: Telling) -> Grid:
    """What exchanging groups does, a row for every pair of them."""
    t, probe = telling.t, telling.result.exchange

    def rows() -> Iterator[Row]:
        for pair in probe.pairs if probe else []:
            yield [
                *(pair.axis, pair.source, pair.target, yes(pair.both, t), pair.n, pair.effective_n),
                *(pair.flips, pair.to_positive, pair.to_negative, pair.flip_rate, pair.lower, pair.upper),
                *(pair.shift, pair.shift_lower, pair.shift_upper, pair.token_gap, pair.token_gap_error),
            ]

    columns = columns_of(
        "axis source target both n:count effective_n:number flips:count to_positive:count to_negative:count "
        "flip_rate:share lower:share upper:share shift:number shift_lower:number shift_upper:number "
        "token_gap:number token_gap_error:number"
    )
    return Grid("pairs", columns, rows())


def flag_rates(telling: Telling) -> Grid:
    """How often each code is given."""
    t = telling.t
    rows: Iterable[Row] = (
        [
            *(t(f"flags.name.{item.code}"), t(f"flags.means.{item.code}"), item.n, item.flagged),
            *(item.rate, item.lower, item.upper),
        ]
        for item in telling.result.flags.rates
    )
    columns = columns_of("code means n:count flagged:count frequency:share lower:share upper:share")
    return Grid("flag_rates", columns, rows)


def flags(telling: Telling) -> Grid:
    """Flagged decisions, without their texts. Of nobody else than internal readers: a row is about one person."""
    t = telling.t
    names = [attribute_label(attribute) for attribute in telling.result.config["attributes"]]

    def rows() -> Iterator[Row]:
        for row in telling.folder.read_flagged() if telling.audience == "internal" else ():
            yield [
                *(row["rank"], row["row_id"], row["example"], t(f"flags.severity.{row['severity']}")),
                ", ".join(row["codes"]),
                *(slice_name(names, [row["groups"].get(name, "–") for name in names]), row["y_true"]),
                *(row["y_pred"], row["score"]),
            ]

    columns = columns_of("rank:count decision row severity codes groups label prediction score:number")
    return Grid("flags", columns, rows())


def slices(telling: Telling) -> Grid:
    """Slices that were found on one half of the decisions and confirmed on the other."""
    result, t = telling.result, telling.t
    is_share, found = shares(result), result.discovery

    def rows() -> Iterator[Row]:
        for item in found.items if found else []:
            share = is_share.get(item.metric, True)
            yield [
                *(
                    slice_name(list(item.slice), list(item.slice.values())),
                    t.metric(item.metric),
                    class_name(item.cls, t),
                ),
                *(item.n, Quantity(item.value, share), Quantity(item.rest, share)),
                *(Quantity(item.difference, share), Quantity(item.lower, share), item.n_found),
                Quantity(item.difference_found, share),
            ]

    columns = columns_of(
        "slice metric class n:count value:measure rest:measure difference:measure at_least:measure "
        "n_found:count difference_found:measure"
    )
    return Grid("slices", columns, rows())

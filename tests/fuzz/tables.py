"""Tables: CSV, JSONL and Parquet, plain and gzipped, with odd cells, odd types, odd bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from tests.fuzz.configurations import BASE, PARTS, merged, rows_csv
from tests.fuzz.odd import NUMBERS, TEXTS, damage_bytes, odd
from tests.fuzz.outcome import Example

TYPES = [
    *(pa.int8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string()),
    *(pa.large_string(), pa.binary(), pa.date32(), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.duration("s")),
    *(pa.decimal128(10, 2), pa.null(), pa.list_(pa.string()), pa.struct([("a", pa.int64())]), pa.time64("us")),
    *(pa.dictionary(pa.int8(), pa.string()), pa.map_(pa.string(), pa.int64()), pa.string_view()),
]
#: Columns that the configuration may read.
READ = ["y", "p", "s", "g", "age", "w", "k", "id", "c"]


def make(random: Random, place: Path) -> Example:
    """Draw a damaged table, and a command to read it with."""
    columns = _columns()
    for _ in range(random.randrange(4)):
        _odd_cells(columns, random)
    kind = random.choice(["csv", "csv", "jsonl", "parquet"])
    body = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[kind](columns, random)
    packed = kind != "parquet" and random.random() < 0.2
    if random.random() < 0.3:
        body = damage_bytes(body, random)
    if packed:
        body = gzip.compress(body, mtime=0)
        if random.random() < 0.4:
            body = damage_bytes(body, random)
    name = f"rows.{kind}{'.gz' if packed else ''}"
    (place / name).write_bytes(body)
    tree: Any = BASE
    for part in random.sample(PARTS[4:8] + PARTS[10:12], random.randrange(3)):
        tree = merged(tree, part)
    tree = merged(tree, {"data": {"path": name}})
    if random.random() < 0.15:
        tree["data"] |= random.choice(
            [
                *({"delimiter": ";"}, {"delimiter": "\t"}, {"encoding": "utf-16"}, {"encoding": "latin-1"}),
                {"format": "csv"},
            ]
        )
    (place / "audit.yaml").write_text(yaml.safe_dump(tree))
    keep = [place / name, place / "audit.yaml"]
    if random.random() < 0.8:
        return Example(["validate", str(place / "audit.yaml")], keep)
    gate = ["--gate"] if "policy" in tree else []
    arguments = ["run", str(place / "audit.yaml"), "--out", str(place / "run"), "--quiet", *gate]
    return Example(arguments, keep, [place / "run"])


def _columns() -> dict[str, list[Any]]:
    lines = list(csv.reader(io.StringIO(rows_csv())))
    columns = {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])}
    for name in ("y", "p", "age", "w"):
        columns[name] = [int(cell) for cell in columns[name]]
    columns["s"] = [float(cell) for cell in columns["s"]]
    return columns


def _odd_cells(columns: dict[str, list[Any]], random: Random) -> None:
    name = random.choice([name for name in READ if name in columns] or list(columns) or ["y"])
    size = max(map(len, columns.values()), default=0)
    kind = random.randrange(8)
    if kind == 0:
        columns.pop(name, None)
    elif kind == 1:
        columns[random.choice([name.upper(), f" {name}", f"{name}\n", random.choice(TEXTS)])] = columns.pop(name, [])
    elif kind == 2:
        columns[name] = [random.choice([*TEXTS[:60], *NUMBERS, None]) for _ in range(size)]
    elif kind == 3:
        columns[name] = [None] * size
    elif kind == 4 and name in columns:
        columns[name] = [str(cell) + random.choice([" ", ".0", ""]) for cell in columns[name]]
    elif kind == 5:
        keep = random.choice([0, 1, 2, size // 2])
        for other in columns:
            columns[other] = columns[other][:keep]
    elif columns.get(name):
        for _ in range(random.randint(1, 3)):
            columns[name][random.randrange(len(columns[name]))] = odd(random)


def _csv(columns: dict[str, list[Any]], random: Random) -> bytes:
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=random.choice([",", ",", ",", ";", "\t"]),
        lineterminator=random.choice(["\n", "\n", "\r\n", "\r"]),
        quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    )
    names = list(columns)
    if random.random() < 0.05 and names:
        names[-1] = names[0]
    lines = [names, *zip(*columns.values(), strict=False)]
    if random.random() < 0.1 and len(lines) > 3:
        lines.insert(random.randrange(len(lines)), random.choice([[], ["x"], ["x"] * 40]))
    for line in lines:
        writer.writerow(line)
    encoding = random.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
    return out.getvalue().encode(encoding, "replace")


def _jsonl(columns: dict[str, list[Any]], random: Random) -> bytes:
    rows = [dict(zip(columns, line, strict=False)) for line in zip(*columns.values(), strict=False)]
    if rows and random.random() < 0.2:
        rows[random.randrange(len(rows))] = random.choice([{}, [], 1, None, {"y": {}}])  # type: ignore[call-overload]
    lines = [json.dumps(row, ensure_ascii=random.random() < 0.5) for row in rows]
    if lines and random.random() < 0.1:
        lines[0] = lines[0].replace('"g"', r'"\ud800"') if random.random() < 0.5 else "// " + lines[0]
    text = "\n".join(lines) + random.choice(["", "\n", "\n\n"])
    return (f"[{','.join(lines)}]" if random.random() < 0.05 else text).encode("utf-8", "surrogatepass")


def _parquet(columns: dict[str, list[Any]], random: Random) -> bytes:
    arrays = {}
    for name, cells in columns.items():
        wanted = random.choice(TYPES) if random.random() < 0.15 else None
        for kind in (wanted, None, pa.string()):
            try:
                plain = [str(cell) for cell in cells] if kind == pa.string() else cells
                arrays[name] = pa.array(plain, kind)
                break
            except (pa.ArrowException, OverflowError, TypeError, ValueError):
                continue
    size = min(map(len, arrays.values()), default=0)
    table = pa.table({name: array[:size] for name, array in arrays.items()})
    out, packing = io.BytesIO(), random.choice(["snappy", "gzip", "none"])
    try:
        pq.write_table(table, out, row_group_size=random.choice([None, 5]), compression=packing)
    except (pa.ArrowException, ValueError):
        return b"PAR1"
    return out.getvalue()

"""Personal data is found by its rule, and what looks like it is left alone."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from audit.personal import KINDS, find_personal
from tests.personal.score import scored

CORPUS = Path(__file__).with_name("corpus.jsonl")
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
SCORES = scored(ROWS)


def said(text: str) -> list[tuple[str, str, str]]:
    return [(text[item.start : item.end], item.kind, item.rule) for item in find_personal(text)]


def test_the_corpus_is_half_personal_and_half_not() -> None:
    assert sum(row["kind"] is not None for row in ROWS) == sum(row["kind"] is None for row in ROWS) == 500
    assert {row["kind"] for row in ROWS} - {None} == set(KINDS) - {"other"}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"other"}))
def test_recall_and_precision_of_each_kind(kind: str) -> None:
    found = SCORES[kind]
    assert found["recall"] >= 0.95, found["wrong"]
    assert found["precision"] >= 0.95, found["wrong"]


@pytest.mark.parametrize("scheme", sorted({row["sort"] for row in ROWS if row["kind"] in {"phone", "national_id"}}))
def test_no_country_is_forgotten(scheme: str) -> None:
    rows = [row for row in ROWS if row["sort"] == scheme]
    kind = rows[0]["kind"]
    assert scored(rows)[kind]["recall"] >= 0.9


def test_the_corpus_is_what_its_generator_makes() -> None:
    pytest.importorskip("stdnum", reason="python-stdnum computes the check digits")
    pytest.importorskip("phonenumbers", reason="phonenumbers says which numbers are valid")
    from tests.personal.make_corpus import corpus

    again = corpus(15)
    # Which numbers are valid changes with the tables of phonenumbers.
    assert [row for row in again if row["kind"] != "phone"][:60] == [row for row in ROWS if row["kind"] != "phone"][:60]


@pytest.mark.parametrize(
    ("text", "value", "kind", "rule"),
    [
        ("联系我abc@qq.com谢谢", "abc@qq.com", "email", "address"),
        ("write to jo (at) example (dot) org!", "jo (at) example (dot) org", "email", "spelt_address"),
        ("手机13812345678，谢谢", "13812345678", "phone", "cn"),
        ("(020) 7946 0958", "(020) 7946 0958", "phone", "gb"),
        ("Rome: +39 06 6982 1234.", "+39 06 6982 1234", "phone", "abroad"),
        ("tel 2125550123", "2125550123", "phone", "us"),
        ("4111-1111-1111-1111", "4111-1111-1111-1111", "payment_card", "visa"),
        ("3782 822463 10005", "3782 822463 10005", "payment_card", "american_express"),
        ("DE89 3704 0044 0532 0130 00 bitte", "DE89 3704 0044 0532 0130 00", "iban", "mod_97"),
        ("身份证11010519491231002X。", "11010519491231002X", "national_id", "cn_resident_id"),
        ("SSN: 536904399", "536904399", "national_id", "us_ssn"),
        ("AB123456C", "AB123456C", "national_id", "uk_nino"),
        ("12345678Z", "12345678Z", "national_id", "es_dni"),
        ("529.982.247-25", "529.982.247-25", "national_id", "br_cpf"),
        ("http://93.184.216.34/a", "93.184.216.34", "ip_address", "ipv4"),
        ("from 2a02:8108:96c0::1f", "2a02:8108:96c0::1f", "ip_address", "ipv6"),
        ("at 48.858370, 2.294481.", "48.858370, 2.294481", "coordinates", "decimal"),
        ("40°26′46″N 79°58′56″W", "40°26′46″N 79°58′56″W", "coordinates", "minutes"),
    ],
)
def test_what_is_found(text: str, value: str, kind: str, rule: str) -> None:
    assert said(text) == [(value, kind, rule)]


@pytest.mark.parametrize(
    "text",
    [
        "version 10.0.19045.2", "see section 3.2.1.4", "v1.2.3.4-beta", "127.0.0.1", "256.1.1.1", "1.2.840.113549",
        "ISBN 978-3-16-148410-0", "ISBN 0-306-40615-2", "9783161484100", "order no. 4111111111111111",
        "Tracking number 2125550123", "订单号13812345678", "4111 1111 1111 1112", "DE88 3704 0044 0532 0130 00",
        "11010519491231002x1", "110105194912310021", "11010519491331002X", "000-12-3456", "666-12-3456", "912-12-3456",
        "078-05-1120", "QQ123456C", "12345678A", "2026-11-30", "30.11.2026 12:30:45", "20261130123045",
        "$2,125,550,123.00", "1.234.567,89 €", "git@github.com:team/project.git", "lodash@4.17.21", "icon@2x.png",
        "std::vector", "abc::def", "00:1b:44:11:3a:b7", "550e8400-e29b-41d4-a716-446655440000", "0.0512, 0.1234",
        "[2.718281, 2.314819, 2.283037]", "10.1038/s41586-020-2649-2", "3-6 6-4 7-5", "call 911", "",
    ],
)  # fmt: skip
def test_what_is_left_alone(text: str) -> None:
    assert said(text) == []


def test_of_two_that_overlap_the_one_with_the_checksum_stays() -> None:
    text = "card 4111 1111 1111 1111, IBAN DE89370400440532013000, +49 89 12345678"
    assert [kind for _, kind, _ in said(text)] == ["payment_card", "iban", "phone"]
    found = find_personal(text)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_what_is_found_does_not_hold_the_text() -> None:
    text = "jo.doe@example.org 4111111111111111"
    said_of_it: Any = repr(find_personal(text))
    assert "example" not in said_of_it
    assert "4111" not in said_of_it

"""Make the labelled corpus of personal data: `python -m tests.personal.make_corpus SEED FILE`.

500 sentences with one piece of personal data each, 500 with something that looks like one. Nothing here knows the
finders: check digits are computed by python-stdnum, phone numbers are drawn until the tables of phonenumbers call them
valid and are written as those tables write them, or as people do. Every number is drawn by chance and belongs to nobody
that we know of.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: How many of each kind, and of phones of each country.
WANTED = {
    "email": 70,
    "phone": 120,
    "payment_card": 60,
    "iban": 60,
    "national_id": 100,
    "ip_address": 50,
    "coordinates": 40,
}
NEAR_MISSES = 500

Drawn = tuple[str, str]
Maker = Callable[[random.Random], str]

#: Sentences for anything, and words that people put before a kind of number.
PLAIN = (
    "{}",
    "Please note: {}.",
    "He wrote {} on the back of the envelope.",
    "I was told to use {}, but nothing happened!",
    "Is it {}?",
    'the file says "{}" and nothing else',
    "Her form shows ({}) in the second box.",
    "- {}",
    "Bitte notieren Sie {}.",
    "Auf dem Zettel steht {}; mehr wissen wir nicht.",
    "Il a donné {} hier soir.",
    "Merci de vérifier « {} » avant lundi.",
    "资料里写着{}，请核对。",
    "他留下了{}。",
    "Me dejó {} ayer.",
    "we all saw it lol {} , what a day",
    "My application from May 2021 mentions {} twice.",
    "Applicant, 34 years old, {}",
)
CALLED = {
    "email": ("Mail me at {}", "e-mail: {}", "邮箱：{}", "<{}>", "schreiben Sie an {}", "contact {} or come by"),
    "phone": (
        "Call me on {}",
        "Tel. {}",
        "phone: {}",
        "Telefon: {}",
        "Tél : {}",
        "电话：{}",
        "手机{}",
        "my number is {}",
        "text {} after 5",
        "Mobile {} (evenings)",
        "Rufnummer {}",
        "WhatsApp {}",
    ),
    "payment_card": ("card number {}", "Visa {}, expires 04/29", "paid with {}", "卡号{}", "Kreditkarte {}"),
    "iban": ("IBAN {}", "IBAN: {}.", "Überweisung auf {} bitte", "virement sur {}", "account {}"),
    "national_id": (
        "ID {}",
        "身份证号：{}",
        "SSN {}",
        "NI number {}",
        "Steuer-ID {}",
        "Aadhaar {}",
        "DNI {}",
        "n° de sécu {}",
    ),
    "ip_address": ("logged in from {}", "IP {}", "her address was {} at 10:15", "IP地址：{}", "ping {} failed"),
    "coordinates": ("GPS {}", "she lives at {}", "location: {}", "坐标 {}", "found at {} on the map", "Standort {}"),
}


def _digits(draw: random.Random, n: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(n))


def email(draw: random.Random) -> Drawn:
    first, last = (
        draw.choice(("anna", "li", "jo", "mehmet", "olga", "raj", "wei", "zoe", "tom", "ines")),
        draw.choice(("smith", "mueller", "garcia", "wang", "patel", "dubois", "k")),
    )
    local = draw.choice(
        ("{f}.{l}", "{f}_{l}", "{f}{l}{n}", "{f}+{l}", "{n}", "{F}.{L}", "{f}-{l}", "{f}", "o'{l}", "{f}.{l}.{n}")
    ).format(f=first, l=last, F=first.title(), L=last.title(), n=draw.randrange(10, 9_999_999))
    host = draw.choice(
        (
            "gmail.com",
            "qq.com",
            "163.com",
            "example.org",
            "mail.uni-bonn.de",
            "web.de",
            "orange.fr",
            "bbc.co.uk",
            "rediffmail.com",
            "my-firm.io",
            "sub.domain.museum",
            "hotmail.es",
            "x.ai",
            "EXAMPLE.COM",
            "gov.in",
        )
    )
    if draw.random() < 0.08:
        return (
            " ".join(
                (
                    local.replace("+", "."),
                    draw.choice(("(at)", "[at]")),
                    host.replace(".", draw.choice((" (dot) ", "."))),
                )
            ),
            "spelt",
        )
    return f"{local}@{host}", "plain"


def phone(draw: random.Random, region: str) -> tuple[str, bool]:
    """A number that is valid, and whether it can be told without words near it."""
    import phonenumbers
    from phonenumbers import PhoneNumberFormat as Format
    from phonenumbers import PhoneNumberType as Type

    code = phonenumbers.country_code_for_region(region)
    while True:
        kind = draw.choice((Type.MOBILE, Type.FIXED_LINE))
        example = phonenumbers.example_number_for_type(region, kind)
        national = str(example.national_number)
        keep = draw.choice((2, 3, 4))
        number = phonenumbers.PhoneNumber(
            country_code=code, national_number=int(national[:keep] + _digits(draw, len(national) - keep))
        )
        if region == "US":
            number.national_number = int(draw.choice("23456789") + _digits(draw, 9))
        if region in {"CN", "IN"} and kind == Type.MOBILE:
            number.national_number = int(
                ("1" if region == "CN" else draw.choice("6789")) + _digits(draw, 10 if region == "CN" else 9)
            )
        if phonenumbers.is_valid_number(number) and phonenumbers.region_code_for_number(number) == region:
            break
    style = draw.random()
    if style < 0.35:
        return phonenumbers.format_number(number, Format.INTERNATIONAL), True
    if style < 0.45:
        return phonenumbers.format_number(number, Format.E164), True
    if style < 0.8:
        written = phonenumbers.format_number(number, Format.NATIONAL)
        return written, " " in written or "-" in written
    if style < 0.9 and region in {"US", "FR"}:
        return phonenumbers.format_number(number, Format.NATIONAL).replace("(", "").replace(") ", ".").replace(
            " ", "."
        ).replace("-", "."), True
    return phonenumbers.format_number(number, Format.NATIONAL).translate(str.maketrans("", "", " -()")), False


def card(draw: random.Random) -> Drawn:
    from stdnum import luhn

    name, first, length = draw.choice(
        (
            ("visa", "4", 16),
            ("mastercard", str(draw.randrange(51, 56)), 16),
            ("mastercard", str(draw.randrange(2221, 2721)), 16),
            ("american_express", draw.choice(("34", "37")), 15),
            ("discover", "6011", 16),
            ("unionpay", "62", draw.choice((16, 19))),
            ("jcb", str(draw.randrange(3528, 3590)), 16),
            ("diners_club", "36", 14),
            ("visa", "4", 16),
        )
    )
    digits = first + _digits(draw, length - len(first) - 1)
    digits += luhn.calc_check_digit(digits)
    return _grouped(draw, digits), name


def _grouped(draw: random.Random, digits: str) -> str:
    if draw.random() < 0.35 or len(digits) not in {14, 15, 16, 19}:
        return digits
    mark = draw.choice(" -")
    parts = [4, 6, len(digits) - 10] if len(digits) in {14, 15} else [4, 4, 4, 4, 3][: (len(digits) + 3) // 4]
    out, at = [], 0
    for part in parts:
        out.append(digits[at : at + part])
        at += part
    return mark.join(out)


#: Country -> what the part after the check digits is made of.
_BANKS = {
    "DE": "n18",
    "FR": "n10 a11 n2",
    "GB": "a4 n14",
    "ES": "n20",
    "IT": "l1 n10 a12",
    "NL": "l4 n10",
    "CH": "n5 a12",
    "BE": "n12",
    "AT": "n16",
    "PL": "n24",
    "SE": "n20",
    "NO": "n11",
    "PT": "n21",
    "AE": "n19",
    "SA": "n2 a18",
    "TR": "n6 a16",
    "MT": "l4 n5 a18",
    "IE": "l4 n14",
}


def iban(draw: random.Random) -> Drawn:
    country = draw.choice(sorted(_BANKS))
    own = "".join(
        "".join(
            draw.choice({"n": "0123456789", "l": "ABCDEFGHKLMNPRSTUVW", "a": "0123456789ABCDEFG"}[part[0]])
            for _ in range(int(part[1:]))
        )
        for part in _BANKS[country].replace("a4", "l4").split()
    )
    from stdnum.iso7064 import mod_97_10

    check = mod_97_10.calc_check_digits(own + country)
    whole = country + check + own
    style = draw.random()
    if style < 0.55:
        return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4)), country
    return (whole.lower() if style > 0.93 else whole), country


def _born(draw: random.Random) -> datetime.date:
    return datetime.date(1935, 1, 1) + datetime.timedelta(days=draw.randrange(27_000))


def national_id(draw: random.Random, scheme: str) -> str:
    from stdnum import verhoeff
    from stdnum.br import cpf
    from stdnum.cn import ric
    from stdnum.de import idnr
    from stdnum.es import dni, nie
    from stdnum.fr import nir
    from stdnum.it import codicefiscale
    from stdnum.us import ssn

    born = _born(draw)
    if scheme == "cn_resident_id":
        own = (
            draw.choice(("110105", "310115", "440305", "510104", "330106", "420111", "610113"))
            + born.strftime("%Y%m%d")
            + _digits(draw, 3)
        )
        return own + ric.calc_check_digit(own + "0")
    if scheme == "us_ssn":
        while True:
            found = f"{draw.randrange(1, 900):03}-{draw.randrange(1, 100):02}-{draw.randrange(1, 10_000):04}"
            if ssn.is_valid(found):
                return found.replace("-", " ") if draw.random() < 0.2 else found
    if scheme == "uk_nino":
        first = draw.choice("ABCEGHJKLMOPRSTWXYZ") + draw.choice("ABCEGHJKLMPRSTWXYZ")
        if first in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
            first = "AB"
        digits, last = _digits(draw, 6), draw.choice("ABCD")
        return (
            f"{first} {digits[:2]} {digits[2:4]} {digits[4:]} {last}" if draw.random() < 0.5 else first + digits + last
        )
    if scheme == "fr_nir":
        own = (
            draw.choice("12")
            + born.strftime("%y%m")
            + draw.choice(("75", "13", "59", "2A", "33", "69", "97"))
            + f"{draw.randrange(1, 600):03}"
            + f"{draw.randrange(1, 999):03}"
        )
        whole = own + nir.calc_check_digits(own)
        return (
            f"{whole[0]} {whole[1:3]} {whole[3:5]} {whole[5:7]} {whole[7:10]} {whole[10:13]} {whole[13:]}"
            if draw.random() < 0.5
            else whole
        )
    if scheme == "de_tax_id":
        while True:
            digits = draw.sample("0123456789", 10)
            digits[draw.randrange(1, 10)] = digits[0]
            draw.shuffle(digits)
            own = "".join(digits)
            from stdnum.iso7064 import mod_11_10

            whole = own + mod_11_10.calc_check_digit(own)
            if idnr.is_valid(whole):
                return f"{whole[:2]} {whole[2:5]} {whole[5:8]} {whole[8:]}" if draw.random() < 0.6 else whole
    if scheme == "in_aadhaar":
        own = draw.choice("23456789") + _digits(draw, 10)
        whole = own + verhoeff.calc_check_digit(own)
        return f"{whole[:4]} {whole[4:8]} {whole[8:]}"
    if scheme == "es_dni":
        if draw.random() < 0.3:
            own = draw.choice("XYZ") + _digits(draw, 7)
            return own + nie.calc_check_digit(own)
        own = _digits(draw, 8)
        return own + draw.choice(("", "-")) + dni.calc_check_digit(own)
    if scheme == "it_codice_fiscale":
        own = (
            "".join(draw.choice("BCDFGLMNPRSTV") for _ in range(6))
            + born.strftime("%y")
            + "ABCDEHLMPRST"[born.month - 1]
            + f"{born.day + draw.choice((0, 40)):02}"
            + draw.choice(("H501", "F205", "L219"))
        )
        return own + codicefiscale.calc_check_digit(own)
    own = _digits(draw, 9)
    return cpf.format(own + cpf._calc_check_digits(own))


IDS = (
    "cn_resident_id",
    "us_ssn",
    "uk_nino",
    "fr_nir",
    "de_tax_id",
    "in_aadhaar",
    "es_dni",
    "it_codice_fiscale",
    "br_cpf",
    "cn_resident_id",
)


def address(draw: random.Random) -> Drawn:
    if draw.random() < 0.3:
        found = ipaddress.IPv6Address(
            (0x2001_0DB8 if draw.random() < 0.5 else 0x2A02_8108) << 96 | draw.getrandbits(draw.choice((16, 64, 96)))
        )
        return (found.exploded if draw.random() < 0.3 else str(found)), "ipv6"
    while True:
        found = ipaddress.IPv4Address(
            draw.getrandbits(32) if draw.random() < 0.8 else 0xC0A80000 | draw.getrandbits(16)
        )
        if not (
            found.is_loopback or found.is_multicast or found.is_reserved or found.is_unspecified or found.packed[0] == 0
        ):
            return str(found), "ipv4"


def place(draw: random.Random) -> Drawn:
    lat, lon = draw.uniform(-60, 70), draw.uniform(-170, 170)
    style = draw.randrange(5)
    if style == 0:
        return f"{lat:.6f}, {lon:.6f}", "decimal"
    if style == 1:
        return f"{lat:.5f},{lon:.5f}", "decimal"
    if style == 2:
        return f"{abs(lat):.4f}° {'NS'[lat < 0]}, {abs(lon):.4f}° {'EW'[lon < 0]}", "sided"
    if style == 3:

        def parts(x: float) -> str:
            x = abs(x)
            return f"{int(x)}°{int(x * 60 % 60):02}′{int(x * 3600 % 60):02}″"

        return f"{parts(lat)}{'NS'[lat < 0]} {parts(lon)}{'EW'[lon < 0]}", "minutes"
    return f"lat: {lat:.4f}, lon: {lon:.4f}", "named"


def _wrong_check(draw: random.Random, number: str) -> str:
    """Change the last digit that there is."""
    at = max(at for at, sign in enumerate(number) if sign.isdigit())
    other = draw.choice([sign for sign in "0123456789" if sign != number[at]])
    return number[:at] + other + number[at + 1 :]


def _of_no_day(number: str) -> str:
    """Born in a month that no year has."""
    return number[:10] + "13" + number[12:]


def _isbn(draw: random.Random) -> str:
    from stdnum import ean

    own = draw.choice(("978", "979")) + _digits(draw, 9)
    whole = own + ean.calc_check_digit(own)
    shown = f"{whole[:3]}-{whole[3]}-{whole[4:7]}-{whole[7:12]}-{whole[12]}" if draw.random() < 0.6 else whole
    return f"{draw.choice(('ISBN ', 'ISBN: ', ''))}{shown}"


def _date(draw: random.Random) -> str:
    day = datetime.datetime(1990, 1, 1) + datetime.timedelta(seconds=draw.randrange(10**9))
    return day.strftime(
        draw.choice(
            (
                "%Y-%m-%d",
                "%d.%m.%Y",
                "%m/%d/%Y",
                "%d/%m/%y %H:%M",
                "%Y-%m-%dT%H:%M:%S",
                "%H:%M:%S",
                "%Y年%m月%d日",
                "%Y%m%d",
                "%Y%m%d%H%M%S",
                "%d %m %Y",
                "%d-%m-%Y",
                "%d.%m.%y",
            )
        )
    )


def _price(draw: random.Random) -> str:
    n = draw.randrange(100, 99_999_999)
    return draw.choice(
        (
            f"${n / 100:,.2f}",
            f"{n / 100:.2f} EUR",
            f"€ {n // 100}",
            f"¥{n:,}",
            f"£{n / 100:.2f}, £{n / 50:.2f}",
            f"Rs. {n:,}",
            f"{n // 100:,}.00 USD",
            f"{n // 100:,}".replace(",", ".") + ",50 €",
            f"{n}元",
        )
    )


#: Sort of near miss -> (how it is drawn, sentences of its own or none)
NEAR: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "version": (
        lambda d: ".".join(str(d.randrange(0, 30)) for _ in range(d.choice((3, 4, 4, 4)))),
        (
            "version {}",
            "Version {} is out",
            "upgrade to v{}",
            "release {} fixed it",
            "see section {}",
            "firmware {}",
            "we moved from {} to the next one",
            "版本{}",
        ),
    ),
    "build": (
        lambda d: f"{d.randrange(1, 15)}.{d.randrange(10)}.{d.randrange(1000, 30000)}.{d.randrange(10, 9999)}",
        ("Chrome {}", "version {}", "{}"),
    ),
    "isbn": (_isbn, ()),
    "order": (
        lambda d: _digits(d, d.choice((8, 9, 10, 11, 12, 13, 14, 16))),
        (
            "order no. {}",
            "Order number: {}",
            "Order #{}",
            "your invoice {}",
            "订单号{}",
            "Bestellnummer {}",
            "ticket {} was closed",
            "Tracking number {} says delivered",
            "commande n° {}",
        ),
    ),
    "order_without_word": (lambda d: d.choice("123456789") + _digits(d, d.choice((6, 7, 8, 9, 10, 12))), ()),
    "order_with_letters": (
        lambda d: d.choice(("PO-", "A", "INV/2021/", "#", "RMA", "1Z999AA1")) + _digits(d, d.choice((5, 7, 8, 10))),
        (),
    ),
    "date": (_date, ()),
    "price": (_price, ()),
    "card_without_check": (lambda d: _wrong_check(d, card(d)[0]), ("card number {}", "paid with {}", *PLAIN[:6])),
    "iban_without_check": (lambda d: _wrong_check(d, iban(d)[0]), ("IBAN {}", *PLAIN[:6])),
    "id_without_check": (
        lambda d: _wrong_check(
            d, national_id(d, d.choice(("cn_resident_id", "fr_nir", "de_tax_id", "in_aadhaar", "es_dni", "br_cpf")))
        ),
        ("ID {}", *PLAIN[:6]),
    ),
    "cn_id_of_no_day": (lambda d: _of_no_day(national_id(d, "cn_resident_id")), ()),
    "ssn_out_of_range": (
        lambda d: d.choice(("000-{}-{}", "666-{}-{}", "9{}-{}-{}", "123-00-{1}", "{0}5-12-0000")).format(
            _digits(d, 2), _digits(d, 2), _digits(d, 4)
        ),
        ("SSN {}", "{}"),
    ),
    "nino_out_of_range": (lambda d: d.choice(("QQ", "DA", "GB", "FO", "ZZ")) + _digits(d, 6) + d.choice("ABCDXYZ"), ()),
    "ip_out_of_range": (
        lambda d: ".".join(
            str(d.randrange(256, 999)) if at == d.randrange(4) or at == 2 else str(d.randrange(256)) for at in range(4)
        ),
        ("IP {}", "{}"),
    ),
    "loopback": (
        lambda d: d.choice(("127.0.0.1", "0.0.0.0", "255.255.255.0", "::1", "224.0.0.251")),
        ("it runs on {}", "netmask {}"),
    ),
    "hash": (lambda d: f"{d.getrandbits(160):040x}"[: d.choice((8, 12, 32, 40))], ("commit {}", "sha {}", "{}")),
    "uuid": (lambda d: "-".join(f"{d.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12)), ()),
    "mac": (lambda d: ":".join(f"{d.getrandbits(8):02x}" for _ in range(6)), ("device {}", "{}")),
    "handle": (
        lambda d: d.choice(
            (
                "@anna_smith",
                "@wei2020",
                "lodash@4.17.21",
                "icon@2x.png",
                "user@localhost",
                "git@github.com:team/project.git",
                "a@b",
                "5 @ $3.20",
                "me@",
                "@home.de",
            )
        ),
        (),
    ),
    "numbers": (
        lambda d: d.choice(
            (
                f"{d.random():.4f}, {d.random():.4f}",
                f"({d.uniform(1, 9):.2f}, {d.uniform(1, 9):.2f})",
                f"{d.uniform(0, 100):.1f} {d.uniform(0, 100):.1f}",
                f"{d.randrange(100)}-{d.randrange(100)}",
                f"{d.randrange(1000, 9999)}/{d.randrange(1000, 9999)}",
                f"{d.randrange(10**6):,}",
                f"{d.uniform(1, 9):.3f}±{d.random():.3f}",
            )
        ),
        (),
    ),
    "short_phone": (
        lambda d: d.choice(
            (
                _digits(d, 4) + "-" + _digits(d, 3),
                "555-" + _digits(d, 4),
                "911",
                "+" + _digits(d, 4),
                "0" + _digits(d, 5),
                "1-800",
            )
        ),
        ("call {}", "{}"),
    ),
    "long_phone": (lambda d: d.choice(("+1 ", "+49 ", "+86 ", "0")) + _digits(d, d.choice((17, 18, 20))), ()),
    "phone_out_of_plan": (
        lambda d: d.choice(
            (
                f"(1{_digits(d, 2)}) 555-{_digits(d, 4)}",
                f"212-1{_digits(d, 2)}-{_digits(d, 4)}",
                f"12{_digits(d, 9)}",
                f"+86 2{_digits(d, 3)}",
                f"+44 9{_digits(d, 5)}",
            )
        ),
        (),
    ),
    "imei": (lambda d: "35" + _digits(d, 13), ("IMEI {}", "{}")),
    "postcode": (
        lambda d: d.choice((f"{_digits(d, 5)}-{_digits(d, 4)}", "SW1A 2AA", _digits(d, 5), _digits(d, 6))),
        ("ZIP {}", "{} Berlin", "{}"),
    ),
    "doi": (
        lambda d: (
            f"10.{d.randrange(1000, 9999)}/{_digits(d, 3)}.{d.randrange(1, 9)}.{d.randrange(100)}-{d.randrange(100)}"
        ),
        ("doi:{}", "{}"),
    ),
    "cas": (lambda d: f"{d.randrange(50, 99999)}-{_digits(d, 2)}-{_digits(d, 1)}", ("CAS {}", "{}")),
    "score": (
        lambda d: (
            f"{d.randrange(7)}-{d.randrange(7)} {d.randrange(7)}-{d.randrange(7)} {d.randrange(7)}-{d.randrange(7)}"
        ),
        (),
    ),
    "years": (lambda d: f"{d.randrange(1900, 2000)}-{d.randrange(2000, 2030)}", ()),
    "program": (
        lambda d: d.choice(("std::vector", "a::b::c", "abc::def", "x[1:2:3]", "10:20:30", "::before", "Foo::Bar")),
        (),
    ),
}


def true_ones(draw: random.Random) -> Iterator[dict[str, Any]]:
    """Sentences with one piece of personal data each."""
    regions = ("US", "GB", "DE", "FR", "CN", "IN")
    for kind, wanted in WANTED.items():
        for number in range(wanted):
            alone = True
            if kind == "phone":
                scheme = regions[number % len(regions)].lower()
                value, alone = phone(draw, scheme.upper())
            elif kind == "national_id":
                scheme = IDS[number % len(IDS)]
                value = national_id(draw, scheme)
            else:
                value, scheme = {
                    "email": email,
                    "payment_card": card,
                    "iban": iban,
                    "ip_address": address,
                    "coordinates": place,
                }[kind](draw)
            # Ten digits are a phone number only where somebody says so.
            called = not alone or draw.random() < 0.4
            words = CALLED[kind] if called else PLAIN
            if kind == "national_id" and called:
                words = ("ID {}", "身份证号：{}") if scheme.startswith("cn") else ("ID: {}", "my number {} is on file")
            if scheme == "decimal":
                words = CALLED[kind] if draw.random() < 0.5 else PLAIN
            yield _row(draw.choice(words), value, kind, scheme)


def near_ones(draw: random.Random) -> Iterator[dict[str, Any]]:
    """Sentences with something that looks like it."""
    for number in range(NEAR_MISSES):
        sort = list(NEAR)[number % len(NEAR)]
        make, words = NEAR[sort]
        yield _row(draw.choice(words or PLAIN), make(draw), None, sort)


def _row(sentence: str, value: str, kind: str | None, sort: str) -> dict[str, Any]:
    start = sentence.index("{}")
    return {
        "text": sentence.replace("{}", value),
        "start": start,
        "end": start + len(value),
        "kind": kind,
        "sort": sort,
    }


def corpus(seed: int) -> list[dict[str, Any]]:
    """Make the whole."""
    draw = random.Random(seed)
    return [*true_ones(draw), *near_ones(draw)]


if __name__ == "__main__":
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in corpus(int(sys.argv[1])))
    Path(sys.argv[2]).write_text("".join(lines), encoding="utf-8")

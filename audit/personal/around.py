"""What stands around a number says what it is: an order number has the shape of a phone number, and is none."""

from __future__ import annotations

import re

#: What a number is called that is no personal data, right before it.
_OTHERWISE = re.compile(
    r"(?:\b(?:order|invoice|tracking|shipment|parcel|ticket|case|serial|part|model|batch|lot|sku|ref|reference|"
    r"item|article|product|booking|confirmation|transaction|receipt|isbn|issn|ean|upc|imei|doi|patent|"
    r"bestellung|bestellnummer|rechnung|rechnungsnummer|auftrag|auftragsnummer|sendung|sendungsnummer|artikel|"
    r"artikelnummer|seriennummer|commande|facture|colis|suivi|pedido|factura)s?"
    r"(?:[ -]?(?:id|no|nr|num|number|nummer|code|n[°º]|key))?"
    r"|订单号?|订单编号|编号|单号|快递单号|运单号|流水号|发票号?|序列号|货号|型号|书号)"
    r"(?:\s+(?:is|was|ist|war|est))?[\s.:#：＃№为是]*$",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?:\b(?:v|ver|version|versions|release|build|firmware|kernel|driver|section|sections|chapter|clause|paragraph|"
    r"figure|table|abschnitt|kapitel|chapitre)|§|版本号?|第|章节?|固件)[\s.:：]*$",
    re.IGNORECASE,
)
#: Characters before a number that are looked at.
_BEFORE, _NEAR = 32, 40


def is_called_otherwise(text: str, start: int) -> bool:
    """Whether the words right before call it an order, an invoice, a book, …"""
    return bool(_OTHERWISE.search(text, max(0, start - _BEFORE), start))


def is_called_version(text: str, start: int) -> bool:
    """Whether the words right before call it a version or a section."""
    return bool(_VERSION.search(text, max(0, start - _BEFORE), start))


def is_near(words: re.Pattern[str], text: str, start: int, end: int) -> bool:
    """Whether one of these words stands within a few words of it, in the same line."""
    before = text[max(0, start - _NEAR) : start].rpartition("\n")[2]
    after = text[end : end + _NEAR // 2].partition("\n")[0]
    return bool(words.search(before) or words.search(after))


def is_part_of_more(text: str, start: int, end: int) -> bool:
    """Whether letters or digits, or one more group of digits, are joined to it: then it is a part of something."""
    return bool(re.search(r"[0-9A-Za-z_+][-./]?$|[0-9][ -]$|[#$€£¥][ ]?$", text[max(0, start - 3) : start])) or bool(
        re.match(r"[-./]?[0-9A-Za-z_]|[ ][0-9]", text[end : end + 2])
    )

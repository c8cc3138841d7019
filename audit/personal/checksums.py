"""Check digits, as their standards compute them."""

from __future__ import annotations

#: The group D5, its permutation: Verhoeff 1969, as used by Aadhaar.
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: str) -> bool:
    """Whether digits hold the check of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def mod_97(letters: str) -> bool:
    """Whether an account number holds the check of IBAN (ISO 13616, ISO/IEC 7064 MOD 97-10)."""
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % 97 == 1


def mod_11_2(number: str) -> bool:
    """Whether 18 characters hold the check of Chinese resident identity numbers (GB 11643, ISO/IEC 7064 MOD 11-2)."""
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


def mod_11_10(digits: str) -> bool:
    """Whether digits hold the check of German tax numbers (ISO/IEC 7064 MOD 11,10)."""
    product = 10
    for digit in digits[:-1]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def verhoeff(digits: str) -> bool:
    """Whether digits hold the check of Verhoeff (1969), as Aadhaar uses it."""
    found = 0
    for at, digit in enumerate(reversed(digits)):
        turned = int(digit)
        for _ in range(at % 8):
            turned = _TURN[turned]
        found = _D5[found][turned]
    return found == 0


def mod_23_letter(number: int) -> str:
    """Return the check letter of Spanish identity numbers (Real Decreto 1553/2005)."""
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def ean_13(digits: str) -> bool:
    """Whether 13 digits hold the check of articles and books (ISBN-13)."""
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10 == 0

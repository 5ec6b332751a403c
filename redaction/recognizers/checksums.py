"""Check digits of well-known numbers. Each takes the number without separators."""

from collections.abc import Callable

Check = Callable[[str], bool]
"""Takes a number without separators, letters in upper case, and answers whether its check digits fit."""

_CN_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CN_ID_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def luhn(number: str) -> bool:
    """Payment cards of 12 to 19 digits (ISO/IEC 7812-1, annex B): every second digit is doubled."""
    if not (number.isdecimal() and 12 <= len(number) <= 19) or number[0] == "0":
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in number[::-2])) % 10 == 0


def snils(number: str) -> bool:
    """Russian insurance number: weights 9 to 1 over nine digits, the sum modulo 101 (100 counts as 0)."""
    if not (number.isdecimal() and len(number) == 11):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(range(9, 0, -1), number, strict=False))
    return total % 101 % 100 == int(number[9:])


def inn(number: str) -> bool:
    """Russian taxpayer number: ten digits with one check digit or twelve with two, sums mod 11 mod 10."""
    if not number.isdecimal():
        return False
    if len(number) == 10:
        return _weighted(number, _INN_10) % 11 % 10 == int(number[9])
    checks = (_weighted(number, _INN_11) % 11 % 10, _weighted(number, _INN_12) % 11 % 10)
    return len(number) == 12 and checks == (int(number[10]), int(number[11]))


def ogrn(number: str) -> bool:
    """Russian registration number: 13 digits modulo 11, or 15 modulo 13, of all digits but the last."""
    if not (number.isdecimal() and len(number) in (13, 15)):
        return False
    return int(number[:-1]) % (len(number) - 2) % 10 == int(number[-1])


def resident_id(number: str) -> bool:
    """Chinese resident number (GB 11643): ISO 7064 MOD 11-2 over 17 digits, ten written as X."""
    if not (len(number) == 18 and number[:17].isdecimal()):
        return False
    return _CN_ID_CHECKS[_weighted(number, _CN_ID_WEIGHTS) % 11] == number[17]


def credit_code(number: str) -> bool:
    """Chinese unified social credit code (GB 32100): powers of three over 17 characters, modulo 31."""
    if len(number) != 18 or any(character not in _USCC_ALPHABET for character in number):
        return False
    total = sum(
        _USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(number[:17])
    )
    return _USCC_ALPHABET[-total % 31] == number[17]


def nhs(number: str) -> bool:
    """British health service number: weights 10 to 2 over nine digits, eleven minus the sum modulo 11."""
    if not (number.isdecimal() and len(number) == 10):
        return False
    return (-_weighted(number, tuple(range(10, 1, -1)))) % 11 == int(number[9])


def iban(number: str) -> bool:
    """International bank account number (ISO 13616): the rearranged number modulo 97 is 1."""
    if not (number.isascii() and 15 <= len(number) <= 34):
        return False
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97 == 1


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False))

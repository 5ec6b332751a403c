"""Check digits, each against a number whose sum was worked by hand or is published as an example."""

import pytest

from redaction.recognizers import checksums

RIGHT = [
    (checksums.luhn, "4111111111111111"),
    (checksums.luhn, "378282246310005"),
    (checksums.snils, "11223344595"),  # 9*1+8*1+7*2+6*2+5*3+4*3+3*4+2*4+1*5 = 95
    (checksums.inn, "7707083893"),
    (checksums.inn, "500100732259"),
    (checksums.ogrn, "1027700132195"),
    (checksums.resident_id, "11010519491231002X"),
    (checksums.credit_code, "91350100M000100Y43"),
    (checksums.nhs, "9434765919"),
    (checksums.iban, "GB82WEST12345698765432"),
]


@pytest.mark.parametrize(("checksum", "number"), RIGHT)
def test_a_right_number_fits(checksum: checksums.Check, number: str) -> None:
    assert checksum(number)


@pytest.mark.parametrize(("checksum", "number"), RIGHT)
def test_one_wrong_digit_does_not_fit(checksum: checksums.Check, number: str) -> None:
    place = 5
    wrong = (
        number[:place]
        + str((int(number[place]) + 1) % 10 if number[place].isdigit() else 7)
        + number[place + 1 :]
    )
    assert not checksum(wrong)


@pytest.mark.parametrize(("checksum", "number"), RIGHT)
def test_nonsense_does_not_fit_and_does_not_crash(checksum: checksums.Check, number: str) -> None:
    assert not any(
        checksum(nonsense) for nonsense in ("", "X", number[:-1], number + "9999999999999999999", "éé" * 9)
    )

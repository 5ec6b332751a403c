"""Numbers of every kind in sentences of three languages: what they are called, also with a digit misread.

The numbers are invented or stand in published ranges for tests; check digits are worked out here.
"""

from collections.abc import Iterator

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from redaction import Redactor, Segment, kinds
from redaction.recognizers import checksums
from redaction.recognizers.written_numbers import written_numbers
from redaction.spans import Finding, settle
from redaction.view import fold

PLACEHOLDER = regex.compile(r"<[A-Z_]+_\d+>")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def completed(check: checksums.Check, stem: str, places: int = 1, last: str = "0123456789X") -> str:
    """``stem`` with the check characters that make it right."""
    tails = [""]
    for _ in range(places):
        tails = [tail + character for tail in tails for character in last]
    return next(stem + tail for tail in tails if check(stem + tail))


def misread(number: str, place: int = -2) -> str:
    """The number with one digit heard wrong."""
    digits = [index for index, character in enumerate(number) if character.isdigit()]
    at = digits[max(place, -len(digits))]
    return number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]


def in_groups(number: str, *sizes: int, gap: str = " ") -> str:
    """The number with ``gap`` between groups of these sizes."""
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return gap.join(parts)


VISA = completed(checksums.luhn, "400000000000000")
MASTERCARD_2 = completed(checksums.luhn, "222300004841001")
AMEX = completed(checksums.luhn, "37828224631000")
MIR = completed(checksums.luhn, "220123456789012")
UNION_PAY = completed(checksums.luhn, "620000000000000000")
MAESTRO = completed(checksums.luhn, "67595000000")
IBAN = (
    "GB"
    + next(f"{n:02}" for n in range(100) if checksums.iban(f"GB{n:02}TEST12345698765432"))
    + "TEST12345698765432"
)
NHS = completed(checksums.nhs, "999000001")
SNILS = completed(checksums.snils, "112233446", 2, "0123456789")
INN_PERSON = completed(checksums.inn, "5001007322", 2, "0123456789")
INN_FIRM = completed(checksums.inn, "770112233")
OGRN = completed(checksums.ogrn, "102770013299")
OGRNIP = completed(checksums.ogrn, "30450011600099")
RESIDENT = completed(checksums.resident_id, "11010519491231001")
RESIDENT_2 = completed(checksums.resident_id, "44052419800101001")
USCC = completed(checksums.credit_code, "91350100M000100Y4", 1, "0123456789ABCDEFGHJKLMNPQRTUWXY")

CARDS = [VISA, in_groups(VISA, 4, 4, 4, 4), in_groups(VISA, 4, 4, 4, 4, gap="-"), MASTERCARD_2, AMEX, MIR]
CARDS += [
    in_groups(AMEX, 4, 6, 5),
    UNION_PAY,
    in_groups(UNION_PAY, 4, 4, 4, 4, 3),
    VISA.translate(FULL_WIDTH),
]

# A number, sentences, the type it is called there. With a digit misread the words still decide.
NAMED: dict[str, list[tuple[list[str], list[str], str]]] = {
    "en": [
        (
            [*CARDS, MAESTRO],
            ["my card number is {} please", "{} is my credit card", "the visa i used ends there it was {}"],
            kinds.CREDIT_CARD,
        ),
        (
            [IBAN, in_groups(IBAN, 4, 4, 4, 4, 4, 2), IBAN.lower()],
            ["the iban is {} ok", "send it to iban {}"],
            kinds.IBAN_CODE,
        ),
        (
            ["078-05-1120", "078 05 1120", "078051120", "078-05-1120".translate(FULL_WIDTH)],
            ["my social is {} yes", "ssn {}", "social security number that would be {}"],
            kinds.US_SSN,
        ),
        (
            ["QQ123456C", "QQ 12 34 56 C", "qq123456c"],
            ["my national insurance number is {}", "nino {} thanks"],
            kinds.UK_NINO,
        ),
        (
            [NHS, in_groups(NHS, 3, 3, 4), in_groups(NHS, 3, 3, 4, gap="-")],
            ["my nhs number is {}", "nhs no {} ok"],
            kinds.UK_NHS,
        ),
        (
            ["912-70-1234", "912701234"],
            ["my itin is {}", "the taxpayer identification number is {}"],
            kinds.US_ITIN,
        ),
        (["021000021", "021 000 021"], ["the routing number is {}", "aba {} thanks"], kinds.BANK_CODE),
        (
            ["D1234567", "d123-4567-8901", "S99988801", "99988801"],
            ["my driver's license is {}", "driving licence number {}"],
            kinds.DRIVER_LICENSE,
        ),
        (
            ["X1234567", "X12345678", "123456789"],
            ["my passport number is {}", "passport {} thanks"],
            kinds.PASSPORT,
        ),
        (
            ["(212) 555-0147", "212-555-0147", "212 555 0147", "2125550147", "+1 212 555 0147", "555-0147"],
            ["call me back on {} please", "my phone number is {}"],
            kinds.PHONE_NUMBER,
        ),
        (
            ["+44 20 7946 0958", "020 7946 0958", "07700 900123", "07700900123"],
            ["reach me on {}", "{} is my mobile"],
            kinds.PHONE_NUMBER,
        ),
        (
            ["99341772", "4415-2231", "AB99341772"],
            ["my account number is {} ok", "member id {}"],
            kinds.ACCOUNT_NUMBER,
        ),
        (
            ["99341772", "QX7TKP", "AB-12345-X"],
            ["my order number is {} ok", "the tracking code is {}"],
            kinds.REFERENCE_CODE,
        ),
        (["12345678", "00012345678"], ["my bank account is {}", "savings {}"], kinds.BANK_ACCOUNT),
        (
            ["4821", "482193"],
            ["my pin is {}", "the verification code is {}", "one-time code {}"],
            kinds.SECRET,
        ),
        (
            ["AB12 CDE", "ABC 1234", "7ABC123"],
            ["my license plate is {}", "the number plate {}"],
            kinds.LICENSE_PLATE,
        ),
    ],
    "ru": [
        (CARDS, ["карта {} не работает", "номер карты {}", "{} это моя карта"], kinds.CREDIT_CARD),
        (
            ["4510 123456", "45 10 123456", "4510123456", "45 10 № 123456", "4510 номер 123456"],
            ["мой паспорт {}", "паспорт серия и номер {} выдан"],
            kinds.PASSPORT,
        ),
        (
            ["75 1234567", "751234567", "75 № 1234567"],
            ["загранпаспорт {}", "мой загранпаспорт {} действует"],
            kinds.PASSPORT,
        ),
        (
            [
                SNILS,
                in_groups(SNILS, 3, 3, 3, 2),
                "-".join([SNILS[:3], SNILS[3:6], SNILS[6:9]]) + " " + SNILS[9:],
            ],
            ["снилс {}", "номер снилса {} записали"],
            kinds.RU_SNILS,
        ),
        (
            [INN_PERSON, INN_FIRM, in_groups(INN_PERSON, 4, 4, 4)],
            ["инн {}", "ИНН организации {}", "{} это мой инн"],
            kinds.RU_INN,
        ),
        ([OGRN, OGRNIP], ["огрн {}", "номер ОГРНИП {} проверьте"], kinds.RU_OGRN),
        (
            ["9912 345678", "99 12 345678", "9912345678", "77 УН 123456"],
            ["водительское удостоверение {}", "мои права {}"],
            kinds.DRIVER_LICENSE,
        ),
        (
            ["40817810099910004312", "40702810900000012345"],
            ["расчётный счёт {}", "счет {} в банке", "р/с {}"],
            kinds.BANK_ACCOUNT,
        ),
        (["044525225"], ["бик {}", "БИК банка {}"], kinds.BANK_CODE),
        (["7712345678901234", "7712 3456 7890 1234"], ["полис омс {}", "медицинский полис {}"], kinds.RU_OMS),
        (["а123вс77", "А 123 ВС 777", "о999оо199"], ["госномер {}", "машина {} стоит"], kinds.LICENSE_PLATE),
        (
            ["+7 916 123-45-67", "8 (916) 123-45-67", "89161234567", "8 916 123 45 67", "916-123-45-67"],
            ["мой телефон {}", "перезвоните на {}"],
            kinds.PHONE_NUMBER,
        ),
        (["99341772", "4415-2231"], ["номер договора {}", "лицевой счёт {}"], kinds.ACCOUNT_NUMBER),
        (["99341772", "4415-2231"], ["номер заказа {}", "бронь {}"], kinds.REFERENCE_CODE),
        (["4821"], ["пин-код {}", "пароль {}"], kinds.SECRET),
        (["101000"], ["индекс {}", "почтовый индекс {} да"], kinds.ADDRESS),
    ],
    "zh": [
        (
            [
                RESIDENT,
                RESIDENT.lower(),
                RESIDENT_2,
                RESIDENT_2.translate(FULL_WIDTH),
                in_groups(RESIDENT_2, 6, 8, 4),
            ],
            ["身份证号是{}对吗", "我的身份证{}谢谢", "证件号码：{}。"],
            kinds.CN_RESIDENT_ID,
        ),
        (["110105491231002"], ["身份证号{}", "旧身份证是{}的"], kinds.CN_RESIDENT_ID),
        (
            ["E12345678", "EA1234567", "G12345678", "e12345678"],
            ["护照号{}谢谢", "我的护照是{}"],
            kinds.PASSPORT,
        ),
        (
            [UNION_PAY, VISA, in_groups(UNION_PAY, 4, 4, 4, 4, 3), UNION_PAY.translate(FULL_WIDTH)],
            ["卡号是{}谢谢", "我的银行卡{}丢了", "信用卡{}"],
            kinds.CREDIT_CARD,
        ),
        (
            ["13812345678", "138 1234 5678", "138-1234-5678", "+86 138 1234 5678", "１３８１２３４５６７８"],
            ["手机号{}谢谢", "电话是{}。", "打我{}"],
            kinds.PHONE_NUMBER,
        ),
        (
            ["010-87654321", "021 6543 2100", "0755-12345678", "400-800-1234"],
            ["座机{}", "电话{}吧"],
            kinds.PHONE_NUMBER,
        ),
        (
            ["京A12345", "粤B·12345", "京AD12345", "沪A·F12345", "粤Z1234港"],
            ["车牌{}停在门口", "我的车牌号是{}"],
            kinds.LICENSE_PLATE,
        ),
        ([USCC], ["统一社会信用代码{}", "税号是{}谢谢"], kinds.CN_USCC),
        (["338812", "4821"], ["验证码是{}谢谢", "密码{}"], kinds.SECRET),
        (["99341772", "99341772001"], ["订单号{}", "快递单号是{}"], kinds.REFERENCE_CODE),
        (["99341772"], ["会员号{}", "账号是{}"], kinds.ACCOUNT_NUMBER),
        (["100020"], ["邮编{}", "邮编是{}。"], kinds.ADDRESS),
    ],
}

# Without a word that names it: the form or the checksum decides; misread, it goes under another name.
UNNAMED: dict[str, list[tuple[list[str], list[str], str]]] = {
    "en": [
        (CARDS, ["ok {} thanks", "{}"], kinds.CREDIT_CARD),
        ([IBAN, in_groups(IBAN, 4, 4, 4, 4, 4, 2)], ["ok {} thanks", "{}"], kinds.IBAN_CODE),
        (["078-05-1120"], ["ok {} thanks"], kinds.US_SSN),
        (["912-70-1234"], ["ok {} thanks"], kinds.US_ITIN),
        (["QQ123456C".replace("QQ", "AB")], ["ok {} thanks"], kinds.UK_NINO),
        ([NHS, in_groups(NHS, 3, 3, 4)], ["ok {} thanks"], kinds.UK_NHS),
        (["(212) 555-0147", "+44 20 7946 0958"], ["ok {} thanks"], kinds.PHONE_NUMBER),
    ],
    "ru": [
        (CARDS, ["вот {} спасибо", "да {}"], kinds.CREDIT_CARD),
        (
            [SNILS, SNILS[:3] + "-" + SNILS[3:6] + "-" + SNILS[6:9] + " " + SNILS[9:]],
            ["вот {} спасибо"],
            kinds.RU_SNILS,
        ),
        ([INN_PERSON, INN_FIRM], ["вот {} спасибо"], kinds.RU_INN),
        ([OGRN, OGRNIP], ["вот {} спасибо"], kinds.RU_OGRN),
        (["45 10 123456", "4510 123456"], ["вот {} спасибо"], kinds.PASSPORT),
        (["40817810099910004312"], ["вот {} спасибо"], kinds.BANK_ACCOUNT),
        (["8 916 123-45-67", "+7 916 1234567"], ["вот {} спасибо"], kinds.PHONE_NUMBER),
    ],
    "zh": [
        ([RESIDENT, RESIDENT_2], ["是{}谢谢", "{}"], kinds.CN_RESIDENT_ID),
        ([UNION_PAY, VISA], ["是{}谢谢", "好的{}"], kinds.CREDIT_CARD),
        ([USCC], ["是{}谢谢"], kinds.CN_USCC),
        (["13812345678", "+86 138 1234 5678"], ["是{}谢谢"], kinds.PHONE_NUMBER),
        (["E12345678"], ["是{}谢谢"], kinds.PASSPORT),
    ],
}


def rows(table: dict[str, list[tuple[list[str], list[str], str]]]) -> Iterator[tuple[str, str, str, str]]:
    for language, entries in table.items():
        for numbers, sentences, kind in entries:
            for number in numbers:
                for sentence in sentences:
                    yield language, sentence, number, kind


def pieces(text: str) -> list[tuple[str, str]]:
    """What the numbers in a text are called, the text as the recognizers see it."""
    seen = fold(text)
    findings = [Finding(start, end, kind, score) for kind, start, end, score in written_numbers(seen)]
    return [(text[found.start : found.end], found.type) for found in settle(findings, seen)]


def redacted(language: str, text: str) -> str:
    return Redactor().redact([Segment("customer", text)], language).turns[0]


@pytest.mark.parametrize(("language", "sentence", "number", "kind"), list(rows(NAMED)))
def test_a_number_is_called_what_the_words_around_call_it(
    language: str, sentence: str, number: str, kind: str
) -> None:
    assert pieces(sentence.format(number)) == [(number, kind)]


@pytest.mark.parametrize(("language", "sentence", "number", "kind"), list(rows(NAMED)))
def test_a_misread_digit_changes_neither_the_name_nor_the_span(
    language: str, sentence: str, number: str, kind: str
) -> None:
    wrong = misread(number)
    assert pieces(sentence.format(wrong)) == [(wrong, kind)]


@pytest.mark.parametrize(("language", "sentence", "number", "kind"), list(rows(UNNAMED)))
def test_a_number_without_words_is_called_what_its_form_or_checksum_says(
    language: str, sentence: str, number: str, kind: str
) -> None:
    assert pieces(sentence.format(number)) == [(number, kind)]


@pytest.mark.parametrize(("language", "sentence", "number", "kind"), list(rows(UNNAMED)))
def test_a_misread_number_without_words_still_goes(
    language: str, sentence: str, number: str, kind: str
) -> None:
    left = redacted(language, sentence.format(misread(number)))
    assert not any(character.isdigit() for character in PLACEHOLDER.sub("", left))


@given(
    st.text("0123456789", min_size=7, max_size=19),
    st.sampled_from(["my card number is {}", "снилс {}", "身份证{}"]),
)
def test_a_number_of_seven_digits_and_more_goes_whatever_it_adds_up_to(number: str, sentence: str) -> None:
    assert number not in redacted("en", sentence.format(number))


def test_the_table_is_large_enough() -> None:
    for language in ("en", "ru", "zh"):
        assert sum(row[0] == language for row in [*rows(NAMED), *rows(NAMED), *rows(UNNAMED)]) >= 100


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("my passport is 123456789 and the phone is 2125550147", [kinds.PASSPORT, kinds.PHONE_NUMBER]),
        ("account 99341772, order 88213456", [kinds.ACCOUNT_NUMBER, kinds.REFERENCE_CODE]),
        (f"инн {INN_FIRM}, снилс {SNILS}", [kinds.RU_INN, kinds.RU_SNILS]),
        (f"卡号{UNION_PAY}，手机13812345678", [kinds.CREDIT_CARD, kinds.PHONE_NUMBER]),
        (f"the card is {VISA} and my social 078-05-1120", [kinds.CREDIT_CARD, kinds.US_SSN]),
    ],
)
def test_the_nearest_words_decide(text: str, wanted: list[str]) -> None:
    assert [kind for _, kind in pieces(text)] == wanted


@pytest.mark.parametrize(
    "text",
    [
        "the balance of my account is 120,500.75 today",
        "my account was charged $1250 on 12/05/2024",
        "the card was issued in 2015",
        "i ordered 250 pieces for 1500 dollars",
        "на счёте 15000 рублей",
        "заказ на 2500 рублей за 2023 год",
        "订单一共1280元",
        "the account is open from 2019 - 2023",
    ],
)
def test_amounts_years_and_dates_are_no_numbers_of_anybody(text: str) -> None:
    assert pieces(text) == []

"""One sentence per entity type and language: found whole, and called what it is."""

import pytest

from redaction import Redactor, Segment

ENGLISH = [
    ("my card is [4111 1111 1111 1111] ok", "CREDIT_CARD"),
    ("my card is [4111 1111 1111 1112] ok", "CREDIT_CARD"),
    ("the number [1234567890123456] appeared", "ID_NUMBER"),
    ("a long [8812345671] appeared", "DIGITS"),
    ("my social security number is [123-45-6789] yes", "US_SSN"),
    ("the last four of my social are [6789]", "US_SSN"),
    ("call me on [(212) 555-0147] please", "PHONE_NUMBER"),
    ("ring [+44 20 7946 0958] please", "PHONE_NUMBER"),
    ("write to [jane.doe+x@mail.example.org] today", "EMAIL_ADDRESS"),
    ("it is [jane dot doe at example dot com] thanks", "EMAIL_ADDRESS"),
    ("it is [janedoegmailcom]", "EMAIL_ADDRESS"),
    ("pay to [GB82 WEST 1234 5698 7654 32] now", "IBAN_CODE"),
    ("from [192.168.10.77] it works", "IP_ADDRESS"),
    ("adapter [00:1A:2B:3C:4D:5E] is down", "MAC_ADDRESS"),
    ("see [https://example.com/user/77?x=1] for it", "URL"),
    ("date of birth [03/14/1985] and", "DATE_OF_BIRTH"),
    ("I was born on [14th of March 1985]", "DATE_OF_BIRTH"),
    ("my account number is [9934177]", "ACCOUNT_NUMBER"),
    ("booking reference [QX7TKP] please", "REFERENCE_CODE"),
    ("order [88213] has not arrived", "REFERENCE_CODE"),
    ("I live at [12 Oak Street, Apt 4B]", "ADDRESS"),
    ("send it to [4 privet drive] today", "ADDRESS"),
    ("my postcode is [SW1A 1AA] you see", "ADDRESS"),
    ("my zip code is [62704]", "ADDRESS"),
    ("national insurance number [AB 12 34 56 C]", "UK_NINO"),
    ("my nhs number is [943 476 5919]", "UK_NHS"),
    ("the passport number is [X1234567]", "PASSPORT"),
    ("the password is [hunter22]!", "SECRET"),
    ("cvv [123] and", "SECRET"),
    ("I live in [Denver] now", "LOCATION"),
    ("this is [Priya] calling from the bank", "PERSON"),
    ("you are speaking with [Zorblatt Quux]", "PERSON"),
    ("can i talk to mrs [quimby]", "PERSON"),
    ("that's [s-m-i-t-h]", "PERSON"),
    ("thanks [maria]", "PERSON"),
]
RUSSIAN = [
    ("мой паспорт [4510 123456] выдан", "PASSPORT"),
    ("снилс [112-233-445 95] есть", "RU_SNILS"),
    ("инн [7707083893] наш", "RU_INN"),
    ("огрн [1027700132195] наш", "RU_OGRN"),
    ("расчётный счёт [40817810099910004312] в банке", "BANK_ACCOUNT"),
    ("звоните [8 (916) 123-45-67] днём", "PHONE_NUMBER"),
    ("карта [4111111111111112] не проходит", "CREDIT_CARD"),
    ("живу на [улице Ленина дом 5 квартира 12]", "ADDRESS"),
    ("адрес [ул. Мира, д. 7, кв. 3] верно", "ADDRESS"),
    ("я живу в городе [Самара]", "LOCATION"),
    ("машина [а123вс77] стоит", "LICENSE_PLATE"),
    ("дата рождения [5 марта 1980] года", "DATE_OF_BIRTH"),
    ("меня зовут [вера]", "PERSON"),
    ("это [анна сергеевна иванова] звонит", "PERSON"),
    ("почта [ivan собака yandex точка ru]", "EMAIL_ADDRESS"),
]
CHINESE = [
    ("身份证号是[11010519491231002X]对吗", "CN_RESIDENT_ID"),
    ("手机[13812345678]没错", "PHONE_NUMBER"),
    ("座机[010-87654321]也行", "PHONE_NUMBER"),
    ("卡号[6222021234567890123]好的", "CREDIT_CARD"),
    ("护照[E12345678]在这", "PASSPORT"),
    ("车牌[京A12345]停在门口", "LICENSE_PLATE"),
    ("统一社会信用代码[91350100M000100Y43]是", "CN_USCC"),
    ("我住在[北京市朝阳区建国路88号3号楼502室]", "ADDRESS"),
    ("验证码是[338812]谢谢", "SECRET"),
    ("生日是[1980年3月15日]", "DATE_OF_BIRTH"),
    ("我叫[欧阳娜娜]。", "PERSON"),
    ("[李]女士您好", "PERSON"),
    ("我姓[王]。", "PERSON"),
]


def found(marked: str, language: str) -> list[tuple[str, str]]:
    text = marked.replace("[", "").replace("]", "")
    entities = Redactor().redact([Segment("customer", text)], language).entities
    return [(text[entity.start : entity.end], entity.type) for entity in entities]


def wanted(marked: str, kind: str) -> list[tuple[str, str]]:
    return [(marked[marked.index("[") + 1 : marked.index("]")], kind)]


@pytest.mark.parametrize(("marked", "kind"), ENGLISH)
def test_english_personal_data_is_found_whole(marked: str, kind: str) -> None:
    assert found(marked, "en") == wanted(marked, kind)


@pytest.mark.parametrize(("marked", "kind"), RUSSIAN)
def test_russian_personal_data_is_found_whole(marked: str, kind: str) -> None:
    assert found(marked, "ru") == wanted(marked, kind)


@pytest.mark.parametrize(("marked", "kind"), CHINESE)
def test_chinese_personal_data_is_found_whole(marked: str, kind: str) -> None:
    assert found(marked, "zh") == wanted(marked, kind)

"""Russian people and places, in news and on calls, with capitals and without."""

import pytest

from redaction import Redactor, Segment


def found(text: str) -> set[tuple[str, str]]:
    result = Redactor().redact([Segment("customer", text)], "ru")
    return {(entity.type, text[entity.start : entity.end]) for entity in result.entities}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Меня зовут Иван Петров, звоню по заказу.", "Иван Петров"),
        ("меня зовут иван петров звоню по заказу", "иван петров"),
        ("передайте ивану петровичу что мастер приедет завтра", "ивану петровичу"),
        ("Передайте Ивану Петровичу, что мастер приедет завтра.", "Ивану Петровичу"),
        ("у смирновой всё работает а у меня нет", "смирновой"),
        ("соедините меня с мухаметзяновой пожалуйста", "мухаметзяновой"),
        ("говорила с джонатаном грюнвальдом из вашего отдела", "джонатаном грюнвальдом"),
        ("Говорила с Джонатаном Грюнвальдом из вашего отдела.", "Джонатаном Грюнвальдом"),
        ("договор подписала Крыштановская", "Крыштановская"),
    ],
)
def test_a_name_is_found_whole_in_any_case_and_spelling(text: str, name: str) -> None:
    assert ("PERSON", name) in found(text)


@pytest.mark.parametrize(
    "text", ["Вопрос решает А. С. Меркушев, обратитесь к нему.", "вопрос решает а с меркушев"]
)
def test_a_surname_with_initials_is_found(text: str) -> None:
    assert any("еркушев" in value for kind, value in found(text) if kind == "PERSON")


@pytest.mark.parametrize(
    "text",
    [
        "надежда умирает последней",
        "купила роман в трёх томах",
        "слава богу всё пришло",
        "света нет во всём доме",
        "карта мир не проходит",
        "букет роз и лилий завял",
        "привезите в мае или в августе",
        "роутер мигает красным а интернета нет",
        "мгм угу ага записываю",
        "скажите трехзначный код с обратной стороны",
        "вай фай отвалился и симка не работает",
        "Добрый день! Подскажите, где мой заказ?",
        "Тариф «Максимум» подключён, спасибо за обращение.",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("рейс из твери в екатеринбург задержали", "екатеринбург"),
        ("Посылка застряла в Екатеринбурге.", "Екатеринбурге"),
        ("филиал в болгарии закрыт", "болгарии"),
    ],
)
def test_a_town_or_country_is_found_with_and_without_capitals(text: str, place: str) -> None:
    assert ("LOCATION", place) in found(text)


def test_the_word_before_an_address_is_no_part_of_it() -> None:
    assert found("мой адрес улица полевая дом семь квартира два") == {
        ("ADDRESS", "улица полевая дом семь квартира два")
    }


def test_lines_in_another_script_are_not_read_as_russian() -> None:
    text = "the parcel arrived on monday\nменя зовут анна"
    assert found(text) == {("PERSON", "анна")}


def test_signs_alone_and_empty_lines_are_no_names() -> None:
    assert found("— … ?!\n\n«»\nы") == set()

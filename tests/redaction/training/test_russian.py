"""What Russian networks are trained on: names in every case, and a run on a few invented conversations."""

import json
import random
from pathlib import Path

import pytest

from redaction import kinds
from redaction.knowledge import knowledge_of
from redaction.network import Tagger
from redaction.training.__main__ import architecture_with
from redaction.training.declension import FAMILY, FEMALE, GIVEN, MALE, PLACE, declined, feminine, form_of
from redaction.training.examples import Word
from redaction.training.fit import Plan, fit
from redaction.training.recipes import RECIPES
from redaction.training.russian import LABELS, Russian, say, without_dots


@pytest.mark.parametrize(
    ("name", "role", "gender", "case", "expected"),
    [
        ("павел", GIVEN, MALE, "datv", "павлу"),
        ("мария", GIVEN, FEMALE, "ablt", "марией"),
        ("смирнов", FAMILY, MALE, "ablt", "смирновым"),
        ("смирнова", FAMILY, FEMALE, "gent", "смирновой"),
        ("шевченко", FAMILY, MALE, "datv", "шевченко"),
        ("грюнвальд", FAMILY, FEMALE, "datv", "грюнвальд"),
        ("тверь", PLACE, "", "loct", "твери"),
    ],
)
def test_names_are_declined(name: str, role: str, gender: str, case: str, expected: str) -> None:
    assert declined(name, role, gender, case) == expected


def test_a_woman_has_the_form_of_the_surname_that_women_have() -> None:
    assert [feminine(name) for name in ("петров", "вяземский", "грюнвальд")] == [
        "петрова",
        "вяземская",
        "грюнвальд",
    ]


def test_the_form_of_a_name_in_a_text_is_told() -> None:
    form = form_of("ивану", (GIVEN, FAMILY))
    assert form is not None
    assert (form.role, form.gender, form.case, form.plural) == (GIVEN, MALE, "datv", False)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "ноль"), (7, "семь"), (13, "тринадцать"), (40, "сорок"), (215, "двести пятнадцать")],
)
def test_numbers_are_said_in_words(number: int, said: str) -> None:
    assert say(number) == said


def test_every_personal_slot_can_be_filled() -> None:
    slots = Russian(random.Random(3)).slots()
    assert set(LABELS) <= set(slots)
    assert all(slots[name]() for name in slots)


def test_people_are_renamed_word_by_word_and_nothing_else_changes() -> None:
    values = Russian(random.Random(4))
    turn = (Word("спросите"), Word("Ивана", kinds.PERSON), Word("Петрова", kinds.PERSON), Word("завтра"))
    seen = [values.moved((turn,))[0] for _ in range(40)]
    assert {(words[0].text, words[3].text) for words in seen} == {("спросите", "завтра")}
    assert all(word.text[0].isupper() for words in seen for word in words[1:3])
    assert len({words[1].text for words in seen}) > 5
    assert [[word.label for word in words] for words in seen] == [[word.label for word in turn]] * 40


def test_dots_are_left_out() -> None:
    assert without_dots(((Word("Ещё"), Word("Ёлка")),)) == ((Word("Еще"), Word("Елка")),)


def test_a_short_run_of_the_recipe_makes_weights_that_can_be_read_back(tmp_path: Path) -> None:
    text = "Вчера Анна Лукина приехала в Тверь."
    spans = [{"start": 6, "end": 17, "type": "Person"}, {"start": 29, "end": 34, "type": "Location"}]
    row = {"id": "1", "text": text, "entities": spans}
    (tmp_path / "factrueval_dev.jsonl").write_text(json.dumps(row), encoding="utf-8")
    knowledge = knowledge_of("ru")
    draw = RECIPES["ru"](tmp_path, 1, 30, None)
    losses: list[float] = []
    tagger = fit(
        draw,
        architecture_with(knowledge),
        Plan(epochs=2, batch=200),
        lambda _epoch, loss, _tagger: losses.append(loss),
        knowledge,
    )
    tagger.save(tmp_path / "ru.npz")
    again = Tagger.load(tmp_path / "ru.npz", knowledge)
    words = ["меня", "зовут", "Анна"]
    assert losses[1] < losses[0]
    assert abs(tagger.probabilities(words) - again.probabilities(words)).max() < 0.02

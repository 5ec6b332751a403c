"""Advice on wording and structure: what it finds, and above all what it leaves alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.advice import advise
from tests.service.cards import card, dimension, make_card

GOOD_LEVELS: dict[str, list[dict[str, Any]]] = {
    "en": [
        {"level": "no", "points": 0, "anchor": "It does not happen."},
        {"level": "yes", "points": 1, "anchor": "It happens."},
    ],
    "ru": [
        {"level": "no", "points": 0, "anchor": "Этого нет ни в одной реплике."},
        {"level": "yes", "points": 1, "anchor": "Это есть хотя бы в одной реплике."},
    ],
    "zh": [
        {"level": "no", "points": 0, "anchor": "客服的话里没有出现。"},
        {"level": "yes", "points": 1, "anchor": "客服至少说了一次。"},
    ],
}


def about_question(language: str, question: str, **fields: Any) -> list[str]:
    """The messages that a yes/no dimension with this question gets."""
    scale = {"type": "yes_no", "levels": GOOD_LEVELS[language]}
    one = dimension("one", **{"question": question, "scale": scale, **fields})
    return [each.message for each in advise(make_card(one, language=language, languages=[language]))]


def about_anchors(language: str, *anchors: str, **fields: Any) -> list[str]:
    question = {
        "en": "Does the agent greet the customer?",
        "ru": "Здоровается ли агент?",
        "zh": "客服是否问候客户？",
    }
    levels = [{"level": n, "points": n / 10, "anchor": anchor} for n, anchor in enumerate(anchors, start=1)]
    scale = {"type": "ordinal", "levels": levels}
    one = dimension("one", **{"question": question[language], "scale": scale, **fields})
    return [each.message for each in advise(make_card(one, language=language, languages=[language]))]


def says(messages: list[str], word: str) -> bool:
    return any(word in message for message in messages)


TWO_THINGS = [
    ("en", "Does the agent greet the customer and introduce themselves?"),
    ("en", "Does the agent apologise or explain the delay?"),
    ("en", "Does the agent greet the customer and offer a solution?"),
    ("en", "Is the agent polite and does the agent stay calm?"),
    ("en", "How well does the agent listen and respond?"),
    ("en", "Does the agent confirm the order? Does the agent thank the customer?"),
    ("en", "When the customer complains, does the agent apologise and explain the next step?"),
    ("ru", "Поздоровался ли агент и назвал ли он своё имя?"),
    ("ru", "Агент поприветствовал клиента и представился?"),
    ("ru", "Уточняет ли агент проблему и предлагает решение?"),
    ("ru", "Если клиент жалуется, извинился ли агент и объяснил причину?"),
    ("zh", "客服是否问候客户并介绍自己？"),
    ("zh", "客服是否核实身份以及说明原因？"),
    ("zh", "客服是否道歉，并且主动提出解决办法？"),
]
ONE_THING = [
    ("en", "Does the agent ask for the customer's name and address?"),
    ("en", "Does the agent ask for an identifying detail before disclosing or changing anything?"),
    ("en", "Does the agent use words to understand and solve the problem?"),
    ("en", "Does the agent name the price, the term and the way to cancel?"),
    ("en", "Does the agent say what happened and when it will be solved?"),
    ("en", "Does the agent let the customer finish and calm down?"),
    ("en", 'Does the agent say "please hold and thank you" before the hold?'),
    ("en", "Is the agent's wording free of insults, mockery and swear words?"),
    ("en", "Does the agent thank the customer after they complain and ask for a manager?"),
    ("en", "Does the agent state the call and contract number?"),
    ("ru", "Уточняет ли агент номер и адрес клиента?"),
    ("ru", "Называет ли агент цену и срок доставки?"),
    ("ru", "Извинился ли агент, когда клиент рассказал о поломке и попросил замену?"),
    ("ru", "Предлагает ли агент тариф и пакет услуг?"),
    ("ru", "Дал ли агент совет и ответ?"),
    ("zh", "客服是否核对客户的姓名和地址？"),
    ("zh", "在披露或更改账户信息之前，客服是否核实身份？"),
    ("zh", "客服是否说明原因以及解决方案？"),
    ("zh", "客服是否告知费用和期限？"),
]


@pytest.mark.parametrize(("language", "question"), TWO_THINGS)
def test_two_questions_in_one_are_noticed(language: str, question: str) -> None:
    messages = about_question(language, question, not_applicable="Never mind.")
    assert says(messages, "at once"), messages


@pytest.mark.parametrize(("language", "question"), ONE_THING)
def test_one_question_with_an_and_in_it_is_left_alone(language: str, question: str) -> None:
    assert not says(about_question(language, question, not_applicable="Never mind."), "at once")


@pytest.mark.parametrize(
    ("language", "text", "is_question"),
    [
        ("en", "The agent greets the customer.", False),
        ("en", "Does the agent greet the customer?", True),
        ("ru", "Агент здоровается с клиентом.", False),
        ("ru", "Здоровается ли агент?", True),
        ("zh", "客服问候客户。", False),
        ("zh", "客服是否问候客户", True),
        ("zh", "客服问候客户了吗", True),
        ("zh", "客服如何回应？", True),
    ],
)
def test_a_statement_in_place_of_a_question_is_noticed(language: str, text: str, is_question: bool) -> None:
    assert says(about_question(language, text), "no question") is not is_question


CONDITIONAL = [
    ("en", "If the customer is angry, does the agent show understanding?"),
    ("en", "Does the agent apologise when the customer complains?"),
    ("en", "Does the agent announce the transfer where needed?"),
    ("ru", "Если клиент недоволен, извиняется ли агент?"),
    ("ru", "Извиняется ли агент, когда клиент жалуется?"),
    ("ru", "Предлагает ли агент замену при необходимости?"),
    ("zh", "如果客户不满，客服是否道歉？"),
    ("zh", "当客户投诉时，客服是否道歉？"),
    ("zh", "必要时，客服是否转接？"),
]
UNCONDITIONAL = [
    ("en", "Does the agent ask when the customer wants the delivery?"),
    ("en", "Does the agent ask if the customer has any other question?"),
    ("en", "Does the agent greet the customer?"),
    ("ru", "Спрашивает ли агент, когда клиенту удобно?"),
    ("ru", "Здоровается ли агент?"),
    ("zh", "客服是否询问客户何时方便？"),
    ("zh", "客服是否问候客户？"),
]


@pytest.mark.parametrize(("language", "question"), CONDITIONAL)
def test_a_conditional_question_needs_a_rule_for_not_applicable(language: str, question: str) -> None:
    assert says(about_question(language, question), "N/A is not allowed")
    assert not says(about_question(language, question, not_applicable="It does not arise."), "N/A")


@pytest.mark.parametrize(("language", "question"), UNCONDITIONAL)
def test_an_unconditional_question_needs_none(language: str, question: str) -> None:
    assert not says(about_question(language, question), "N/A is not allowed")


VAGUE = [
    ("en", "Does the agent give an appropriate answer?"),
    ("en", "Does the agent leave a good impression?"),
    ("ru", "Хорошо ли агент знает услугу?"),
    ("ru", "Надлежащим ли образом оформлен заказ?"),
    ("zh", "客服的回应是否恰当？"),
    ("zh", "客服是否保持良好的态度？"),
]
CLEAR = [
    ("en", "Does the agent wish the customer a good day?"),
    ("en", 'Does the agent say "good to hear from you" in the first turn?'),
    ("ru", "Желает ли агент клиенту хорошего дня?"),
    ("zh", "客服是否使用专业术语？"),
]


@pytest.mark.parametrize(("language", "question"), VAGUE)
def test_vague_words_need_guidance(language: str, question: str) -> None:
    assert says(about_question(language, question), "every rater")
    assert not says(about_question(language, question, guidance="That is when …"), "every rater")


@pytest.mark.parametrize(("language", "question"), CLEAR)
def test_words_that_only_look_vague_are_left_alone(language: str, question: str) -> None:
    assert not says(about_question(language, question), "every rater")


@pytest.mark.parametrize(
    ("language", "question", "found"),
    [
        ("en", "Does the agent not fail to greet the customer?", True),
        ("en", "Does the agent never end the call without a farewell?", True),
        ("en", "Does the agent avoid interrupting the customer?", False),
        ("en", "Does the agent neither argue nor mock?", False),
        ("en", "Does the agent not only listen without a word, but answer?", False),
        ("ru", "Не забывает ли агент не перебивать клиента?", True),
        ("ru", "Не заканчивает ли агент разговор без прощания?", True),
        ("ru", "Агент ни разу не перебил клиента?", False),
        ("ru", "Агент не перебивает и не спорит?", False),
        ("zh", "客服是否没有不耐烦？", True),
        ("zh", "客服是否避免不礼貌的用语？", True),
        ("zh", "客服是不是没有打断客户？", False),
        ("zh", "客户不满时，客服有没有说对不起？", False),
    ],
)
def test_double_negations_are_noticed(language: str, question: str, found: bool) -> None:
    assert says(about_question(language, question, not_applicable="-"), "two negations") is found


@pytest.mark.parametrize(
    ("language", "question", "found"),
    [
        ("en", "Does the agent always use the customer's name?", True),
        ("en", "Does the agent ever interrupt?", True),
        ("en", "Is every question answered, however long it takes?", False),
        ("ru", "Всегда ли агент называет клиента по имени?", True),
        ("ru", "Называет ли агент клиента по имени?", False),
        ("zh", "客服是否始终保持礼貌？", True),
        ("zh", "客服是否使用礼貌用语？", False),
    ],
)
def test_extreme_words_are_noticed(language: str, question: str, found: bool) -> None:
    assert says(about_question(language, question), "extreme") is found


@pytest.mark.parametrize(
    ("language", "anchors", "word"),
    [
        ("en", ("Bad.", "The agent greets the customer."), "too short"),
        ("ru", ("Плохо", "Агент здоровается с клиентом."), "too short"),
        ("zh", ("没有", "客服问候了客户。"), "too short"),
        ("en", ("1", "The agent greets the customer."), "repeats the level"),
        ("en", ("Level one.", "The agent greets the customer."), "repeats the level"),
        ("ru", ("Оценка 1", "Агент здоровается с клиентом."), "repeats the level"),
        ("zh", ("1分", "客服问候了客户。"), "repeats the level"),
        ("en", ("The agent greets.", "the agent greets"), "the same as that of level 1"),
    ],
)
def test_anchors_that_do_not_help_are_noticed(language: str, anchors: tuple[str, ...], word: str) -> None:
    assert says(about_anchors(language, *anchors), word)


@pytest.mark.parametrize(
    ("language", "anchors"),
    [
        ("en", ("None of the three.", "All three.")),
        ("ru", ("Ни одного из трёх.", "Все три.")),
        ("zh", ("三项都没有。", "全部三项。")),
    ],
)
def test_short_anchors_that_say_something_are_left_alone(language: str, anchors: tuple[str, ...]) -> None:
    assert about_anchors(language, *anchors) == []


def test_an_anchor_that_repeats_its_own_label_is_noticed() -> None:
    levels = [
        {"level": "a", "points": 0, "anchor": "Not met", "label": "not met"},
        {"level": "b", "points": 1, "anchor": "The agent says the price."},
    ]
    one = dimension("one", scale={"type": "choice", "levels": levels})
    assert [each.message for each in advise(make_card(one))] == ["the anchor only repeats the level"]


def test_points_of_an_ordinal_scale_that_do_not_rise_are_noticed() -> None:
    levels = [
        {"level": n, "points": points, "anchor": f"Case number {n}."} for n, points in enumerate((0, 1, 0.5))
    ]
    found = advise(make_card(dimension("one", scale={"type": "ordinal", "levels": levels})))
    assert [each.pointer for each in found] == ["/sections/0/dimensions/0/scale/levels/2/points"]


def test_a_scale_on_which_every_answer_counts_the_same_is_noticed() -> None:
    levels = [{"level": n, "points": 1, "anchor": f"Case {n}."} for n in ("a", "b")]
    assert (
        "changes nothing"
        in advise(make_card(dimension("one", scale={"type": "choice", "levels": levels})))[0].message
    )


def test_a_card_with_over_25_dimensions_is_noticed() -> None:
    assert not advise(make_card(*(dimension(f"d{n}") for n in range(25))))
    assert "26 dimensions" in advise(make_card(*(dimension(f"d{n}") for n in range(26))))[0].message


@pytest.mark.parametrize(("mark", "found"), [(0, True), (100, True), (1, False), (99.5, False)])
def test_a_pass_mark_that_decides_nothing_is_noticed(mark: float, found: bool) -> None:
    assert bool(advise(make_card(pass_mark=mark))) is found


def test_a_card_that_is_not_meant_for_its_own_language_is_noticed() -> None:
    assert [each.pointer for each in advise(make_card(languages=["ru"]))] == ["/languages"]


def test_a_dimension_that_carries_more_than_half_of_the_card_is_noticed() -> None:
    # 3 of 5 parts is 60 %; 2 of 4 is not more than half.
    assert "60%" in advise(make_card(dimension("a", weight=3), dimension("b", weight=2)))[0].message
    assert not advise(make_card(dimension("a", weight=2), dimension("b", weight=2)))
    assert not advise(make_card(dimension("a")))


def test_a_section_that_counts_for_next_to_nothing_is_noticed() -> None:
    data = card()
    data["sections"] = [
        {"id": "a", "title": "A", "weight": 100, "dimensions": [dimension("a"), dimension("b")]},
        {"id": "b", "title": "B", "weight": 1, "dimensions": [dimension("c")]},
    ]
    # 1 of 101 is 0.99 %.
    assert [each.pointer for each in advise(make_card(**data))] == ["/sections/1/weight"]


def test_titles_that_occur_twice_are_noticed_once() -> None:
    found = advise(make_card(dimension("a", title="Tone"), dimension("b", title="tone ")))
    assert [each.pointer for each in found] == ["/sections/0/dimensions/1/title"]


def test_an_auto_fail_without_a_rule_for_not_applicable_is_noticed() -> None:
    assert says(about_question("en", "Does the agent ask for the PIN?", auto_fail="card"), "fails the card")
    assert not about_question(
        "en", "Does the agent ask for the PIN?", auto_fail="card", not_applicable="No account."
    )


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Is the agent's wording free of insults?"),
        ("ru", "Обходится ли агент без оскорблений?"),
        ("zh", "客服是否避免辱骂？"),
    ],
)
def test_an_auto_fail_on_what_is_forbidden_applies_to_every_conversation(
    language: str, question: str
) -> None:
    assert about_question(language, question, auto_fail="card") == []


def test_signals_on_a_dimension_about_the_customer_are_noticed() -> None:
    assert [
        each.pointer for each in advise(make_card(dimension("a", about="customer", signals=["thanks"])))
    ] == ["/sections/0/dimensions/0/signals"]


def about_signals(signals: list[str], *levels: tuple[float, str]) -> list[str]:
    scale = {
        "type": "ordinal",
        "levels": [{"level": n, "points": p, "anchor": a} for n, (p, a) in enumerate(levels)],
    }
    found = advise(make_card(dimension("a", signals=signals, scale=scale)))
    return [each.message for each in found if each.pointer.endswith("/signals")]


FOUR_LEVELS = [(n / 3, f"The agent does it in way {'abcd'[n]}.") for n in range(4)]


def test_a_level_that_the_signals_can_never_give_is_noticed() -> None:
    (message,) = about_signals(["greeting"], *FOUR_LEVELS)
    assert "never gives the level 1, 2 for" in message
    assert about_signals(["promises"], *FOUR_LEVELS) == []
    assert about_signals(["greeting", "closing", "thanks"], *FOUR_LEVELS) == []
    assert about_signals([], *FOUR_LEVELS) == []


def test_anchors_with_other_numbers_than_those_of_the_signal_are_noticed() -> None:
    ours = [(0, "Longer than 30 seconds."), (0.5, "Longer than 10 seconds."), (1, "Up to 10 seconds.")]
    assert about_signals(["dead_air"], *ours) == []
    theirs = [(0, "Longer than 60 seconds."), (0.5, "Longer than 10 seconds."), (1, "Up to 10 seconds.")]
    assert about_signals(["dead_air"], *theirs) == [
        "the anchors speak of 60, but the signal dead_air weighs at 10 and 30"
    ]


@given(
    st.sampled_from(["en", "ru", "zh"]), st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=400)
)
def test_no_text_makes_advice_fail(language: str, question: str, anchor: str) -> None:
    levels = [
        {"level": "no", "points": 0, "anchor": anchor},
        {"level": "yes", "points": 1, "anchor": question},
    ]
    one = dimension("one", question=question, scale={"type": "yes_no", "levels": levels})
    for each in advise(make_card(one, language=language, languages=[language])):
        assert each.message
        assert each.remedy
        assert each.pointer.startswith("/sections/0/dimensions/0")


@pytest.mark.parametrize(("votes", "found"), [(1, False), (2, True), (3, False)])
def test_votes_that_can_tie_are_noticed(votes: int, found: bool) -> None:
    assert any("tie" in advice.message for advice in advise(make_card(votes=votes))) is found

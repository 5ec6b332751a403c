import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.fairness.rewriting import Edit, edited, rewrite
from evals.fairness.swaps import UnknownSwap, chosen, swaps_of, varied
from evals.fairness.words import dialects, genders, names
from service.domain.transcript import Conversation
from tests.evals.fairness.conftest import subject, variant

SAMPLES = Path(__file__).parents[3] / "service" / "samples"


def test_an_english_name_is_the_same_everywhere_and_keeps_its_case_and_its_initial(texts):
    said = ("my name is dana", "i am margaret okafor", "thank you Margaret", "Mrs Okafor, O K A F O R")
    first, second, third, fourth = texts("names-hispanic", "en", *said, agent="Dana Lane")
    group = names()["en"]["hispanic"]
    given_names = {name.lower() for name in (*group.female, *group.either)}
    given_name, family = second.removeprefix("i am ").split()
    assert first.removeprefix("my name is ") in given_names
    assert given_name in given_names
    assert family in {name.lower() for name in group.family}
    assert third == f"thank you {given_name.capitalize()}"
    assert fourth.startswith(f"Mrs {family.capitalize()}")


def test_a_russian_name_keeps_case_gender_and_kind(texts):
    said = ("Меня зовут Ольга Павловна.", "Не звоните Ольге Павловне, позвоните Антону.")
    first, second = texts("names-caucasian", "ru", *said)
    woman, father = first.removeprefix("Меня зовут ").rstrip(".").split()
    assert father.endswith("вна")
    assert woman in names()["ru"]["caucasian"].female
    assert re.fullmatch(rf"Не звоните {woman[:-1]}\w {father[:-1]}е, позвоните \w+[уюе]\.", second)


def test_a_chinese_family_name_goes_with_its_title(texts):
    first, _, third = texts("names-urban-han", "zh", "请问是张伟明先生吗", "我是张伟明", "张先生您好")
    name = re.fullmatch("请问是(.)(..)先生吗", first)
    assert name
    assert name.group(1) in names()["zh"]["urban-han"].family
    assert third == f"{name.group(1)}先生您好"


def test_people_do_not_share_a_name_while_there_are_others(texts):
    said = ("Anna Smith and Julia Brown called.", "Laura Green too.")
    words = " ".join(texts("names-arabic", "en", *said)).replace(".", "").split()
    new = [word for word in words if word not in ("and", "called", "too")]
    assert len(new) == len(set(new)) == 6


@pytest.mark.parametrize(
    ("swap", "language", "said", "expected"),
    [
        ("gender-customer", "en", ("Yes sir, I see.", "Thanks."), ("Yes ma'am, I see.", "Thanks.")),
        ("gender-agent", "en", ("Yes sir.", "Thank you, sir."), ("Yes sir.", "Thank you, ma'am.")),
        (
            "gender-others",
            "en",
            ("He has his card?", "I gave it to her."),
            ("She has her card?", "I gave it to him."),
        ),
        ("gender-customer", "ru", ("Слушаю.", "я хотел узнать"), ("Слушаю.", "я хотела узнать")),
        (
            "gender-customer",
            "ru",
            ("Да?", "Я уже дважды звонила и писала вам."),
            ("Да?", "Я уже дважды звонил и писал вам."),
        ),
        ("gender-agent", "ru", ("Я рада помочь. Записала вас.", "Да"), ("Я рад помочь. Записал вас.", "Да")),
        ("gender-customer", "ru", ("Девушка, вы тут?", "Да"), ("Молодой человек, вы тут?", "Да")),
        ("gender-others", "zh", ("他是谁", "其他的不要"), ("她是谁", "其他的不要")),
        ("gender-agent", "zh", ("好的", "你好小姐我要退款"), ("好的", "你好先生我要退款")),
    ],
)
def test_forms_of_gender_are_swapped(texts, swap, language, said, expected):
    assert texts(swap, language, *said) == list(expected)


@pytest.mark.parametrize(
    ("swap", "language", "text"),
    [
        ("gender-customer", "ru", "Курьер приехал, посылка пришла, он сказал ждать"),
        ("gender-customer", "ru", "я жду когда приехал курьер"),
        ("gender-customer", "ru", "мне нужна помощь"),
        ("gender-others", "en", "my mother's maiden name"),
        ("gender-agent", "zh", "我先生不在家"),
        ("dialect-colloquial-customer", "ru", "потому что не работает"),
        ("dialect-northern-customer", "zh", "一点半见"),
        ("dialect-southern-us-customer", "en", "is it late, isn't it"),
    ],
)
def test_what_must_not_change_does_not(texts, swap, language, text):
    assert texts(swap, language, "–", text) == ["–", text]


@pytest.mark.parametrize(
    ("swap", "language", "text", "expected"),
    [
        ("dialect-southern-us-customer", "en", "i think it is not here", "i reckon it ain't here"),
        ("dialect-african-american-customer", "en", "I don't have any money", "I don't have no money"),
        ("dialect-standard-customer", "en", "Y'all gonna call me?", "You all going to call me?"),
        ("dialect-standard-customer", "ru", "Чё вы щас сказали", "Что вы сейчас сказали"),
        ("dialect-southern-customer", "ru", "А что сейчас?", "А шо щас?"),
        ("dialect-northern-customer", "zh", "这里怎么办", "这儿咋办"),
        ("dialect-standard-customer", "zh", "今儿啥时候到", "今天什么时候到"),
        ("dialect-southern-customer", "zh", "收到一条短信", "收到一条简讯"),
    ],
)
def test_markers_are_put_in_and_taken_out(texts, swap, language, text, expected):
    assert texts(swap, language, "–", text) == ["–", expected]


def test_a_dropped_article_leaves_a_capital_and_keeps_other_letters():
    found = [
        variant("dialect-non-native-customer", "en", "-", "The box is a TV.", seed=seed) for seed in range(9)
    ]
    said = {one.conversation.turns[1].text for one in found}
    assert "Box is TV." in said
    assert said <= {"Box is TV.", "Box is a TV.", "The box is TV.", "The box is a TV."}


def test_only_one_speaker_changes(texts):
    assert texts("dialect-standard-agent", "en", "I'm gonna look", "you gonna pay?") == [
        "I'm going to look",
        "you gonna pay?",
    ]


def test_no_rule_reaches_into_personal_data(texts):
    mail = "write to the.wife@example.com"
    assert texts("gender-others", "en", "-", mail) == ["-", mail]


def test_a_change_names_a_person_by_the_placeholder():
    (agent, change) = variant("names-tatar", "ru", "Меня зовут Арина", "да", agent="Арина").changes
    assert (agent.turn, change.turn, change.before) == (None, 0, "<PERSON_1>")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*-*-*.json")), ids=lambda path: path.stem)
def test_swaps_leave_turns_speakers_and_times_and_the_same_seed_gives_the_same_bytes(path):
    given_one = Conversation.model_validate_json(path.read_bytes())
    one = subject(given_one.language, "-")._replace(conversation=given_one, mentions=(), personal=())
    for name in swaps_of(one.language):
        first, again = varied(one, name, 3), varied(one, name, 3)
        assert first.conversation.model_dump_json() == again.conversation.model_dump_json()
        assert _frame(first.conversation) == _frame(given_one)
        told = {change.turn for change in first.changes}
        pairs = enumerate(zip(given_one.turns, first.conversation.turns, strict=True))
        assert all((before.text == after.text) == (turn not in told) for turn, (before, after) in pairs)


def _frame(conversation: Conversation) -> list[object]:
    return [(turn.speaker, turn.start_s, turn.end_s, turn.metadata) for turn in conversation.turns]


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=80), language=st.sampled_from(["en", "ru", "zh"]))
def test_any_text_can_be_swapped(text, language):
    one = subject(language, "-")
    turns = (one.conversation.turns[0].model_copy(update={"text": text}),) * 2
    one = one._replace(conversation=one.conversation.model_copy(update={"turns": turns}))
    for name in swaps_of(one.language):
        assert len(varied(one, name, 1).conversation.turns) == 2


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_no_rule_is_slow_on_long_text(language):
    word = {"en": "the going to her ", "ru": "что на из девушка я ", "zh": "先生一点好的他什么"}[language]
    one = subject(language, "-")
    turns = (one.conversation.turns[0].model_copy(update={"text": word * 1500}),)
    one = one._replace(conversation=one.conversation.model_copy(update={"turns": turns}))
    rules = [rule for variety in dialects()[language].values() for rule in variety]
    rules += [*genders()[language].address, *genders()[language].titles, *genders()[language].others]
    for rule in rules:
        assert sum(1 for _ in rule.pattern.finditer(word * 1500)) >= 0


def test_of_edits_that_overlap_the_first_counts():
    one = subject("en", "one two three")
    made = rewrite(one, [Edit(0, 4, 7, "2"), Edit(0, 0, 5, "x"), Edit(0, 8, 13, "3"), Edit(0, 0, 3, "one")])
    assert made.conversation.turns[0].text == "one 2 3"
    assert [change.before for change in made.changes] == ["two", "three"]
    assert edited("abc", []) == "abc"


def test_swaps_are_chosen_by_family_part_or_name():
    assert chosen(("gender-agent",)) == {"gender-agent"}
    assert chosen(("dialect-non-native",)) == {"dialect-non-native-agent", "dialect-non-native-customer"}
    assert chosen(()) == chosen(("names", "gender", "dialect"))
    with pytest.raises(UnknownSwap, match="there is no swap 'gend'"):
        chosen(("gend",))

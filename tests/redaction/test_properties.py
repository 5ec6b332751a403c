"""What holds for every text: spans are exact, redacting twice changes nothing, nothing crashes."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction import Entity, Policy, Redaction, Redactor, Segment, restore
from redaction.placeholders import TYPED

FRAGMENTS = [
    "my name is ", "John Smith", "john", "Karen", " calling from ", "card ", "4111 1111 1111 1111",
    "4111", "1111", "-", " ", ". ", ", ", "?", "\n", "212-555-0147", "a@example.com", "12 Oak Street",
    "<PERSON_1>", "<person_2>", "<CREDIT_CARD_1", ">", "меня зовут ", "Иван", "иваном", "Петров",
    "карта ", "улица Ленина дом 5", "паспорт 4510 123456", "我叫", "张伟", "张先生", "卡号",
    "１３８１２３４５６７８", "北京市朝阳区建国路88号", "\u200b", "é", "\u202e", "😀", "\x00", "￼",
    "שלום", "booking ", "XK4R9T", "password is hunter22", "thanks", "order ", "88213", "ssn ",
    "123-45-6789", "www.example.com/", "six one seven ", "double oh ", "twenty five ", "двадцать пять ",
    "три ноля ", "幺三八零", "mhm", "\nokay\n", "um ", "one moment ", "may i have your name\n", "o k a f o r",
    "date of birth ", "march the third nineteen eighty ", "j dot doe at example dot com ", "您贵姓\n", "欧阳",
    "forty two pell street ", "ваша фамилия?\n", "your password please?\n", "dollars ", "pin ", "小李",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), max_size=14).map("".join)
TURNS = st.lists(TEXT, min_size=1, max_size=5)
RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def redact(turns: list[str], policy: Policy | None = None) -> Redaction:
    return Redactor(policy).redact([Segment("customer", turn) for turn in turns], "en")


@RELAXED
@given(TURNS)
def test_spans_lead_back_to_the_original(turns: list[str]) -> None:
    result = redact(turns)
    assert restore(result.turns, result.entities, tuple(turns)) == tuple(turns)


@RELAXED
@given(TURNS)
def test_redacting_the_result_again_changes_nothing(turns: list[str]) -> None:
    once = redact(turns)
    assert redact(list(once.turns)).turns == once.turns


@RELAXED
@given(TURNS)
def test_the_same_input_gives_the_same_output(turns: list[str]) -> None:
    assert redact(turns) == redact(turns)


@RELAXED
@given(TURNS)
def test_no_issued_placeholder_equals_a_typed_one(turns: list[str]) -> None:
    typed = {match.group().upper() for turn in turns for match in TYPED.finditer(turn)}
    assert typed.isdisjoint(entity.placeholder for entity in redact(turns).entities)


@RELAXED
@given(TURNS)
def test_spans_are_in_order_do_not_overlap_and_are_not_empty(turns: list[str]) -> None:
    entities = redact(turns).entities
    assert all(0 <= entity.start < entity.end <= len(turns[entity.turn]) for entity in entities)
    assert all(_before(first, second) for first, second in pairwise(entities))


KINDS = ["*", "PERSON", "CREDIT_CARD", "ADDRESS", "PHONE_NUMBER", "EMAIL_ADDRESS", "ID_NUMBER", "DIGITS"]


def policies(action: st.SearchStrategy[str]) -> st.SearchStrategy[Policy]:
    entities = st.dictionaries(st.sampled_from(KINDS), action, min_size=1)
    return entities.map(lambda chosen: Policy.model_validate({"entities": chosen}))


@RELAXED
@given(TURNS, policies(st.sampled_from(["mask", "drop", "keep"])))
def test_every_policy_keeps_the_spans_exact(turns: list[str], policy: Policy) -> None:
    result = redact(turns, policy)
    assert restore(result.turns, result.entities, tuple(turns)) == tuple(turns)


@pytest.mark.parametrize("action", ["mask", "drop", "keep"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_redacting_again_changes_nothing_under_any_action(action: str, data: st.DataObject) -> None:
    turns, policy = data.draw(TURNS), data.draw(policies(st.just(action)))
    once = redact(turns, policy)
    assert redact(list(once.turns), policy).turns == once.turns


@RELAXED
@given(
    st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=4),
    st.sampled_from(["en", "ru", "zh"]),
)
def test_any_unicode_is_redacted_without_an_error(turns: list[str], language: str) -> None:
    result = Redactor().redact([Segment("customer", turn) for turn in turns], language)
    assert restore(result.turns, result.entities, tuple(turns)) == tuple(turns)


STRANGE = [
    "\u0332", "\u0301", "\u200d", "\ufe0f\u20e3", "\U0001f468\u200d\U0001f469", "\u202e", "\u2066",
    "\x00", "\ud800", "\udfff", "\U000e0041", "\ufffc", "\u2588", "\u3164", "\u05d0\u05b8",
    "\u0915\u094d", "\u1100\u1161",
]  # fmt: skip


@RELAXED
@given(st.lists(st.sampled_from(STRANGE) | st.sampled_from(FRAGMENTS), max_size=20).map("".join))
def test_marks_joiners_and_signs_of_ours_between_letters_do_no_harm(text: str) -> None:
    once = redact([text])
    assert restore(once.turns, once.entities, (text,)) == (text,)
    assert redact(list(once.turns)).turns == once.turns


def _before(first: Entity, second: Entity) -> bool:
    return first.turn < second.turn or (first.turn == second.turn and first.end <= second.start)

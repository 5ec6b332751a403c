"""Whole conversations: what leaves the redactor and what does not."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from redaction import Policy, Redaction, Redactor, Segment, UnsupportedLanguage, restore
from redaction.redactor import RULES_VERSION


def redact(*turns: str, language: str = "en", policy: Policy | None = None, **names: list[str]) -> Redaction:
    segments = [Segment("agent" if index % 2 == 0 else "customer", turn) for index, turn in enumerate(turns)]
    return Redactor(policy).redact(segments, language, **names)


def test_an_english_call_keeps_its_words_and_loses_its_people() -> None:
    result = redact(
        "Hello, this is Karen speaking, may I have your name?",
        "Hi, it's John Smith.",
        "Thanks John, and the card number please?",
        "4111 1111 1111 1111",
    )
    assert result.turns == (
        "Hello, this is <PERSON_1> speaking, may I have your name?",
        "Hi, it's <PERSON_2>.",
        "Thanks <PERSON_2>, and the card number please?",
        "<CREDIT_CARD_1>",
    )
    assert result.counts == {"CREDIT_CARD": 1, "PERSON": 3}


def test_a_russian_call_is_redacted_in_lower_case_and_in_every_case() -> None:
    result = redact("здравствуйте меня зовут иван петров", "договор оформлен иваном петровым", language="ru")
    assert result.turns == ("здравствуйте меня зовут <PERSON_1>", "договор оформлен <PERSON_1>")


def test_a_chinese_call_gives_the_surname_and_the_full_name_one_placeholder() -> None:
    result = redact("我叫张伟，手机13812345678", "张先生您好", language="zh")
    assert result.turns == ("我叫<PERSON_1>，手机<PHONE_NUMBER_1>", "<PERSON_1>先生您好")


def test_a_card_number_glued_to_a_chinese_sentence_is_found() -> None:
    assert redact("我的卡号是4111111111111111谢谢", language="zh").turns == ("我的卡号是<CREDIT_CARD_1>谢谢",)


def test_a_card_number_over_two_turns_is_two_pieces_with_one_placeholder() -> None:
    result = redact("the card number please", "4111 1111", "1111 1111")
    assert [(entity.turn, entity.start, entity.end) for entity in result.entities] == [(1, 0, 9), (2, 0, 9)]
    assert {entity.placeholder for entity in result.entities} == {"<CREDIT_CARD_1>"}


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_numbers_and_addresses_are_found_whatever_the_language(language: str) -> None:
    text = "john.smith@example.com 4111-1111-1111-1111 +7 916 123-45-67 110105194912310021"
    assert sorted(redact(text, language=language).counts) == [
        "CN_RESIDENT_ID",
        "CREDIT_CARD",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
    ]


def test_names_in_another_script_are_found_in_a_mixed_conversation() -> None:
    result = redact("my name is John Smith", "меня зовут Иван", "我叫张伟。", language="en")
    assert result.turns == ("my name is <PERSON_1>", "меня зовут <PERSON_2>", "我叫<PERSON_3>。")


def test_a_name_the_caller_knows_is_found_in_parts_and_inflected() -> None:
    result = redact(
        "передайте Зубаревой что заказ готов",
        "Спасибо, Аделина",
        language="ru",
        customer_names=["Аделина Зубарева"],
    )
    assert result.turns == (
        "передайте <PERSON_1> что заказ готов",
        "Спасибо, <PERSON_2>",
    ) or result.counts == {"PERSON": 2}


def test_the_names_of_agents_can_be_kept_and_then_only_they_are() -> None:
    policy = Policy(keep_agent_names=True)
    result = redact(
        "this is Karen Miles speaking", "my name is Peter", policy=policy, agent_names=["Karen Miles"]
    )
    assert result.turns == ("this is Karen Miles speaking", "my name is <PERSON_1>")


def test_a_customer_who_shares_the_agents_name_is_kept_from_the_output() -> None:
    policy = Policy(keep_agent_names=True)
    result = redact("my name is Karen", policy=policy, agent_names=["Karen"], customer_names=["Karen"])
    assert "Karen" not in result.turns[0]


def test_agents_names_are_redacted_unless_the_policy_says_otherwise() -> None:
    assert redact("zorblatt is off today", agent_names=["Zorblatt"]).turns == ("<PERSON_1> is off today",)


def test_an_order_code_seen_once_in_context_is_found_again_without_it() -> None:
    result = redact("my booking reference is qx7tk", "so that is QX7TK then")
    assert result.turns == (
        "my booking reference is <REFERENCE_CODE_1>",
        "so that is <REFERENCE_CODE_1> then",
    )


@pytest.mark.parametrize(
    "text",
    [
        "will you mark it, may is fine and grace is a virtue",
        "I paid 1,250,000 dollars on 2024-03-05 at 10:30",
        "that will be $45.90 for 2 large pizzas and an iphone12",
        "this is great, I'm calling about my bill, thanks again",
        "вера в лучшее и любовь к делу, лев в зоопарке",
        "谢谢，高兴为您服务，明白了",
        "order the 128gb one for the 24th",
    ],
)
def test_ordinary_words_and_amounts_are_left_alone(text: str) -> None:
    assert redact(text).turns == (text,)


def test_empty_conversations_and_empty_turns_stay_what_they_are() -> None:
    assert redact().turns == ()
    assert redact("", "").turns == ("", "")
    assert redact("").entities == ()


def test_null_bytes_and_lone_surrogates_do_no_harm() -> None:
    result = redact("\0my name is John\0 \ud800 4111111111111111")
    assert result.turns == ("\0my name is <PERSON_1>\0 \ud800 <CREDIT_CARD_1>",)


def test_an_unsupported_language_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedLanguage, match="'de'"):
        redact("Guten Tag", language="de")


def test_a_redactor_travels_to_another_process_and_between_threads() -> None:
    redactor = pickle.loads(pickle.dumps(Redactor(Policy(name="travel"))))
    texts = [f"my name is John and my number is 41111111111111{index:02}" for index in range(16)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: redactor.redact_text(text, "en"), texts))
    assert together == [redactor.redact_text(text, "en") for text in texts]


def test_the_version_names_the_rules_and_the_policy() -> None:
    assert Redactor().version == f"{RULES_VERSION}+{Policy().version}"
    assert Redactor(Policy(name="other")).version != Redactor().version


def test_restoring_gives_the_original_turns_back() -> None:
    turns = ("my name is John Smith", "", "call 212-555-0147 or john@example.com")
    result = redact(*turns)
    assert restore(result.turns, result.entities, turns) == turns

"""Conversations as they come in: what is kept, what is repaired and what is refused."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.domain.transcript import MAX_CHARACTERS, MAX_TURNS, Conversation, RedactedConversation, Turn

TURN = {"speaker": "agent", "text": "Hello"}


def read(**fields: Any) -> Conversation:
    return Conversation.model_validate({"turns": [TURN], **fields})


def refused(**fields: Any) -> set[tuple[str | int, ...]]:
    with pytest.raises(ValidationError) as caught:
        read(**fields)
    return {error["loc"] for error in caught.value.errors()}


def test_the_shape_in_the_contract_is_read() -> None:
    conversation = read(
        external_id="crm-881",
        channel="call",
        language="en",
        call_type="billing",
        direction="inbound",
        agent={"id": "a-17", "team": "north"},
        started_at="2026-11-02T10:15:00Z",
        metrics={"wait_s": 41, "hold_s": 0.5},
        context=[{"title": "Prices", "text": "Delivery costs 5."}],
    )
    assert conversation.agent is not None
    assert conversation.agent.team == "north"
    assert conversation.metrics == {"wait_s": 41, "hold_s": 0.5}


def test_keys_that_are_not_known_become_metadata() -> None:
    conversation = read(campaign="spring", turns=[{**TURN, "action": "hello"}])
    assert conversation.metadata == {"campaign": "spring"}
    assert conversation.turns[0].metadata == {"action": "hello"}


def test_metadata_that_is_given_wins_over_unknown_keys() -> None:
    assert read(product="loan", metadata={"product": "card"}).metadata == {"product": "card"}


def test_metadata_that_is_no_object_is_refused_even_beside_unknown_keys() -> None:
    assert ("metadata",) in refused(metadata=[1], product="loan")


def test_id_is_another_name_of_external_id() -> None:
    assert read(id="x-1").external_id == "x-1"
    assert read(id=881).external_id == "881"
    both = read(id="x-1", external_id="y-2")
    assert (both.external_id, both.metadata) == ("y-2", {"id": "x-1"})


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "en"), ("en-US", "en"), ("zh_Hans_CN", "zh"), ("RU", "ru"), ("ru-RU", "ru"), (None, None)],
)
def test_language_tags_of_supported_languages_are_accepted(tag: str | None, language: str | None) -> None:
    assert read(language=tag).language == language


@pytest.mark.parametrize("tag", ["fr", "english", "", "e", 7])
def test_other_languages_are_refused(tag: object) -> None:
    assert refused(language=tag) == {("language",)}


def test_a_redacted_conversation_has_a_language() -> None:
    with pytest.raises(ValidationError):
        RedactedConversation.model_validate({"turns": [TURN]})


def test_nul_and_lone_surrogates_are_replaced_one_for_one() -> None:
    text = "a\x00b\ud83dc\udc00 😀"
    stored = read(turns=[{"speaker": "agent", "text": text}]).turns[0].text
    assert stored == "a\ufffdb\ufffdc\ufffd 😀"
    assert len(stored) == len(text)


def test_metadata_is_made_storable_at_every_depth_keys_included() -> None:
    metadata = read(metadata={"a\x00": [{"b\ud800": "c\x00"}, 1, None, True]}).metadata
    assert metadata == {"a\ufffd": [{"b\ufffd": "c\ufffd"}, 1, None, True]}


@given(st.text())
def test_every_text_can_be_stored_and_keeps_its_offsets(text: str) -> None:
    stored = Turn(speaker="agent", text=text).text
    assert len(stored) == len(text)
    stored.encode("utf-8")
    assert "\x00" not in stored


def test_single_empty_turns_are_kept_so_that_turn_numbers_stay() -> None:
    turns = [TURN, {"speaker": "customer", "text": ""}, {"speaker": "customer", "text": " \n"}]
    assert len(read(turns=turns).turns) == 3


@pytest.mark.parametrize(
    "turns", [[], [{"speaker": "agent", "text": " "}], [{"speaker": "agent", "text": ""}] * 5]
)
def test_a_conversation_without_any_text_is_refused(turns: list[Any]) -> None:
    assert refused(turns=turns) == {("turns",)}


def test_10_000_turns_are_taken_and_one_more_is_not() -> None:
    assert len(read(turns=[TURN] * MAX_TURNS).turns) == 10_000
    assert refused(turns=[TURN] * (MAX_TURNS + 1)) == {("turns",)}


def test_text_over_the_limit_is_refused_whether_in_one_turn_or_in_many() -> None:
    half = {"speaker": "agent", "text": "x" * (MAX_CHARACTERS // 2)}
    assert len(read(turns=[half, half]).turns) == 2
    assert refused(turns=[half, half, TURN]) == {("turns",)}


def test_20_reference_texts_are_the_limit() -> None:
    text = {"title": "Prices", "text": "x"}
    assert len(read(context=[text] * 20).context) == 20
    assert refused(context=[text] * 21) == {("context",)}


def test_every_bad_field_is_named() -> None:
    locations = refused(
        channel="fax",
        direction="up",
        started_at="yesterday",
        metrics={"wait_s": "long"},
        agent={"name": "Kim"},
        turns=[{"speaker": "robot", "text": 5}, {"speaker": "agent"}],
    )
    assert {
        ("channel",),
        ("direction",),
        ("started_at",),
        ("agent", "id"),
        ("turns", 0, "speaker"),
        ("turns", 0, "text"),
        ("turns", 1, "text"),
    } <= locations


@pytest.mark.parametrize(
    ("start", "end"),
    [(2.0, 1.0), (-1.0, None), (None, -0.5), (float("nan"), None), (0, float("inf")), (0, 2e6)],
)
def test_impossible_times_are_refused(start: float | None, end: float | None) -> None:
    assert refused(turns=[{**TURN, "start_s": start, "end_s": end}])


def test_turns_may_overlap_and_last_no_time() -> None:
    turns = [{**TURN, "start_s": 0, "end_s": 5}, {**TURN, "start_s": 3, "end_s": 3}]
    assert [turn.start_s for turn in read(turns=turns).turns] == [0, 3]


def test_nan_in_metrics_is_refused() -> None:
    assert refused(metrics={"wait_s": float("nan")})


def test_a_time_without_a_zone_is_read_as_utc() -> None:
    assert read(started_at="2026-11-02T10:15:00").started_at == datetime(2026, 11, 2, 10, 15, tzinfo=UTC)


def test_a_time_with_a_zone_keeps_it() -> None:
    zone = timezone(timedelta(hours=3))
    assert read(started_at="2026-11-02T10:15:00+03:00").started_at == datetime(
        2026, 11, 2, 10, 15, tzinfo=zone
    )


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_names_are_1_to_200_characters(name: str) -> None:
    assert refused(external_id=name) == {("external_id",)}


@pytest.mark.parametrize("data", [None, [], "text", 5, {}, {"turns": None}, {"turns": "x"}, {"turns": [5]}])
def test_what_is_no_conversation_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        Conversation.model_validate(data)


def test_a_conversation_survives_being_stored_as_json() -> None:
    conversation = read(
        language="zh", campaign="spring", started_at="2026-11-02T10:15:00Z", metrics={"hold_s": 3}
    )
    assert Conversation.model_validate_json(conversation.model_dump_json()) == conversation


@pytest.mark.parametrize(
    "more",
    [
        {"metadata": {"a": "x" * 1_000_000}},
        {"a": "x" * 1_000_000},
        {"turns": [{"speaker": "agent", "text": "Hello", "metadata": {"a": "x" * 500_000}}] * 2},
        {"turns": [{"speaker": "agent", "text": "x", "a": "x" * 500_000}], "metadata": {"b": "x" * 500_000}},
    ],
)
def test_metadata_is_bounded_wherever_it_stands(more: dict[str, Any]) -> None:
    given = {"turns": [{"speaker": "agent", "text": "Hello"}], **more}
    with pytest.raises(ValidationError, match="bytes of JSON; the limit is 1,000,000"):
        Conversation.model_validate(given)
    RedactedConversation.model_validate(given | {"language": "en"})


def test_a_thousand_unknown_keys_are_kept_and_thousands_refused() -> None:
    given = {"turns": [{"speaker": "agent", "text": "Hello"}]}
    many = {f"k{n}": n for n in range(1_000)}
    assert Conversation.model_validate(given | many).metadata == many
    with pytest.raises(ValidationError, match="over 1,000 keys"):
        Conversation.model_validate(given | {f"k{n}": n for n in range(2_000)})

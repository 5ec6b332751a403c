"""Transcripts that are JSON: every shape, who is who, times, errors that name the place, hostile input."""

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from redaction.languages import detect_language
from service.domain.errors import InvalidInput
from service.domain.transcript import Conversation
from service.formats.files import read_conversations
from service.formats.json_formats import JSON_FORMATS, recognise
from service.formats.registry import format_names, parse, resolve
from service.usecases.requests import EvaluationRequest, FormatName

SAMPLES = Path(__file__).parents[3] / "service" / "samples" / "formats"
DOCUMENTS: dict[str, Any] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.json"))
}
EVERY = sorted(JSON_FORMATS)


def conversation(name: str, content: Any, **hints: Any) -> Conversation:
    return Conversation.model_validate(parse(name, content, **hints))


def spoken(name: str, content: Any, **hints: Any) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in conversation(name, content, **hints).turns]


def times(name: str, content: Any, **hints: Any) -> list[tuple[float | None, float | None]]:
    return [(turn.start_s, turn.end_s) for turn in conversation(name, content, **hints).turns]


def refusal(name: str, content: Any, **hints: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse(name, content, **hints)
    (problem,) = caught.value.problems
    assert problem.pointer in {"/content", "/format"}
    return problem.detail


def test_there_is_an_example_of_every_format() -> None:
    assert sorted(DOCUMENTS) == EVERY
    assert set(get_args(FormatName)) == set(format_names())


@pytest.mark.parametrize("name", EVERY)
def test_an_example_gives_a_conversation_with_both_people_and_rising_times(name: str) -> None:
    found = conversation(name, DOCUMENTS[name])
    assert {"agent", "customer"} <= {turn.speaker for turn in found.turns}
    starts = [turn.start_s for turn in found.turns]
    assert None not in starts
    assert starts == sorted(starts)
    assert starts[-1] > 15
    assert found.channel == ("chat" if name == "zendesk" else "call")


@pytest.mark.parametrize("name", EVERY)
def test_the_agent_greets_in_every_example(name: str) -> None:
    greeting = next(turn for turn in conversation(name, DOCUMENTS[name]).turns if turn.speaker == "agent")
    assert greeting.text.split()[0].strip(",.").lower() in {"hello", "thank", "thanks", "good", "willow"}


@pytest.mark.parametrize("name", EVERY)
def test_an_object_and_its_text_are_the_same_content(name: str) -> None:
    document = DOCUMENTS[name]
    assert parse(name, json.dumps(document)) == parse(name, document)
    assert parse("auto", "\ufeff" + json.dumps(document, indent=1)) == parse(name, document)


@pytest.mark.parametrize("name", EVERY)
def test_each_example_is_recognised_as_itself_alone(name: str) -> None:
    assert recognise(DOCUMENTS[name]) == name
    ((position, found),) = read_conversations("a.json", json.dumps(DOCUMENTS[name]).encode())
    assert (position, found) == (0, parse(name, DOCUMENTS[name]))


@pytest.mark.parametrize("name", EVERY)
def test_a_request_may_bring_the_object_and_say_more_than_it_tells(name: str) -> None:
    request = EvaluationRequest.model_validate(
        {
            "conversation": {
                "format": name,
                "content": DOCUMENTS[name],
                "external_id": "crm-1",
                "channel": None,
                "language": "ru",
            }
        }
    )
    found = request.conversation
    assert (found.external_id, found.language) == ("crm-1", "ru")
    assert found.channel is not None
    assert found.metadata == {}


@pytest.mark.parametrize("name", EVERY)
def test_sent_as_if_it_were_a_conversation_it_is_told_what_is_missing(name: str) -> None:
    with pytest.raises(InvalidInput, match=f'"format": "{name}"'):
        resolve(DOCUMENTS[name])


@pytest.mark.parametrize(
    "document", [{}, {"messages": [{"role": "user", "content": "Hi"}]}, {"segments": []}]
)
def test_what_could_be_anything_is_not_guessed(document: dict[str, Any]) -> None:
    assert recognise(document) is None
    assert "amazon-connect, google-ccai" in refusal("auto", document)


def test_text_is_recognised_too() -> None:
    assert spoken("auto", "Agent: Hi\nCustomer: Hello") == [("agent", "Hi"), ("customer", "Hello")]


def test_a_format_that_is_text_takes_no_object() -> None:
    assert "has to be text" in refusal("srt", {"a": 1})


# Amazon Connect

CONNECT_CHAT = {
    "Version": "1.1.0",
    "Channel": "CHAT",
    "Participants": [
        {"ParticipantId": "p-1", "ParticipantRole": "CUSTOMER"},
        {"ParticipantId": "p-2", "ParticipantRole": "AGENT"},
        {"ParticipantId": "p-3", "ParticipantRole": "SYSTEM"},
    ],
    "Transcript": [
        {
            "Type": "EVENT",
            "ContentType": "application/vnd.amazonaws.connect.event.participant.joined",
            "ParticipantId": "p-1",
            "AbsoluteTime": "2026-11-02T10:00:00.000Z",
        },
        {
            "Type": "MESSAGE",
            "ParticipantId": "p-3",
            "AbsoluteTime": "2026-11-02T10:00:01.500Z",
            "ContentType": "application/vnd.amazonaws.connect.message.interactive",
            "Content": '{"templateType": "ListPicker", "data": {"content": {"title": "What is it about?"}}}',
        },
        {
            "Type": "MESSAGE",
            "ParticipantId": "p-1",
            "AbsoluteTime": "2026-11-02T10:00:09.000Z",
            "ContentType": "text/plain",
            "Content": "A parcel",
        },
        {
            "Type": "MESSAGE",
            "ParticipantId": "p-2",
            "AbsoluteTime": "2026-11-02T10:00:20Z",
            "ContentType": "text/markdown",
            "Content": "Hello",
        },
    ],
}


def test_a_chat_of_connect_has_roles_by_participant_and_times_from_the_first_message() -> None:
    found = conversation("amazon-connect", CONNECT_CHAT)
    assert [(turn.speaker, turn.text, turn.start_s) for turn in found.turns] == [
        ("system", "What is it about?", 0.0),
        ("customer", "A parcel", 7.5),
        ("agent", "Hello", 18.5),
    ]
    assert found.channel == "chat"
    assert found.started_at is not None
    assert found.started_at.isoformat() == "2026-11-02T10:00:01.500000+00:00"


def test_real_time_segments_of_connect_are_read_in_both_versions() -> None:
    first = {
        "ParticipantId": "AGENT",
        "ParticipantRole": "AGENT",
        "Content": "Hi",
        "BeginOffsetMillis": 10,
        "EndOffsetMillis": "900",
    }
    second = {"ParticipantId": "x", "ParticipantRole": "CUSTOMER", "Content": "Hello"}
    offsets = {"BeginOffsetMillis": 1000, "EndOffsetMillis": 2000}
    segments = [{"Transcript": first}, {"Categories": {}}, {"Transcript": {**second, "Time": offsets}}]
    assert spoken("amazon-connect", {"Segments": segments}) == [("agent", "Hi"), ("customer", "Hello")]
    assert times("amazon-connect", {"Segments": segments}) == [(0.01, 0.9), (1.0, 2.0)]


def test_a_stored_chat_says_the_role_in_each_item() -> None:
    items = copy.deepcopy(CONNECT_CHAT["Transcript"][2:])  # type: ignore[index]
    for item, role in zip(items, ("CUSTOMER", "AGENT"), strict=True):
        item["ParticipantRole"] = role
    found = spoken("amazon-connect", {"InitialContactId": "c", "Transcript": items})
    assert [speaker for speaker, _ in found] == ["customer", "agent"]


def test_call_analytics_of_amazon_transcribe_have_the_same_shape() -> None:
    items = [
        {
            "ParticipantRole": "AGENT",
            "Content": "Hi",
            "BeginOffsetMillis": 0,
            "EndOffsetMillis": 5,
            "Items": [],
        },
        {"ParticipantRole": "CUSTOMER", "Content": "Hello", "BeginOffsetMillis": 9, "EndOffsetMillis": 12},
    ]
    document = {"JobStatus": "COMPLETED", "LanguageCode": "zh-CN", "Transcript": items}
    found = conversation("amazon-connect", document)
    assert [turn.speaker for turn in found.turns] == ["agent", "customer"]
    assert (found.language, found.channel) == ("zh", "call")


# Google

UPLOAD = {
    "conversation_info": {"categories": [{"display_name": "Delivery"}]},
    "entries": [
        {
            "start_timestamp_usec": 1000000,
            "text": "Hello, I call about ...",
            "role": "CUSTOMER",
            "user_id": 1,
        },
        {"start_timestamp_usec": "5500000", "text": "Yes?", "role": "AGENT", "user_id": 2},
        {"start_timestamp_usec": 7000000, "text": "", "role": "AUTOMATED_AGENT", "user_id": 3},
    ],
}


def test_the_upload_file_of_insights_is_read() -> None:
    assert spoken("google-ccai", UPLOAD) == [("customer", "Hello, I call about ..."), ("agent", "Yes?")]
    assert times("google-ccai", UPLOAD) == [(0.0, None), (4.5, None)]
    assert recognise(UPLOAD) == "google-ccai"


def test_insights_in_snake_case_with_channels_instead_of_roles_is_read() -> None:
    segments = [
        {
            "text": text,
            "channel_tag": tag,
            "words": [
                {
                    "start_offset": {"seconds": 1, "nanos": 5 * 10**8},
                    "end_offset": {"seconds": "2"},
                    "word": "w",
                }
            ],
        }
        for tag, text in ((1, "Hi"), (2, "Hello"))
    ]
    document = {
        "transcript": {"transcript_segments": segments},
        "call_metadata": {"customer_channel": 2, "agent_channel": 1},
    }
    assert spoken("google-ccai", document) == [("agent", "Hi"), ("customer", "Hello")]
    assert times("google-ccai", document)[0] == (1.5, 2.0)
    del document["call_metadata"]
    assert "'channel 1', 'channel 2'" in refusal("google-ccai", document)
    mapped = spoken("google-ccai", document, speakers={"channel 2": "agent"})
    assert mapped == [("customer", "Hi"), ("agent", "Hello")]


def test_messages_of_agent_assist_are_a_chat() -> None:
    messages = [
        {"content": "Hi", "participantRole": "END_USER", "sendTime": "2026-11-02T10:00:00.123456789Z"},
        {"content": "Yes", "participantRole": "HUMAN_AGENT", "createTime": "2026-11-02T10:00:02Z"},
    ]
    found = conversation("google-ccai", {"messages": messages})
    assert (found.channel, [turn.speaker for turn in found.turns]) == ("chat", ["customer", "agent"])


# Genesys


def test_times_of_genesys_may_count_from_the_start_as_well() -> None:
    phrases = [
        {
            "text": "hi",
            "participantPurpose": "internal",
            "startTimeMs": 500,
            "duration": {"milliseconds": 400},
        },
        {"text": "hello", "participantPurpose": "external", "startTimeMs": 1500},
        {"text": "welcome", "participantPurpose": "ivr", "offset": {"milliseconds": 0}},
    ]
    document = {"mediaType": "message", "transcripts": [{"phrases": phrases}]}
    found = conversation("genesys", document)
    assert [turn.speaker for turn in found.turns] == ["bot", "agent", "customer"]
    assert [(turn.start_s, turn.end_s) for turn in found.turns] == [(0.0, None), (0.5, 0.9), (1.5, None)]
    assert (found.channel, found.started_at) == ("chat", None)


@pytest.mark.parametrize(("second", "texts"), [("Fine.", ["Hi!", "Fine."]), ("", ["hi", "fine"])])
def test_genesys_is_read_from_one_field_throughout(second: str, texts: list[str]) -> None:
    phrases = [
        {"text": "hi", "decoratedText": "Hi!", "participantPurpose": "internal"},
        {"text": "fine", "decoratedText": second, "participantPurpose": "external"},
    ]
    found = spoken("genesys", {"transcripts": [{"phrases": phrases}]})
    assert [text for _, text in found] == texts


def test_several_transcripts_of_genesys_become_one_conversation_in_time() -> None:
    def one(ms: int, text: str, purpose: str) -> dict[str, Any]:
        return {"phrases": [{"text": text, "participantPurpose": purpose, "startTimeMs": ms}]}

    document = {"transcripts": [one(9000, "later", "internal"), one(1000, "first", "external")]}
    assert spoken("genesys", document) == [("customer", "first"), ("agent", "later")]


# Twilio


def test_channels_of_twilio_that_nobody_explains_are_asked_for() -> None:
    sentences = [
        {"mediaChannel": 1, "startTime": 1, "endTime": 2, "transcript": "Yes"},
        {"mediaChannel": 2, "startTime": 3, "endTime": 4, "transcript": "No"},
    ]
    said = refusal("twilio", {"sentences": sentences})
    assert "'channel 1', 'channel 2'" in said
    assert '"speakers": {"channel 1": "agent"}' in said
    mapped = spoken("twilio", {"sentences": sentences}, speakers={"channel 1": "customer"})
    assert mapped == [("customer", "Yes"), ("agent", "No")]


def test_messages_of_twilio_conversations_are_a_chat_in_order() -> None:
    messages = [
        {
            "sid": "2",
            "conversation_sid": "CH",
            "author": "dana",
            "body": "Yes?",
            "date_created": "2026-11-02T10:00:05Z",
        },
        {
            "sid": "1",
            "conversation_sid": "CH",
            "author": "whatsapp:+15550100",
            "body": "Hi",
            "date_created": "2026-11-02T10:00:00Z",
        },
        {
            "sid": "3",
            "conversation_sid": "CH",
            "author": "system",
            "body": None,
            "date_created": "2026-11-02T10:00:09Z",
        },
    ]
    found = conversation("twilio", {"messages": messages})
    assert [(turn.speaker, turn.text) for turn in found.turns] == [("customer", "Hi"), ("agent", "Yes?")]
    assert (found.channel, found.turns[1].start_s) == ("chat", 5.0)
    assert recognise({"messages": messages}) == "twilio"


def test_participants_of_twilio_tell_who_an_author_is() -> None:
    document = {
        "messages": [
            {"participant_sid": "MB1", "author": "guest-4", "body": "Hi", "conversation_sid": "CH"},
            {"participant_sid": "MB2", "author": "worker-9", "body": "Hello", "conversation_sid": "CH"},
        ],
        "participants": [
            {"sid": "MB1", "messaging_binding": {"type": "sms", "address": "+15550100"}},
            {"sid": "MB2", "identity": "worker-9", "messaging_binding": None},
        ],
    }
    assert spoken("twilio", document) == [("customer", "Hi"), ("agent", "Hello")]


def test_text_messages_of_twilio_tell_by_their_direction() -> None:
    messages = [
        {
            "from": "+15550100",
            "direction": "inbound",
            "body": "Hi",
            "date_sent": "Mon, 02 Nov 2026 10:00:00 +0000",
        },
        {
            "from": "+15550199",
            "direction": "outbound-api",
            "body": "Yes",
            "date_sent": "Mon, 02 Nov 2026 10:00:30 +0000",
        },
    ]
    assert spoken("twilio", {"messages": messages}) == [("customer", "Hi"), ("agent", "Yes")]
    assert times("twilio", {"messages": messages})[1] == (30.0, None)


def test_communications_of_twilio_tell_by_the_kind_of_participant() -> None:
    def one(who: str, text: str, second: int) -> dict[str, Any]:
        author = {"participantId": who, "address": "+15550100", "channel": "VOICE"}
        return {
            "author": author,
            "content": {"type": "TRANSCRIPTION", "text": text},
            "occurredAt": f"2026-11-02T10:00:0{second}Z",
        }

    kinds = {"p1": "CUSTOMER", "p2": "HUMAN_AGENT", "p3": "AI_AGENT"}
    document = {
        "communications": [one("p3", "Welcome", 0), one("p1", "Hi", 1), one("p2", "Yes", 2)],
        "participants": [{"id": key, "type": kind} for key, kind in kinds.items()],
    }
    assert spoken("twilio", document) == [("bot", "Welcome"), ("customer", "Hi"), ("agent", "Yes")]
    assert recognise(document) == "twilio"


# Zendesk


def test_internal_notes_of_a_ticket_are_left_out_and_the_newest_may_come_first() -> None:
    document = copy.deepcopy(DOCUMENTS["zendesk"])
    document["comments"].reverse()
    words = [text for _, text in spoken("zendesk", document)]
    assert words[0].startswith("Hello, the lamp")
    assert not any("warehouse" in text for text in words)


def test_a_ticket_tells_who_asked_where_users_are_not_side_loaded() -> None:
    comments = DOCUMENTS["zendesk"]["comments"]
    found = spoken("zendesk", {"comments": comments, "ticket": {"requester_id": 501}})
    assert [speaker for speaker, _ in found] == ["customer", "agent", "customer", "agent", "customer"]
    assert "'501', '77'" in refusal(
        "zendesk", {"comments": [{**one, "plain_body": "Ok"} for one in comments]}
    )


def test_the_conversation_log_of_zendesk_is_read_without_its_markup() -> None:
    def event(kind: str, content: dict[str, Any], second: int, **author: Any) -> dict[str, Any]:
        return {
            "type": kind,
            "author": {"display_name": "Kim", **author},
            "content": content,
            "created_at": f"2026-11-02T10:00:0{second}Z",
            "metadata": {"public": True},
        }

    html = {"type": "html", "body": '<div class="zd-comment"><p>One &amp; two</p><p>3 < 4<br>end</p></div>'}
    events = [
        event("Messaging::ConversationMessage", {"type": "text", "text": "Pick one"}, 0, type="bot"),
        event("Messaging::ConversationMessage", {"type": "text", "text": "Help"}, 1, type="user"),
        event("Comment", html, 2, type="agent"),
    ]
    assert spoken("zendesk", {"events": events}) == [
        ("bot", "Pick one"),
        ("customer", "Help"),
        ("agent", "One & two\n3 < 4\nend"),
    ]
    assert recognise({"events": events}) == "zendesk"


def test_messages_of_zendesk_messaging_and_the_history_of_a_chat_are_read() -> None:
    messages = [
        {
            "author": {"type": "user", "displayName": "Kim"},
            "content": {"type": "text", "text": "Hi"},
            "received": "2026-11-02T10:00:00Z",
        },
        {
            "author": {"type": "business", "subtypes": ["AI"]},
            "content": {"type": "text", "text": "Beep"},
            "received": "2026-11-02T10:00:01Z",
        },
        {
            "author": {"type": "business"},
            "content": {"type": "text", "text": "Hello"},
            "received": "2026-11-02T10:00:02Z",
        },
    ]
    assert [speaker for speaker, _ in spoken("zendesk", {"messages": messages})] == [
        "customer",
        "bot",
        "agent",
    ]
    history = [
        {"type": "chat.memberjoin", "name": "Visitor 1", "timestamp": "2026-11-02T10:00:00Z"},
        {
            "type": "chat.msg",
            "sender_type": "Visitor",
            "name": "Visitor 1",
            "msg": "Hi",
            "timestamp": "2026-11-02T10:00:01Z",
        },
        {
            "type": "chat.msg",
            "sender_type": "Agent",
            "name": "Dana",
            "msg": "Yes?",
            "timestamp": "2026-11-02T10:00:02Z",
        },
    ]
    assert spoken("zendesk", {"history": history}) == [("customer", "Hi"), ("agent", "Yes?")]


# Transcription services


def test_an_unfinished_transcript_of_assemblyai_says_so() -> None:
    document = {**DOCUMENTS["assemblyai"], "status": "processing"}
    assert refusal("assemblyai", document).startswith("status: this is no finished transcript")


def test_a_transcript_of_assemblyai_without_speakers_says_what_to_turn_on() -> None:
    document = {**DOCUMENTS["assemblyai"], "utterances": None}
    assert refusal("assemblyai", document).startswith(
        "utterances: this is missing; transcribe with speaker_labels"
    )


def test_channels_of_assemblyai_are_speakers_too() -> None:
    rows = [
        {"channel": "1", "speaker": None, "text": "How can I help you?", "start": 0, "end": 900},
        {"channel": "2", "speaker": None, "text": "A refund", "start": "1000", "end": 2000},
    ]
    assert spoken("assemblyai", {"utterances": rows}) == [
        ("agent", "How can I help you?"),
        ("customer", "A refund"),
    ]


def words(*heard: tuple[str, int | None, float, float]) -> list[dict[str, Any]]:
    return [
        {"word": word.lower(), "punctuated_word": word, "speaker": speaker, "start": start, "end": end}
        for word, speaker, start, end in heard
    ]


def test_words_of_deepgram_become_turns_where_the_speaker_changes_or_pauses() -> None:
    heard = words(
        ("Hello.", 0, 0, 1), ("May", 0, 3.5, 4), ("I?", 0, 4, 4.2), ("Sure.", 1, 5, 6), ("Thanks.", 0, 6.1, 7)
    )
    document = {"results": {"channels": [{"alternatives": [{"words": heard}, {"words": []}]}]}}
    found = spoken("deepgram", document, speakers={"speaker 1": "customer"})
    assert found == [("agent", "Hello."), ("agent", "May I?"), ("customer", "Sure."), ("agent", "Thanks.")]
    assert "'speaker 0', 'speaker 1'" in refusal("deepgram", document)


def test_channels_of_deepgram_are_woven_together_by_time() -> None:
    channels = [
        {
            "alternatives": [
                {
                    "words": words(
                        ("How", None, 0, 1),
                        ("can", None, 1, 2),
                        ("I", None, 2, 3),
                        ("help?", None, 3, 4),
                        ("Okay.", None, 9, 10),
                    )
                }
            ]
        },
        {
            "alternatives": [{"words": words(("A", None, 5, 6), ("refund.", None, 6, 7))}],
            "detected_language": "en-GB",
        },
    ]
    found = conversation("deepgram", {"results": {"channels": channels}}, speakers={"channel 0": "agent"})
    assert [(turn.speaker, turn.text) for turn in found.turns] == [
        ("agent", "How can I help?"),
        ("customer", "A refund."),
        ("agent", "Okay."),
    ]
    assert found.language == "en"


def test_paragraphs_of_deepgram_are_turns() -> None:
    paragraphs = [
        {
            "speaker": 0,
            "start": 0,
            "end": 2,
            "sentences": [{"text": "Hello."}, {"text": "How can I help you?"}],
        },
        {"speaker": 1, "start": 3, "end": 4, "sentences": [{"text": "A refund."}]},
    ]
    alternative = {"transcript": "...", "paragraphs": {"paragraphs": paragraphs}}
    document = {"results": {"channels": [{"alternatives": [alternative]}]}}
    assert spoken("deepgram", document) == [
        ("agent", "Hello. How can I help you?"),
        ("customer", "A refund."),
    ]


def test_whisper_without_speakers_says_that_it_cannot_tell_them() -> None:
    document = {"language": "english", "segments": [{"start": 0, "end": 1, "text": " Hello"}]}
    assert refusal("whisper", document).startswith("segments: no segment has a speaker")


def test_a_segment_without_a_speaker_goes_on_with_the_one_before() -> None:
    document = {
        "language": "russian",
        "segments": [
            {"start": 0, "end": 1, "text": " Алло"},
            {"start": 1, "end": 2, "text": " Чем могу помочь?", "speaker": "SPEAKER_00"},
            {"start": 2, "end": 3, "text": " Секунду", "speaker": None},
            {"start": 3, "end": 4, "text": " Да", "speaker": "SPEAKER_01"},
        ],
    }
    found = conversation("whisper", document)
    assert [turn.speaker for turn in found.turns] == ["agent", "agent", "agent", "customer"]
    assert found.language == "ru"


def test_whisper_cpp_and_diarised_json_are_read() -> None:
    rows = [
        {"offsets": {"from": 0, "to": 1500}, "text": "(speaker 0) How may I help you?"},
        {"offsets": {"from": 1600, "to": 2500}, "text": "(speaker 1) A refund"},
    ]
    document = {"result": {"language": "en"}, "transcription": rows}
    assert spoken("whisper", document) == [("agent", "How may I help you?"), ("customer", "A refund")]
    assert times("whisper", document)[1] == (1.6, 2.5)
    named = [
        {"id": f"seg_{at}", "start": at, "end": at + 1, "text": who, "speaker": who}
        for at, who in enumerate(("agent", "A"))
    ]
    assert spoken("whisper", {"task": "transcribe", "segments": named}) == [
        ("agent", "agent"),
        ("customer", "A"),
    ]


# Errors


@pytest.mark.parametrize(
    ("name", "path", "value", "begins"),
    [
        ("amazon-connect", ["Transcript", 3, "Content"], 7, "Transcript[3].Content: this has to be text"),
        (
            "amazon-connect",
            ["Transcript", 1, "BeginOffsetMillis"],
            "soon",
            "Transcript[1].BeginOffsetMillis: this has to be a number",
        ),
        ("amazon-connect", ["Transcript"], None, "Transcript: this is missing; send the whole"),
        (
            "google-ccai",
            ["transcript", "transcriptSegments", 0, "words", 0, "startOffset"],
            [],
            "transcript.transcriptSegments[0].words[0].startOffset: this has to be a number",
        ),
        (
            "genesys",
            ["transcripts", 0, "phrases", 2],
            "x",
            "transcripts[0].phrases[2]: this has to be an object",
        ),
        ("twilio", ["sentences", 1, "start_time"], -4, "sentences[1].start_time: this has to lie between 0"),
        (
            "zendesk",
            ["comments", 0, "created_at"],
            "yesterday",
            "comments[0].created_at: this is no time",
        ),
        (
            "assemblyai",
            ["utterances", 0, "speaker"],
            {},
            "utterances[0].speaker: this has to be text or a whole",
        ),
        ("deepgram", ["results", "channels"], {}, "results.channels: this has to be a list"),
        ("whisper", ["segments", 1, "end"], 1e12, "segments[1].end: this has to lie between 0"),
    ],
)
def test_an_error_names_the_place_and_the_fix(name: str, path: list[Any], value: Any, begins: str) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert refusal(name, document).startswith(begins)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"a": NaN}', "{}", "1" * 5000]
)
def test_what_is_no_such_document_is_refused(name: str, content: str) -> None:
    assert refusal(name, content)


@pytest.mark.parametrize("name", EVERY)
def test_too_many_turns_are_refused(name: str) -> None:
    def longer(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: longer(item) for key, item in value.items()}
        if isinstance(value, list):
            return [longer(item) for item in value] * (2100 if len(value) > 4 else 1)
        return value

    assert "more than 10,000 turns" in refusal(name, longer(DOCUMENTS[name]))


# Hostile input

HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just("9" * 5000)
    | st.sampled_from(
        [10**400, -1, 1e300, "1e400", "nan", "\ud800", "\0", "2026-13-99T99:99:99Z", "0001-01-01"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in places(item, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], put: Any) -> Any:
    if not path:
        return put
    copied = copy.copy(value)
    copied[path[0]] = changed(value[path[0]], path[1:], put)
    return copied


PLACES = {name: places(document) for name, document in DOCUMENTS.items()}


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mutated_document_is_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    document = DOCUMENTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from(PLACES[name]))
        try:
            document = changed(document, where, data.draw(HOSTILE))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    recognise(document)
    if not isinstance(document, dict):
        return
    with suppress(InvalidInput, ValidationError):
        Conversation.model_validate(parse(name, document))


def complaint(name: str, document: Any) -> str:
    """What is wrong with a document, up to the names of speakers, which the caller has to be told."""
    try:
        parse(name, document)
    except InvalidInput as error:
        return error.detail.partition("it is not clear who is the agent")[0]
    return ""


@pytest.mark.parametrize("name", EVERY)
def test_errors_quote_nothing_that_was_said(name: str) -> None:
    card = "4111 1111 1111 1111"
    for place in PLACES[name][1:]:
        # A list where a text belongs, and words where a time does.
        for put in ([card], f"my card is {card}"):
            assert card not in complaint(name, changed(DOCUMENTS[name], place, put)), place


@pytest.mark.parametrize("given_speakers", [{"A": "agent"}, {"a": "customer"}])
def test_what_the_caller_says_of_a_speaker_wins(given_speakers: dict[str, Any]) -> None:
    first = conversation("assemblyai", DOCUMENTS["assemblyai"], speakers=given_speakers).turns[0]
    assert first.speaker == next(iter(given_speakers.values()))


# Language detection, where neither the caller nor the format names one.


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["yeah"]),
        ("en", ["hi there", "i uh want to cancel my order"]),
        ("en", ["ok", "no", "thanks bye"]),
        ("ru", ["алло"]),
        ("ru", ["да", "угу", "ну ладно"]),
        ("ru", ["здравствуйте а подскажите пожалуйста где мой заказ"]),
        ("zh", ["喂"]),
        ("zh", ["嗯", "好的", "那个我想退款"]),
        ("zh", ["你好我的 wifi 连不上了"]),
    ],
)
def test_short_and_unpunctuated_speech_is_told_apart(language: str, texts: list[str]) -> None:
    assert detect_language(texts) == language

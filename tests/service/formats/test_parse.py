"""Transcripts as text, WebVTT and SubRip: turns, times, speakers, and errors that name the line."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import InvalidInput
from service.domain.transcript import Conversation, Speaker
from service.formats.registry import FORMATS, parse

VTT = "WEBVTT\n\n"


def said(format_name: str, content: str, **hints: Any) -> list[tuple[str, str]]:
    """Speaker and text of each turn, after the conversation was found valid."""
    conversation = Conversation.model_validate(parse(format_name, content, **hints))
    return [(turn.speaker, turn.text) for turn in conversation.turns]


def times(format_name: str, content: str) -> list[tuple[float | None, float | None]]:
    turns = parse(format_name, content)["turns"]
    return [(turn.get("start_s"), turn.get("end_s")) for turn in turns]


def refusal(format_name: str, content: str, **hints: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse(format_name, content, **hints)
    (problem,) = caught.value.problems
    assert problem.pointer == "/content"
    return problem.detail


def outcome(format_name: str, content: str) -> dict[str, Any] | InvalidInput:
    try:
        return parse(format_name, content)
    except InvalidInput as error:
        return error


@pytest.mark.parametrize(
    ("agent", "customer"),
    [
        ("Agent", "Customer"),
        ("AGENT", "CLIENT"),
        ("operator 2", "Caller"),
        ("Agent Anna", "Customer (Kim)"),
        ("Anna (agent)", "Kim (customer)"),
        ("Customer Service", "Customer"),
        ("Support_1", "User_1"),
        ("Оператор", "Клиент"),
        ("Агент Анна", "Покупатель"),
        ("Менеджер", "Абонент"),
        ("Служба поддержки", "Пользователь"),
        ("客服", "客户"),
        ("坐席001", "顾客"),
        ("客服小王", "用户"),
        ("客户服务", "客户"),
        ("客户经理", "来电者"),
    ],
)
def test_roles_in_three_languages_are_known(agent: str, customer: str) -> None:
    assert said("text", f"{agent}: Good morning\n{customer}: Hello") == [
        ("agent", "Good morning"),
        ("customer", "Hello"),
    ]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Bot", "bot"),
        ("IVR", "bot"),
        ("Бот", "bot"),
        ("智能客服", "bot"),
        ("System", "system"),
        ("系统", "system"),
    ],
)
def test_bots_and_systems_are_known(name: str, role: Speaker) -> None:
    assert said("text", f"{name}: Welcome\nAgent: Hi")[0] == (role, "Welcome")


def test_a_full_width_colon_separates_too() -> None:
    assert said("text", "客服：您好，请问有什么可以帮您？\n客户：你好")[0] == (
        "agent",
        "您好，请问有什么可以帮您？",
    )


def test_lines_without_a_speaker_go_on_with_the_turn() -> None:
    text = "Agent: Good morning\nhow are you?\n\nCustomer: Fine\n"
    assert said("text", text) == [("agent", "Good morning\nhow are you?"), ("customer", "Fine")]


def test_a_speaker_on_a_line_of_its_own_speaks_the_lines_below() -> None:
    assert said("text", "Agent:\nGood morning\nCustomer:\nHello") == [
        ("agent", "Good morning"),
        ("customer", "Hello"),
    ]


def test_consecutive_turns_of_one_speaker_stay_separate() -> None:
    assert len(said("text", "Agent: One\nAgent: Two\nCustomer: Three")) == 3


@pytest.mark.parametrize(
    "line",
    [
        "Address: 5 Elm Road",
        "Reference: 5\nReference: 6",
        "Итого: 5\nИтого: 6",
        "order number: 7",
        "10:30 is fine",
        "https://example.org/a",
    ],
)
def test_words_before_a_colon_are_not_always_a_speaker(line: str) -> None:
    text = f"Agent: Tell me.\nCustomer: Sure.\n{line}\nAgent: Thanks."
    assert said("text", text)[1] == ("customer", f"Sure.\n{line}")


def test_a_list_in_what_is_said_holds_no_speakers() -> None:
    offer = "Two flights:\nDeparture: 06:00\nArrival: 12:00\n\nDeparture: 07:00\nArrival: 13:00\n- Price: 7"
    text = f"Agent: {offer}\nCustomer: The first"
    assert said("text", text) == [("agent", offer), ("customer", "The first")]


@pytest.mark.parametrize("line", ["客户电话：12345", "客户地址：长安街"])
def test_a_chinese_field_of_the_customer_is_no_speaker(line: str) -> None:
    assert said("text", f"客服：您好\n客户：你好\n{line}\n{line}")[1] == ("customer", f"你好\n{line}\n{line}")


def test_an_indented_line_never_begins_with_a_speaker() -> None:
    assert said("text", "Agent: You wrote\n  Customer: too late\nCustomer: Yes") == [
        ("agent", "You wrote\nCustomer: too late"),
        ("customer", "Yes"),
    ]


def test_bold_names_are_read() -> None:
    assert said("text", "**Agent:** Hi\n**Customer**: Hello") == [("agent", "Hi"), ("customer", "Hello")]


def test_a_byte_order_mark_and_any_line_end_are_read() -> None:
    assert said("text", "\ufeffAgent: a\r\nCustomer: b\rAgent: c\n") == [
        ("agent", "a"),
        ("customer", "b"),
        ("agent", "c"),
    ]


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        ("[00:00:10] Agent: a\n[00:00:15.5] Customer: b", [0, 5.5]),
        ("10:15:10 Agent: a\n10:15:15 Customer: b", [0, 5]),
        ("(01:00:00) Agent: a\nAgent: b\n(01:00:01) Customer: c", [0, None, 1]),
        ("[00:05] Agent: a\n[01:07] Customer: b", [0, 62]),
        ("Agent (00:00:05): a\nCustomer [00:00:09]: b", [0, 4]),
        ("[10:15] Agent: a\n[10:16] Customer: b", [None, None]),
        ("[00:00:10] Agent: a\n[00:00:05] Customer: b", [None, None]),
    ],
)
def test_times_in_text_count_from_the_first_one(content: str, starts: list[float | None]) -> None:
    assert times("text", content) == [(start, None) for start in starts]


def test_a_time_that_is_said_stays_in_the_text() -> None:
    assert said("text", "Agent: When?\nCustomer: At\n10:30 or later")[1] == ("customer", "At\n10:30 or later")


def test_an_unknown_name_beside_a_customer_is_the_agent() -> None:
    assert said("text", "Anna: Hi\nCustomer: Hello") == [("agent", "Hi"), ("customer", "Hello")]
    assert said("text", "Agent: Hi\nKim: Hello\nBot: Bye")[1] == ("customer", "Hello")


@pytest.mark.parametrize(
    "offer",
    [
        "Hello, how can I help you?",
        "Thank you for calling the parcel desk.",
        "Добрый день, чем могу помочь?",
        "您好，请问有什么可以帮您？",
    ],
)
def test_of_two_unknown_names_the_one_who_offers_help_is_the_agent(offer: str) -> None:
    assert [speaker for speaker, _ in said("text", f"Kim: Hello?\nAnna: {offer}")] == ["customer", "agent"]


def test_two_unknown_names_are_not_guessed() -> None:
    detail = refusal("text", "Anna: Hi\nKim: Hello\nAnna: Well")
    assert detail.startswith("line 1: ")
    assert "'Anna', 'Kim'" in detail
    assert '"speakers"' in detail


def test_both_offering_help_decides_nothing() -> None:
    assert "'Anna', 'Kim'" in refusal("text", "Anna: How can I help you?\nKim: How can I help you?")


def test_a_third_unknown_name_is_not_guessed() -> None:
    assert "'Mike'" in refusal("text", "Agent: a\nCustomer: b\nMike: c\nAgent: d\nMike: e")


def test_the_caller_may_say_who_is_who() -> None:
    speakers: dict[str, Speaker] = {"anna": "customer", "Kim": "agent"}
    assert said("text", "Anna: Hi\nKim: Hello", speakers=speakers) == [("customer", "Hi"), ("agent", "Hello")]
    assert said("text", "anna lee: Hi\nKim: Hello", speakers={"anna lee": "customer"})[1][0] == "agent"
    assert said("text", "Agent: Hi\nKim: Hello", speakers={"Agent": "bot", "Kim": "agent"})[0][0] == "bot"


def test_a_mapping_that_names_nobody_who_speaks_is_refused_with_those_who_do() -> None:
    content = "Ann: My phone broke.\nBob: Sorry, how can I help?"
    with pytest.raises(InvalidInput) as caught:
        parse("text", content, speakers={"Bbo": "agent"})
    assert [problem.pointer for problem in caught.value.problems] == ["/speakers"]
    assert "'Ann', 'Bob'" in caught.value.problems[0].detail
    silent: dict[str, Speaker] = {"bob": "customer", "Zoe": "agent"}
    assert said("text", content, speakers=silent)[0][0] == "agent"


def test_the_agents_own_name_tells_too() -> None:
    assert [speaker for speaker, _ in said("text", "Kim: Hi\nAnna: Hello", agent_name="ANNA")] == [
        "customer",
        "agent",
    ]


def test_names_that_recorders_make_up_are_named_in_the_error() -> None:
    assert "'SPEAKER_00', 'SPEAKER_01'" in refusal("text", "SPEAKER_00: a\nSPEAKER_01: b")


def test_many_unknown_names_are_shortened() -> None:
    assert len(refusal("text", "\n".join(f"Anna{n}: x" for n in range(5_000)))) < 500


@pytest.mark.parametrize("content", ["", " \n\n", "Agent:\nCustomer: "])
def test_a_text_without_words_is_refused_with_an_example(content: str) -> None:
    assert "Agent: Good morning" in refusal("text", content)


def test_words_before_the_first_speaker_are_refused_with_their_line() -> None:
    assert refusal("text", "\nHello there\nAgent: Hi").startswith("line 2: nobody is named")


def test_a_webvtt_file_is_read() -> None:
    content = """\ufeffWEBVTT - parcel desk
Kind: captions

STYLE
::cue { color: red }

REGION
id:fred

NOTE
one comment
over two lines

NOTE another

1 - opening
00:01.000 --> 00:02.500 align:start position:0%
<v.loud Agent Anna>Good <i>morning</i> &amp; welcome</v>

00:00:02.000 --> 00:00:04.000
<v Customer>Hello,
I <00:00:03.000>wait</v>

01:00:05.000 --> 01:00:06.000
<v Customer>still</v>
"""
    assert said("webvtt", content) == [
        ("agent", "Good morning & welcome"),
        ("customer", "Hello, I wait"),
        ("customer", "still"),
    ]
    assert times("webvtt", content) == [(1.0, 2.5), (2.0, 4.0), (3605.0, 3606.0)]


def test_several_voices_in_one_cue_are_several_turns() -> None:
    cue = VTT + "00:01.000 --> 00:02.000\n<v Agent>Yes?</v> <v Customer>No.</v>"
    assert said("webvtt", cue) == [("agent", "Yes?"), ("customer", "No.")]
    dashes = VTT + "00:01.000 --> 00:02.000\n- Agent: Yes?\n- Customer: No.\n"
    assert said("webvtt", dashes) == [("agent", "Yes?"), ("customer", "No.")]


def test_a_cue_without_a_voice_belongs_to_the_speaker_before() -> None:
    content = VTT + "00:01.000 --> 00:02.000\nAgent: One\n\n00:02.000 --> 00:03.000\ntwo\n"
    assert said("webvtt", content) == [("agent", "One"), ("agent", "two")]


def test_angle_brackets_that_are_no_tags_stay() -> None:
    content = VTT + "00:01.000 --> 00:02.000\n<v Agent>Dear <PERSON_1>, 3 < 5 and 7 > 6\n"
    assert said("webvtt", content) == [("agent", "Dear <PERSON_1>, 3 < 5 and 7 > 6")]


def test_a_caption_broken_inside_chinese_is_joined_without_a_space() -> None:
    assert said("srt", "1\n00:00:01,000 --> 00:00:02,000\n客服：您好，\n我是小王\n") == [
        ("agent", "您好，我是小王")
    ]


def test_a_subrip_file_is_read() -> None:
    content = (
        "1\r\n00:00:01,000 --> 00:00:02,250\r\n{\\an8}<font color='red'>Agent:</font> Hi\r\n\r\n"
        "2\r\n00:00:03,5 --> 00:00:04,000  X1:40 X2:600\r\nCustomer: <b>Hello</b>\r\nthere\r\n\r\n\r\n"
        "00:00:05.000 --> 00:00:06.000\r\nand again"
    )
    assert said("srt", content) == [("agent", "Hi"), ("customer", "Hello there"), ("customer", "and again")]
    assert times("srt", content) == [(1.0, 2.25), (3.5, 4.0), (5.0, 6.0)]


@pytest.mark.parametrize(
    ("content", "beginning"),
    [
        ("hello", "line 1: a WebVTT file begins with"),
        ("", "line 1: a WebVTT file begins with"),
        ("WEBVTTX", "line 1: a WebVTT file begins with"),
        ("WEBVTT\n00:01.000 --> 00:02.000\nx", "line 2: the first cue stands in the header"),
        (VTT + "00:01.000 -> 00:02.000\nx", "line 3: this is no cue"),
        (VTT + "id\n00:01 --> 00:02\nx", "line 4: this is no timing"),
        (VTT + "00:03.000 --> 00:02.000\nx", "line 3: the cue ends before it starts"),
        (VTT + "00:01.000 --> 00:02.000\nx", "line 4: nobody is named"),
        (VTT, "no turns found"),
        (VTT + "00:01.000 --> 00:02.000\n<v Kim>a <v Anna>b", "line 4: it is not clear who"),
    ],
)
def test_errors_in_captions_name_the_line(content: str, beginning: str) -> None:
    assert refusal("webvtt", content).startswith(beginning)


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse("webvvt", "x")
    (problem,) = caught.value.problems
    assert problem.pointer == "/format"
    assert "did you mean 'webvtt'?" in problem.detail
    assert all(name in problem.detail for name in FORMATS)


def test_more_turns_than_a_conversation_may_have_are_refused_with_their_line() -> None:
    assert refusal("text", "Agent: x\n" * 10_001).startswith("line 10001: ")
    assert len(said("text", "Agent: x\n" * 10_000)) == 10_000


HOSTILE = [
    " " * 3_900_000, "\n" * 3_900_000, "Agent: " * 500_000, "." * 3_900_000, "A " * 1_900_000,
    "(" * 3_900_000,
    "Agent" + " " * 3_900_000 + ":", "<v " + "." * 3_000_000, "<v." * 1_200_000, "<c" * 1_900_000,
    "&" * 3_900_000, "00:" * 1_200_000, "Agent (" * 500_000, "名字：\n" * 190_000, "1\n" * 190_000,
    "x" * 4_000_001,
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=lambda text: f"{text[:8]!r}")
@pytest.mark.parametrize("format_name", list(FORMATS))
def test_hostile_transcripts_take_bounded_time(format_name: str, content: str) -> None:
    head = {
        "webvtt": f"{VTT}00:01.000 --> 00:02.000\n",
        "srt": "1\n00:00:01,000 --> 00:00:02,000\n",
        "text": "",
    }
    begin = time.perf_counter()
    found = outcome(format_name, head[format_name] + content)
    assert not isinstance(found, InvalidInput) or len(found.detail) < 1_000
    assert time.perf_counter() - begin < 20


LINE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "Agent: hi",
            "Customer: yo",
            "Anna: hm",
            "00:01.000 --> 00:02.000",
            "",
            "WEBVTT",
            "<v Agent>x",
            "1",
            "NOTE",
        ]
    ),
)


@given(st.sampled_from(list(FORMATS)), st.lists(LINE, max_size=12), st.booleans())
def test_any_transcript_is_read_or_refused(format_name: str, lines: list[str], headed: bool) -> None:
    content = (VTT if headed else "") + "\n".join(lines)
    found = outcome(format_name, content)
    if isinstance(found, InvalidInput):
        assert found.problems[0].detail
    else:
        assert found["turns"]
        assert all(turn["text"].strip() and turn["speaker"] for turn in found["turns"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["Agent", "Customer"]), st.text("abc ,.!?", min_size=1, max_size=20)),
        min_size=1,
    )
)
def test_what_was_said_comes_back_word_for_word(given_turns: list[tuple[str, str]]) -> None:
    turns = [(name, text.strip()) for name, text in given_turns if text.strip()]
    if turns:
        content = "\n".join(f"{name}: {text}" for name, text in turns)
        assert said("text", content) == [(name.lower(), text) for name, text in turns]

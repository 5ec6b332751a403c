import json
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from service.domain.echoes import HIDDEN, Sent, without_odd_keys
from service.domain.errors import FieldProblem

SAID = "Hello, this is Margaret Okafor speaking"


def hidden(sentence: str, *path: str, body: object = None) -> str:
    return Sent(path, body=b"" if body is None else json.dumps(body).encode()).hidden(sentence)


def test_what_an_error_quotes_of_a_request_is_hidden():
    assert hidden(f"{SAID!r} is no cue", body={"turns": [{"text": SAID}]}) == f"{HIDDEN} is no cue"
    assert hidden(f"{SAID[:30]!r} is no cue", body=[SAID]) == f"{HIDDEN} is no cue"
    assert hidden("there is no evaluation 'x-1'", "x-1") == f"there is no evaluation {HIDDEN}"
    assert hidden("there is no scorecard 'x-1@3'", "x-1", "3") == f"there is no scorecard {HIDDEN}"
    assert hidden("'李晓雯' is no language", body={"language": "李晓雯"}) == f"{HIDDEN} is no language"
    assert hidden("'4111' is no day", body=4111) == f"{HIDDEN} is no day"


def test_names_of_our_own_stay():
    assert "'inbond'" in hidden("there is no scorecard 'inbond'", body={"scorecard": "inbond"})
    assert HIDDEN in hidden("there is no evaluation 'inbond'", "inbond")
    assert HIDDEN in hidden("there is no scorecard 'Ann Lee'", body={"scorecard": "Ann Lee"})
    assert HIDDEN in Sent(query=["13800007712"]).hidden("there is no scorecard '13800007712'")
    sentence = "needs the key 'turns'; did you mean 'text'?"
    assert hidden(sentence, body={"text": SAID, "format": "txt"}) == sentence
    assert hidden("the customer's words", body="s words") == "the customer's words"


def test_a_body_that_is_no_json_is_hidden_by_lines():
    body = f"1\n{SAID}\nHello".encode()
    assert Sent(body=body).hidden(f"{SAID!r} is no cue") == f"{HIDDEN} is no cue"


def test_thousands_of_long_mistakes_in_a_large_body_are_hidden_in_no_time():
    values = [f"number {n} of many mistakes" for n in range(20_000)]
    sent = Sent(body=json.dumps(values).encode())
    assert all(sent.hidden(f"{value[:20]!r} is wrong") == f"{HIDDEN} is wrong" for value in values)


def test_a_key_that_looks_like_none_is_hidden_in_pointers():
    assert without_odd_keys(FieldProblem("/turns/3/Ann Lee/text", "x")).pointer == "/turns/3/…/text"
    assert without_odd_keys(FieldProblem("/metrics/4111111111111111", "x")).pointer == "/metrics/…"
    assert without_odd_keys(FieldProblem("", "x")).pointer == ""


@given(st.text(min_size=1, max_size=80))
def test_nothing_else_that_was_sent_is_quoted(value):
    assume(not re.fullmatch(r"[a-z][a-z0-9_-]*(@\d+)?", value))
    assert hidden(f"{value!r} is wrong", body={"field": [value]}) == f"{HIDDEN} is wrong"

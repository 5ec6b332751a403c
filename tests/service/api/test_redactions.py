import json
from importlib import resources

import pytest

from tests.running import RunningService
from tests.service.cards import conversation


def test_a_conversation_comes_back_redacted_with_spans_in_the_original(service: RunningService):
    texts = ("Hello", "My card is 4111 1111 1111 1111, mail me at a.b@example.com")
    answer = service.client.post(
        "/v1/redactions", json={"conversation": conversation(*texts, external_id="x")}
    )
    assert answer.status_code == 200
    result = answer.json()
    assert result["id"] == "x"
    assert result["language"] == "en"
    assert result["turns"][1]["text"] == "My card is <CREDIT_CARD_1>, mail me at <EMAIL_ADDRESS_1>"
    found = {
        entity["type"]: texts[entity["turn"]][entity["start"] : entity["end"]]
        for entity in result["entities"]
    }
    assert found == {"CREDIT_CARD": "4111 1111 1111 1111", "EMAIL_ADDRESS": "a.b@example.com"}


def test_a_bare_conversation_is_taken_too(service: RunningService):
    assert service.client.post("/v1/redactions", json=conversation()).status_code == 200


def test_the_language_is_detected_when_it_is_not_given(service: RunningService):
    for text, language in (
        ("здравствуйте, где мой заказ", "ru"),
        ("您好，我的快递还没到", "zh"),
        ("where is it", "en"),
    ):
        body = {"turns": [{"speaker": "customer", "text": text}]}
        assert service.client.post("/v1/redactions", json=body).json()["language"] == language


def test_metadata_is_no_turn(service: RunningService):
    body = conversation("Hello", "Bye", note="mail a.b@example.com")
    result = service.client.post("/v1/redactions", json=body).json()
    assert len(result["turns"]) == 2
    assert result["entities"] == []


def test_pieces_that_only_the_safety_net_caught_are_counted(service: RunningService):
    result = service.client.post("/v1/redactions", json=conversation()).json()
    assert result["caught"] == 0
    done = service.grade(conversation())
    assert done["redaction"] == {
        "entities": {},
        "policy": "default",
        "version": result["version"],
        "caught": 0,
        "answers": {},
    }


@pytest.mark.parametrize("as_text", [False, True])
def test_transcripts_of_other_systems_are_redacted_as_they_are(service: RunningService, as_text):
    for file in sorted((resources.files("service") / "samples" / "formats").iterdir(), key=str):
        document = json.loads(file.read_text("utf-8"))
        name = file.name.removesuffix(".json")
        content = json.dumps(document) if as_text else document
        answer = service.client.post("/v1/redactions", json={"format": name, "content": content})
        assert answer.status_code == 200, (name, answer.text)
        assert {"agent", "customer"} <= {turn["speaker"] for turn in answer.json()["turns"]}, name
        bare = service.client.post("/v1/redactions", json={"conversation": document})
        assert bare.status_code == 422
        assert f'"format": "{name}"' in bare.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("language", "texts"),
    [("en", ("yeah hi", "uh where is it")), ("ru", ("алло", "ну где заказ")), ("zh", ("喂", "我的快递呢"))],
)
def test_a_transcript_that_names_no_language_of_ours_has_it_detected(
    service: RunningService, language, texts
):
    speakers = ("Agent", "Customer")
    segments = [
        {"start": at, "end": at + 1, "text": text, "speaker": speaker}
        for at, (text, speaker) in enumerate(zip(texts, speakers, strict=True))
    ]
    content = {"language": "unknown", "segments": segments}
    answer = service.client.post("/v1/redactions", json={"format": "whisper", "content": content})
    assert (answer.status_code, answer.json()["language"]) == (200, language)


@pytest.mark.parametrize(
    "content", [{"Transcript": 1}, '{"a":' * 20_000, {"Segments": {"a": [[[[]]]]}}, "", [], None, 5]
)
def test_a_transcript_that_is_none_is_a_422_at_its_content(service: RunningService, content):
    asked = {"conversation": {"format": "amazon-connect", "content": content}}
    answer = service.client.post("/v1/redactions", json=asked)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/conversation/content")

"""Countries and cities outside of addresses, in three languages."""

import pytest

from redaction.recognizers import places
from redaction.spans import Finding, settle


def found(language: str, text: str) -> list[str]:
    (reader,) = places.recognizers(language)
    results = reader.analyze(text, reader.supported_entities)
    findings = [Finding(result.start, result.end, result.entity_type, result.score) for result in results]
    return [text[finding.start : finding.end] for finding in settle(findings, text)]


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "I am flying from [Chicago] to [São Paulo]"),
        ("en", "the flight to [new york] was late"),
        ("en", "we moved from [Ivory Coast] last year"),
        ("en", "she lives in [Reading] now"),
        ("en", "he grew up in [Zelbrovna]"),
        ("en", "born in [zelbrovna] and proud"),
        ("en", "I am in [Nice] this week"),
        ("ru", "я живу в [самаре]"),
        ("ru", "лечу из [германии] в [южную корею]"),
        ("zh", "我在[上海]工作"),
        ("zh", "想去[法国]旅游"),
    ],
)
def test_a_place_is_found(language: str, marked: str) -> None:
    wanted = [part.partition("]")[0] for part in marked.split("[")[1:]]
    assert found(language, marked.replace("[", "").replace("]", "")) == wanted


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "that is a nice offer, I was reading it"),
        ("en", "tell Jordan Smith that Charlotte called"),
        ("en", "the mobile is in the bath"),
        ("en", "I live in an apartment"),
        ("en", "we had turkey in the morning"),
        ("en", "I am in a hurry"),
        ("en", "he's in Accounting"),
        ("en", "it was raised in Salesforce and bought at Argos"),
        ("en", "we went to Carrefour and Santander"),
        ("ru", "вера и надежда в россии"),
        ("ru", "в среду до обеда"),
        ("zh", "北京烤鸭很好吃"),
        ("zh", "坐上海地铁"),
        ("zh", "中国银行在哪"),
    ],
)
def test_words_names_and_dishes_are_no_places(language: str, text: str) -> None:
    assert found(language, text) == []

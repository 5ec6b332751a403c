"""Addresses and names on networks, also glued to Chinese text."""

import pytest
import regex

from redaction import kinds
from redaction.recognizers.internet import recognizers
from redaction.spans import Finding, settle

SENTENCES = [
    ("the ip is [10.0.0.1] today", kinds.IP_ADDRESS),
    ("from [2001:db8::8a2e:370:7334] ok", kinds.IP_ADDRESS),
    ("v6 [fe80::1] now", kinds.IP_ADDRESS),
    ("IP是[192.168.0.8]吗", kinds.IP_ADDRESS),
    ("adapter [00-1A-2B-3C-4D-5E] down", kinds.MAC_ADDRESS),
    ("mac [001a.2b3c.4d5e]", kinds.MAC_ADDRESS),
    ("MAC地址[00:1A:2B:3C:4D:5E]", kinds.MAC_ADDRESS),
    ("go to [https://user:pw@example.com/a?token=abc] now", kinds.URL),
    ("网址[https://example.com/u?id=3]，谢谢", kinds.URL),
    ("see [example.com/users/77?x=1] there", kinds.URL),
    ("сайт [пример.рф/кабинет?id=5] открыт", kinds.URL),
    ("my username is [johnny_77] ok", kinds.ACCOUNT_NUMBER),
    ("login: [zorblatt] please", kinds.ACCOUNT_NUMBER),
    ("my twitter handle is [@zorblatt]", kinds.ACCOUNT_NUMBER),
    ("мой логин [petrov_77] такой", kinds.ACCOUNT_NUMBER),
    ("用户名是[xiaoming99]吧", kinds.ACCOUNT_NUMBER),
    ("微信号[wx_lihua88]", kinds.ACCOUNT_NUMBER),
    ("write to [jane.doe@example.org] today", kinds.EMAIL_ADDRESS),
]


def found(text: str) -> list[tuple[str, str]]:
    findings = [
        Finding(result.start, result.end, result.entity_type, result.score)
        for rule in recognizers("any")
        for result in rule.analyze(text, rule.supported_entities)
    ]
    return [(text[finding.start : finding.end], finding.type) for finding in settle(findings, text)]


@pytest.mark.parametrize(("marked", "kind"), SENTENCES)
def test_what_leads_to_somebody_on_a_network_is_found_whole(marked: str, kind: str) -> None:
    assert found(regex.sub(r"[\[\]]", "", marked)) == [
        (marked[marked.index("[") + 1 : marked.index("]")], kind)
    ]


@pytest.mark.parametrize(
    "text",
    ["it is 10:30:15 now", "version 1.2.3", "the login is not working", "see you at 5::6", "a:b", "3.14.15"],
)
def test_times_versions_and_complaints_are_no_addresses(text: str) -> None:
    assert found(text) == []

"""Policies: what a team may write, and what a mistake says."""

from pathlib import Path

import pytest

from redaction import Policy, PolicyError, Redactor, Segment


def redact(text: str, **policy: object) -> str:
    return Redactor(Policy.model_validate(policy)).redact_text(text, "en")


@pytest.mark.parametrize(
    ("yaml", "complaint"),
    [
        ("entitties: {}", "entitties: unknown key"),
        ("entities: {PERSN: mask}", "PERSN"),
        ("entities: {PERSON: hide}", r"entities\.PERSON"),
        ("keep_agent_names: perhaps", "keep_agent_names"),
        ("allow: ['  ']", "allow"),
        ("- a list", "mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_a_mistake_in_a_policy_names_the_key(yaml: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policy.from_yaml(yaml)


def test_a_policy_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        Policy.from_file(tmp_path / "absent.yaml")


def test_a_policy_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("name: strict\nentities: {URL: drop}\ndeny: [Project Heron]\n", encoding="utf-8")
    policy = Policy.from_file(path)
    assert (policy.name, policy.action("URL"), policy.action("PERSON")) == ("strict", "drop", "placeholder")


def test_the_version_follows_the_content_and_not_the_order() -> None:
    first = Policy.from_yaml("entities: {URL: drop, PERSON: mask}")
    assert first.version == Policy.from_yaml("entities: {PERSON: mask, URL: drop}").version
    assert first.version != Policy.from_yaml("entities: {PERSON: mask}").version


def test_a_type_can_be_masked_dropped_or_kept() -> None:
    text = "my name is John, mail a@example.com, see www.example.com now"
    entities = {"PERSON": "mask", "EMAIL_ADDRESS": "drop", "URL": "keep"}
    assert (
        redact(text, entities=entities)
        == "my name is \u2588\u2588\u2588\u2588, mail , see www.example.com now"
    )


def test_an_allowed_phrase_is_never_redacted() -> None:
    assert (
        redact("call 212-555-0147 or 212-555-0148", allow=["212-555-0147"])
        == "call 212-555-0147 or <PHONE_NUMBER_1>"
    )


def test_a_denied_phrase_is_always_redacted_in_any_case_and_only_whole() -> None:
    assert redact("about PROJECT  heron and herons", deny=["Project Heron"]) == "about <DENIED_1> and herons"


def test_entities_that_are_kept_are_not_reported() -> None:
    policy = Policy(entities={"PERSON": "keep"})
    assert Redactor(policy).redact([Segment("customer", "my name is John")], "en").entities == ()

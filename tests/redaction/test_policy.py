"""Policies: what a team may write, and what a mistake says."""

from pathlib import Path

import pytest

from redaction import Policy, PolicyError, Redactor, Segment
from redaction.placeholders import TYPED

EXAMPLE = Path(__file__).parents[2] / "redaction" / "example_policy.yaml"
HOTLINE = "8 (800) 555-01-99"


def redact(text: str, language: str = "en", **policy: object) -> str:
    return Redactor(Policy.model_validate(policy)).redact_text(text, language)


def complaint(yaml: str) -> str:
    with pytest.raises(PolicyError) as caught:
        Policy.from_yaml(yaml, "tenant.yaml")
    return str(caught.value)


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


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("name: a\nentitties: {}", "line 2: entitties: unknown key; did you mean entities?"),
        (
            "entities:\n  URL: keep\n  PERSN: mask",
            "line 3: entities.PERSN: there is no such entity type; did you mean PERSON?",
        ),
        ("entities:\n  person: mask", "line 2: entities.person: there is no such entity type; did you mean"),
        ("entities:\n  URL: kep", "did you mean keep?"),
        ("allow:\n  - a\n  - ' '", "line 3: allow.1: a phrase may not be blank"),
        ("languages:\n  ru: {}\n  de: {}", "line 3: languages.de: there are no rules for this language"),
        ("languages:\n  ru:\n    entities:\n      URLS: keep", "line 4: languages.ru.entities.URLS"),
        ("languages:\n  ru:\n    allow: [a]", "line 3: languages.ru.allow: unknown key"),
        ("entities:\n  URL: keep\n  URL: mask", "line 3: entities.URL: this key is on line 2 already"),
        ("entities:\n  *: keep", 'line 2: not YAML: a word after * is an alias; the key for all other'),
        ("name: a\n  b: c", "line 2: not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_key_and_the_nearest_name(yaml: str, expected: str) -> None:
    message = complaint(yaml)
    assert message.startswith("tenant.yaml: line ")
    assert expected in message


def test_every_mistake_is_told_at_once_but_not_hundreds() -> None:
    assert complaint("entities: {A: keep, B: keep, URL: x}").count("\n") == 2
    assert "and 80 more" in complaint("entities: {" + ", ".join(f"A{n}: keep" for n in range(100)) + "}")


@pytest.mark.parametrize(
    "yaml", ["a: &a [*a]", "- " * 500, "\x01", "x: " + "[" * 500, "a: &a [1]\nb: [*a, *a]"]
)
def test_a_hostile_file_is_refused(yaml: str) -> None:
    assert complaint(yaml)


@pytest.mark.parametrize("yaml", ["", "# nothing\n", "entities:\nallow:\n", "~"])
def test_a_file_that_says_nothing_is_the_default_policy(yaml: str) -> None:
    assert Policy.from_yaml(yaml) == Policy()


def test_numbers_and_truth_values_need_no_quotes() -> None:
    policy = Policy.from_yaml("name: 2024\nkeep_agent_names: yes\nallow: [08005550199, 0x10]")
    assert (policy.name, policy.keep_agent_names, policy.allow) == ("2024", True, ("08005550199", "0x10"))


def test_the_example_that_is_shipped_is_a_policy() -> None:
    policy = Policy.from_file(EXAMPLE)
    assert (policy.name, policy.action("URL"), policy.action("LOCATION", "ru")) == ("example", "keep", "keep")
    assert policy.action("LOCATION", "en") == "placeholder"


def test_a_language_comes_first_and_then_the_star() -> None:
    policy = Policy.model_validate(
        {
            "entities": {"*": "mask", "PERSON": "drop"},
            "languages": {"ru": {"entities": {"PERSON": "keep"}}, "zh": {"entities": {"*": "placeholder"}}},
        }
    )
    actions = {language: policy.action("PERSON", language) for language in ("en", "ru", "zh")}
    assert actions == {"en": "drop", "ru": "keep", "zh": "placeholder"}
    assert [policy.action("URL", language) for language in ("en", "ru", "zh")] == [
        "mask",
        "mask",
        "placeholder",
    ]


def test_a_star_turns_off_neither_the_net_nor_the_deny_list() -> None:
    policy = Policy.model_validate({"entities": {"*": "keep"}})
    assert (policy.action("DIGITS"), policy.action("DENIED")) == ("placeholder", "placeholder")


def test_a_language_treats_a_type_in_its_own_way() -> None:
    policy = {"languages": {"en": {"entities": {"PERSON": "mask"}}}}
    assert redact("my name is John", **policy) == "my name is \u2588\u2588\u2588\u2588"
    assert redact("my name is John", "ru", **policy) == "my name is <PERSON_1>"


@pytest.mark.parametrize(
    "told",
    [
        "88005550199",
        "8-800-555-01-99",
        "+7 800 555 01 99",
        "８８００５５５０１９９",
        "8\u200b800\u200b5550199",
        "eight eight oh oh triple five zero one double nine",
        "восемь восемьсот пятьсот пятьдесят пять ноль один девяносто девять",
    ],
)
def test_an_allowed_number_is_known_by_its_digits(told: str) -> None:
    text = f"please call {told} today"
    assert redact(text) != text
    assert redact(text, allow=[HOTLINE]) == text


def test_an_allowed_number_does_not_let_another_through() -> None:
    redacted = redact("not 8 800 555 01 98 and 4111 8800 5550 1991", allow=[HOTLINE])
    assert not any(character.isdigit() for character in TYPED.sub("", redacted))


def test_a_number_told_right_after_an_allowed_one_is_taken_out() -> None:
    redacted = redact("call 8 800 555 01 99, 212 555 0147", allow=[HOTLINE])
    assert redacted.startswith("call 8 800 555 01 99")
    assert "0147" not in redacted


@pytest.mark.parametrize("told", ["проектом Цапля", "ПРОЕКТА ЦАПЛИ", "проекту цапле"])
def test_a_denied_russian_phrase_is_found_in_all_its_forms(told: str) -> None:
    assert redact(f"мы рады {told} сегодня", "ru", deny=["проект Цапля"]) == "мы рады <DENIED_1> сегодня"


def test_what_is_denied_goes_even_where_the_rest_is_kept_or_allowed() -> None:
    text = "my name is John Heron"
    assert redact(text, entities={"PERSON": "keep"}, deny=["heron"]) == "my name is John <DENIED_1>"
    assert "Heron" not in redact(text, allow=["John Heron"], deny=["heron"])


@pytest.mark.parametrize(
    ("kept", "text", "gone"),
    [
        ("URL", "see https://shop.example/o?mail=ann@mail.example for it", "ann@mail.example"),
        ("REFERENCE_CODE", "my booking code is 4111 1111 1111 1111", "4111"),
        ("ADDRESS", "my name is john smith 44 oak avenue", "john"),
    ],
)
def test_other_personal_data_inside_of_a_kept_kind_still_goes(kept: str, text: str, gone: str) -> None:
    policy = Policy(entities={kept: "keep"})
    assert gone not in Redactor(policy).redact([Segment("customer", text)], "en").turns[0]


def test_mistakes_are_told_in_the_words_of_the_file_in_the_order_of_its_lines() -> None:
    yaml = (
        'zz: 1\nallow: "1 800 555"\nname: ""\ndeny: ["", [a]]\nentities: PERSON\nkeep_agent_names: perhaps\n'
    )
    assert complaint(yaml).splitlines() == [
        "tenant.yaml: line 1: zz: unknown key",
        'tenant.yaml: line 2: allow: has to be a list, such as ["1 800 555"]',
        "tenant.yaml: line 3: name: may not be empty",
        "tenant.yaml: line 4: deny.0: may not be empty",
        "tenant.yaml: line 4: deny.1: has to be a text, not a list or a mapping",
        "tenant.yaml: line 5: entities: has to be a mapping of keys to values, one `key: value` a line",
        "tenant.yaml: line 6: keep_agent_names: has to be true or false",
    ]
    assert complaint('deny: ""').endswith('deny: has to be a list, such as ["…"]')

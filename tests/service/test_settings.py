import pytest

from service.settings import InvalidSettings, Settings, read_settings, unknown_variables
from service.usecases.seal import new_key

VAULT_KEY = "x" * 42 + "w="
"""32 bytes in Base64, as a key is; nothing random, for this names a test."""


def test_a_bad_value_is_told_with_the_name_of_its_variable(monkeypatch):
    monkeypatch.setenv("QALIBRATE_CONCURRENCY", "many")
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", "mysql://x")
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    assert "QALIBRATE_CONCURRENCY: " in str(caught.value)
    assert "QALIBRATE_DATABASE_URL: " in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "grader"),
    [
        ({}, "signals"),
        ({"OPENAI_API_KEY": "x"}, "llm"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "llm"),
        ({"OPENAI_API_KEY": ""}, "signals"),
        ({"OPENAI_API_KEY": "x", "QALIBRATE_GRADER": "signals"}, "signals"),
    ],
)
def test_the_default_grader_follows_from_what_is_configured(monkeypatch, environment, grader):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert read_settings().default_grader == grader


def test_limits_and_prices_that_are_empty_are_not_set_and_no_limit_is_zero(monkeypatch):
    names = ("QALIBRATE_MODEL_REQUESTS_PER_MINUTE", "QALIBRATE_MODEL_TOKENS_PER_MINUTE", "QALIBRATE_PRICES")
    for name in names:
        monkeypatch.setenv(name, "")
    found = read_settings()
    assert (found.model_requests_per_minute, found.model_tokens_per_minute, found.prices) == (None,) * 3
    for name in (*names[:2], "QALIBRATE_MODEL_CONCURRENCY"):
        monkeypatch.setenv(name, "0")
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    assert all(name in str(caught.value) for name in (*names[:2], "QALIBRATE_MODEL_CONCURRENCY"))


def test_asking_for_the_llm_without_an_endpoint_is_a_configuration_error(monkeypatch):
    monkeypatch.setenv("QALIBRATE_GRADER", "llm")
    with pytest.raises(InvalidSettings, match="OPENAI_API_KEY or OPENAI_BASE_URL"):
        read_settings()


def test_the_key_does_not_show_in_a_printed_setting():
    assert "sk-hidden" not in repr(Settings(openai_api_key="sk-hidden"))


@pytest.mark.parametrize(
    "keys",
    [
        "secret",
        f"{VAULT_KEY},",
        f"{VAULT_KEY},secret",
        "ключ",
        f"{VAULT_KEY}x",
        f"{VAULT_KEY[:5]}!{VAULT_KEY[5:]}",
    ],
)
def test_a_bad_vault_key_stops_the_start_and_does_not_show(monkeypatch, keys):
    monkeypatch.setenv("QALIBRATE_VAULT_KEY", keys)
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    assert str(caught.value).startswith("QALIBRATE_VAULT_KEY: ")
    assert "qalibrate vault key" in str(caught.value)
    assert not any(key and key in str(caught.value) for key in keys.split(","))


def test_vault_keys_are_separated_by_commas_and_an_empty_one_is_none():
    first, second = new_key(), new_key()
    assert Settings(vault_key=f"{first}, {second}").vault_keys == [first, second]
    assert Settings(vault_key="").vault_keys == []


def test_a_policy_is_a_file_or_a_folder(tmp_path):
    assert Settings(policy=tmp_path).policy == tmp_path
    with pytest.raises(ValueError, match="no file or folder"):
        Settings(policy=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("QALIBRATE_CONCURRENCY", "many", "'many' is not a whole number above 0"),
        ("QALIBRATE_CONCURRENCY", "0", "'0' is not a whole number above 0"),
        ("QALIBRATE_RATE_LIMIT", "-1", "'-1' is not a whole number of at least 0"),
        ("QALIBRATE_VAULT_DAYS", "99999", "'99999' is not a number above 0 and up to 36500"),
        ("QALIBRATE_DEAD_AFTER_S", "inf", "'inf' is not a number above 0"),
        ("QALIBRATE_GRADER", "gpt", "'gpt' is not one of auto, llm, signals"),
        ("QALIBRATE_LOG_FORMAT", "xml", "'xml' is not one of console, json"),
        ("QALIBRATE_ALLOW_PRIVATE_CALLBACKS", "perhaps", "'perhaps' is not true or false"),
        ("QALIBRATE_PRICES", "/nowhere/prices.yaml", "there is no file /nowhere/prices.yaml"),
        ("QALIBRATE_DATABASE_URL", "", "is empty; leave it out for sqlite:///qalibrate.db"),
        ("QALIBRATE_WEBHOOK_SECRET", "geheim", "is not `whsec_` and base64"),
        ("OPENAI_BASE_URL", "ftp://x", "must start with http:// or https:// and name a host"),
        (
            "OPENAI_BASE_URL",
            "http://host:port/v1",
            "is not a URL: what stands after the host's colon is no port",
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "must start with http:// or https://"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(monkeypatch, name, given, said):
    monkeypatch.setenv(name, given)
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    told = str(caught.value)
    assert told.startswith(f"{name}: {said}")
    assert "\n" not in told
    assert not any(word in told for word in ("Value error", "Input should", "unable to"))


@pytest.mark.parametrize("url", ["postgresql://user:hidden@host:port/name", "mysql://user:hidden@host/name"])
def test_the_password_of_a_bad_database_url_does_not_show(monkeypatch, url):
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", url)
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    assert "hidden" not in str(caught.value)


def test_every_setting_can_be_complained_of_in_plain_words(monkeypatch):
    numbers = {"int", "float", "bool", "Literal"}
    for name, field in Settings.model_fields.items():
        if any(kind in str(field.annotation) for kind in numbers):
            monkeypatch.setenv(f"QALIBRATE_{name.upper()}", "certainly not")
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    lines = str(caught.value).splitlines()
    assert len(lines) > 15
    assert all("'certainly not' is not " in line for line in lines), lines
    assert "a value that can be used" not in str(caught.value)


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    for name in ("QALIBRATE_CONCURRENCY", "QALIBRATE_POLICY", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, "")
    found = read_settings()
    assert (found.concurrency, found.policy, found.otel_endpoint) == (64, None, None)


def test_an_option_that_somebody_takes_for_a_variable_is_named(monkeypatch):
    monkeypatch.setenv("QALIBRATE_PORT", "8010")
    monkeypatch.setenv("QALIBRATE_CONCURENCY", "3")
    assert unknown_variables() == [
        "QALIBRATE_CONCURENCY is not known; did you mean QALIBRATE_CONCURRENCY?",
        "QALIBRATE_PORT is not known; it is the option --port of `qalibrate serve`",
    ]

import asyncio

import pytest

from service.factory import Factory
from service.settings import Settings, read_settings
from service.usecases.requests import EvaluationRequest
from service.usecases.seal import new_key
from tests.service.cards import conversation


@pytest.fixture
def evaluation(qalibrate, monkeypatch) -> str:
    """An evaluation whose originals are kept."""
    monkeypatch.setenv("QALIBRATE_VAULT_KEY", new_key())
    factory = Factory(read_settings())
    factory.upgrade_database()
    said = conversation("Hello, this is John Smith.", "My card is 4111 1111 1111 1111.")
    done = asyncio.run(factory.submit("acme", EvaluationRequest.model_validate({"conversation": said})))
    factory.close()
    return done.id


def test_an_auditor_at_the_terminal_sees_what_placeholders_stood_for(qalibrate, evaluation, monkeypatch):
    # Whatever the level, the trace is left.
    monkeypatch.setenv("QALIBRATE_LOG_LEVEL", "error")
    ran = qalibrate("vault", "show", evaluation, "--tenant", "acme", "--format", "json")
    assert ran.code == 0
    assert ran.lines[0]["placeholders"]["<PERSON_1>"] == ["John Smith"]
    table = qalibrate("vault", "show", evaluation, "--tenant", "acme")
    assert "John Smith" in table.out
    assert '"vault opened"' in table.err
    assert "Smith" not in table.err


def test_what_is_forgotten_is_told_to_be_gone(qalibrate, evaluation):
    assert qalibrate("vault", "forget", evaluation, "--tenant", "acme").code == 0
    ran = qalibrate("vault", "show", evaluation, "--tenant", "acme")
    assert (ran.code, ran.out) == (2, "")
    assert "erased" in ran.err


def test_another_tenant_and_a_lost_key_are_told_apart(qalibrate, evaluation, monkeypatch):
    assert qalibrate("vault", "show", evaluation).code == 2
    monkeypatch.setenv("QALIBRATE_VAULT_KEY", new_key())
    ran = qalibrate("vault", "show", evaluation, "--tenant", "acme")
    assert ran.code == 3
    assert "QALIBRATE_VAULT_KEY" in ran.err


def test_a_new_key_is_one_and_stands_alone_on_standard_output(qalibrate):
    ran = qalibrate("vault", "key")
    assert Settings(vault_key=ran.out.strip()).vault_keys == [ran.out.strip()]
    assert ran.err == ""


def test_purging_tells_how_many(qalibrate, evaluation):
    assert qalibrate("vault", "purge", "--format", "json").lines == [{"purged": 0}]


def test_without_a_key_the_vault_says_how_to_turn_it_on(qalibrate):
    qalibrate("db", "upgrade")
    ran = qalibrate("vault", "show", "0" * 32)
    assert ran.code == 2
    assert "QALIBRATE_VAULT_KEY" in ran.err

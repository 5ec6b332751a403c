import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from redaction import Policy
from service.domain.errors import NotFound, NoVault, VaultGone, VaultLocked
from service.domain.transcript import Conversation
from service.factory import Factory
from service.settings import Settings
from service.usecases.answers import placeholders_in
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.redact import RedactConversation, redact_conversation
from service.usecases.requests import EvaluationRequest
from service.usecases.seal import new_key
from tests.service.cards import conversation

KEY = new_key()
SAID = (
    "Hello, this is John Smith.",
    "My card is 4111 1111 1111 1111, mail a.b@example.com.",
    "Thanks, John.",
)
PIECES = (
    "my name is John Smith",
    "card 4111 1111 1111 1111",
    "five five five",
    "mhm",
    "oh one four two",
    "mail a.b@example.com",
    "меня зовут Иван Петров",
    "我的手机号是13800138000",
    "<PERSON_1>",
    "hello",
    "😀",
)


def made(url, **own) -> Factory:
    factory = Factory(Settings(database_url=url, redaction_processes=0, **({"vault_key": KEY} | own)))
    factory.upgrade_database()
    return factory


def submitted(factory: Factory, tenant="default", **fields) -> str:
    request = EvaluationRequest.model_validate({"conversation": conversation(*SAID, **fields)})
    return asyncio.run(factory.submit(tenant, request)).id


def opened(factory: Factory, evaluation_id: str, placeholder=None):
    return factory.vault.open("default", evaluation_id, "test", placeholder)


@given(
    texts=st.lists(st.lists(st.sampled_from(PIECES), max_size=3).map(" ".join), min_size=1, max_size=6),
    note=st.sampled_from(PIECES),
)
@settings(max_examples=60, deadline=None)
def test_what_is_kept_restores_every_conversation_exactly(texts, note):
    if not any(texts):
        texts = ["hello"]
    given_turns = conversation(*texts, metadata={"note": note})
    redacted = redact_conversation(Policy(), Conversation.model_validate(given_turns), originals=True)
    restored = [turn.text for turn in redacted.conversation.turns]
    for original in reversed(redacted.originals):
        if original.turn is not None:
            text = restored[original.turn]
            assert text[original.start : original.end] == original.placeholder
            restored[original.turn] = text[: original.start] + original.text + text[original.end :]
    assert restored == list(texts)
    typed = {"<PERSON_1>"} if any("<PERSON_1>" in text for text in (*texts, note)) else set()
    assert placeholders_in(redacted.conversation) - typed == {o.placeholder for o in redacted.originals}


def test_nothing_travels_back_unless_it_is_asked_for():
    told = Conversation.model_validate(conversation(*SAID))
    assert redact_conversation(Policy(), told).originals == ()


@pytest.mark.parametrize("action", ["mask", "drop", "keep"])
def test_what_a_policy_does_not_replace_is_not_kept(action):
    policy = Policy(entities=dict.fromkeys(("CREDIT_CARD", "EMAIL_ADDRESS", "PERSON"), action))
    told = Conversation.model_validate(conversation(*SAID))
    assert redact_conversation(policy, told, originals=True).originals == ()


def test_masked_and_dropped_text_before_a_placeholder_moves_it():
    policy = Policy(entities={"CREDIT_CARD": "drop"})
    redacted = redact_conversation(policy, Conversation.model_validate(conversation(*SAID)), originals=True)
    mail = next(original for original in redacted.originals if original.text == "a.b@example.com")
    text = redacted.conversation.turns[1].text
    assert text[mail.start : mail.end] == "<EMAIL_ADDRESS_1>"


def test_an_evaluation_is_restored_with_every_spelling_once(database_url):
    factory = made(database_url)
    content = opened(factory, submitted(factory, metadata={"note": "ask john smith"}))
    assert content.placeholders["<CREDIT_CARD_1>"] == ("4111 1111 1111 1111",)
    assert content.placeholders["<PERSON_1>"] == ("John Smith", "John", "john smith")
    assert [o.turn for o in content.originals if o.placeholder == "<PERSON_1>"] == [0, 2, None]


def test_one_placeholder_can_be_asked_for(database_url):
    factory = made(database_url)
    one = submitted(factory)
    assert set(opened(factory, one, "<EMAIL_ADDRESS_1>").placeholders) == {"<EMAIL_ADDRESS_1>"}
    with pytest.raises(NotFound):
        opened(factory, one, "<PERSON_9>")


def test_without_a_key_nothing_is_kept_and_nothing_opens(database_url):
    off = made(database_url, vault_key=None)
    one = submitted(off)
    with pytest.raises(NoVault, match="QALIBRATE_VAULT_KEY is not set"):
        opened(off, one)
    with pytest.raises(NoVault, match="nothing was kept"):
        opened(made(database_url), one)


def test_another_tenants_evaluation_is_not_there(database_url):
    factory = made(database_url)
    theirs = submitted(factory, tenant="acme")
    with pytest.raises(NotFound):
        opened(factory, theirs)
    with pytest.raises(NotFound):
        factory.vault.forget("default", theirs, "test")
    assert factory.vault.open("acme", theirs, "test").placeholders


def test_what_is_forgotten_is_gone_while_the_evaluation_stays(database_url):
    factory = made(database_url)
    one = submitted(factory)
    with capture_logs() as lines:
        factory.vault.forget("default", one, "key 1")
        factory.vault.forget("default", one, "key 2")
    forgotten = [line for line in lines if line["event"] == "vault forgotten"]
    assert [(line["evaluation"], line["key"]) for line in forgotten] == [(one, "key 1")]
    with pytest.raises(VaultGone, match="erased"):
        opened(factory, one)
    assert factory.evaluations.get("default", one).id == one


def test_forgetting_needs_no_key(database_url):
    one = submitted(made(database_url))
    made(database_url, vault_key=None).vault.forget("default", one, "test")
    with pytest.raises(VaultGone):
        opened(made(database_url), one)


def test_what_has_expired_is_gone_from_the_table(database_url):
    factory = made(database_url, vault_days=1e-9)
    one, two = submitted(factory), submitted(factory)
    with pytest.raises(VaultGone) as caught:
        opened(factory, one)
    assert "expired" in caught.value.detail
    with factory.database.engine.connect() as connection:
        sealed = connection.exec_driver_sql("SELECT sealed FROM vaults").scalars().all()
    assert sealed == [None, None]
    assert factory.vault.purge() == 0
    with pytest.raises(VaultGone):
        opened(factory, two)


def test_purging_leaves_what_has_not_expired(database_url):
    factory = made(database_url)
    one = submitted(factory)
    submitted(made(database_url, vault_days=1e-9), tenant="acme")
    assert factory.vault.purge() == 1
    assert opened(factory, one).placeholders


def test_a_lost_key_locks_the_vault_and_breaks_nothing(database_url):
    one = submitted(made(database_url))
    other = made(database_url, vault_key=new_key())
    with pytest.raises(VaultLocked):
        opened(other, one)
    assert opened(made(database_url, vault_key=f"{new_key()}, {KEY}"), one).placeholders


def test_nothing_readable_is_in_the_database_file_and_what_is_forgotten_is_overwritten(tmp_path):
    factory = made(f"sqlite:///{tmp_path / 'vault.db'}")
    one = submitted(factory, metadata={"note": "ask john smith"})
    with factory.database.engine.connect() as connection:
        sealed = connection.exec_driver_sql("SELECT sealed FROM vaults").scalar_one()
    assert [
        text for text in ("John", "Smith", "4111", "example.com") if text.encode() in _bytes(tmp_path)
    ] == []
    assert sealed[:200] in _bytes(tmp_path)
    factory.vault.forget("default", one, "test")
    factory.close()
    assert sealed[:200] not in _bytes(tmp_path)


def _bytes(folder) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_a_refused_submission_leaves_no_vault(database_url):
    factory = made(database_url)
    request = EvaluationRequest.model_validate({"conversation": conversation(*SAID), "scorecard": "nothing"})
    with pytest.raises(Exception, match="nothing"):
        asyncio.run(factory.submit("default", request))
    with factory.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM vaults").scalar() == 0


async def test_what_was_taken_out_comes_back_from_another_process_only_when_asked_for():
    pool = WorkPool(1)
    redact = RedactConversation(pool, Policies())
    told = Conversation.model_validate(conversation(*SAID))
    try:
        assert (await redact(told)).originals == ()
        assert "4111 1111 1111 1111" in {o.text for o in (await redact(told, originals=True)).originals}
    finally:
        pool.close()

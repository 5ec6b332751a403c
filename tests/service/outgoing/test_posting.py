import asyncio
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.domain.errors import InvalidInput
from service.domain.webhook import NotPosted
from service.outgoing.names import SystemNames
from service.outgoing.posting import Post
from service.usecases.callbacks import CheckCallback
from tests.receiver import receiver

PUBLIC, LOOPBACK = "93.184.215.14", "127.0.0.1"


class Names:
    """A resolver that gives each of its answers once, and the last one ever after."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host):
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise OSError("no such name")
        return [ip_address(text) for text in answer]


def post(url, *, names=None, private=True, headers=None, **options):
    sender = Post(names or Names([LOOPBACK]), private=private, **options)
    return asyncio.run(sender(url, headers or {"host": "crm.example"}, b"{}"))


def reason(url, **options):
    with pytest.raises(NotPosted) as caught:
        post(url, **options)
    return caught.value.failure.type


def test_the_receiver_gets_headers_and_body_under_its_own_name():
    names = Names([LOOPBACK], [])
    with receiver(statuses=[202], headers={"retry-after": "7"}) as there:
        headers = {"host": f"crm.example:{there.port}", "webhook-id": "msg_1"}
        reply = post(there.url("crm.example"), names=names, headers=headers)
    (came,) = there.received
    assert reply == (202, "7")
    assert (came.path, came.body, came.headers["webhook-id"]) == ("/hook?token=geheim", b"{}", "msg_1")
    assert came.headers["host"] == f"crm.example:{there.port}"
    assert names.asked == ["crm.example"]


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_followed():
    names = Names([PUBLIC], [LOOPBACK])
    with receiver() as there:
        url = there.url("rebind.example")
        asyncio.run(CheckCallback(names, private=False)(url))
        assert reason(url, names=names, private=False) == "not-allowed"
    assert there.received == []
    assert names.asked == ["rebind.example"] * 2


def test_the_connection_goes_to_the_address_that_was_checked_and_to_no_other():
    names = Names([LOOPBACK], [PUBLIC])
    with receiver() as there:
        assert post(there.url("rebind.example"), names=names).status == 200
    assert names.asked == ["rebind.example"]


@pytest.mark.parametrize(
    "answer", [[LOOPBACK], [PUBLIC, "10.0.0.1"], ["169.254.169.254"], ["::1"], [PUBLIC, "fd00::1"]]
)
def test_a_name_is_refused_when_one_of_its_addresses_is_private(answer):
    assert reason("http://crm.example/hook", names=Names(answer), private=False) == "not-allowed"
    with pytest.raises(InvalidInput) as caught:
        asyncio.run(CheckCallback(Names(answer), private=False)("http://crm.example/hook"))
    assert [problem.pointer for problem in caught.value.problems] == ["/callback_url"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://0x7f.1/"])
def test_an_address_that_is_private_as_written_is_refused_without_asking_anybody(url):
    names = Names([PUBLIC])
    assert reason(url, names=names, private=False) == "not-allowed"
    with pytest.raises(InvalidInput):
        asyncio.run(CheckCallback(names, private=False)(url))
    assert names.asked == []


def test_a_name_that_cannot_be_looked_up_is_taken_at_submission_and_fails_at_delivery():
    asyncio.run(CheckCallback(Names([]), private=False)("http://away.example/hook"))
    assert reason("http://away.example/hook", names=Names([])) == "unresolved"


def test_a_name_server_that_never_answers_holds_up_nobody():
    async def never(_host):
        await asyncio.sleep(60)

    asyncio.run(CheckCallback(never, private=False, look_up_s=0.05)("http://slow.example/hook"))
    assert reason("http://slow.example/hook", names=never, timeout_s=0.05) == "timeout"


def test_a_name_is_looked_up_once_for_a_whole_batch():
    names = Names([PUBLIC])
    check = CheckCallback(names, private=False)

    async def batch():
        for line in range(50):
            await check(f"https://crm.example/hook?line={line}")

    asyncio.run(batch())
    assert names.asked == ["crm.example"]


def test_another_address_is_tried_when_the_first_does_not_answer():
    with receiver() as there:
        assert post(there.url("crm.example"), names=Names(["127.0.0.2", LOOPBACK])).status == 200


def test_nobody_there_is_a_failed_connection():
    with socket.socket() as unheard:
        unheard.bind((LOOPBACK, 0))
        assert reason(f"http://crm.example:{unheard.getsockname()[1]}/") == "connection"


def test_redirects_are_not_followed():
    with receiver() as elsewhere, receiver(statuses=[307], headers={"location": elsewhere.url()}) as there:
        assert post(there.url()).status == 307
    assert elsewhere.received == []


def test_a_receiver_that_takes_too_long_is_given_up():
    with receiver(pause_s=1) as there:
        assert reason(there.url(), timeout_s=0.1) == "timeout"


def test_an_endless_answer_is_not_read_to_its_end():
    with receiver(body=b"x" * 50_000_000) as there:
        assert post(there.url()).status == 200


def told_by(babble, *, tls=(None, None)):
    """Why a request failed to a server that says what `babble` writes."""

    async def told():
        async def answer(reader, writer):
            with suppress(ConnectionError):
                await reader.readuntil(b"{}")
                await babble(writer)
            writer.close()

        server = await asyncio.start_server(answer, LOOPBACK, 0, ssl=tls[0])
        url = f"http{'s' if tls[0] else ''}://crm.example:{server.sockets[0].getsockname()[1]}/"
        async with server:
            with pytest.raises(NotPosted) as caught:
                await Post(Names([LOOPBACK]), private=True, tls=tls[1])(url, {"host": "a"}, b"{}")
        return caught.value.failure

    return asyncio.run(told())


def test_what_speaks_no_http_is_told_so():
    async def babble(writer):
        writer.write(b"SSH-2.0-server\r\n\r\n")
        await writer.drain()

    assert told_by(babble).type == "protocol"


@pytest.mark.parametrize("encrypted", [False, True])
def test_who_puts_the_answer_off_without_end_is_given_up_after_some_bytes(authority, encrypted):
    async def put_off(writer):
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            await writer.drain()

    failure = told_by(put_off, tls=authority if encrypted else (None, None))
    assert (failure.type, failure.detail) == ("protocol", "the receiver sent 65,536 bytes and no answer")


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    with receiver() as proxy, receiver() as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(there.url("crm.example")).status == 200
    assert proxy.received == []


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """What a receiver called crm.example shows, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "crm.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    shown, secret = folder / "shown.pem", folder / "secret.pem"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(shown, secret)
    return server, ssl.create_default_context(cafile=shown)


def test_a_certificate_is_checked_against_the_name_and_not_the_address(authority):
    server, trusting = authority
    shown = []
    server.sni_callback = lambda _socket, name, _context: shown.append(name)
    with receiver(server) as there:
        assert post(there.url("crm.example"), tls=trusting).status == 200
        assert reason(there.url("other.example"), tls=trusting) == "tls"
        assert reason(there.url("crm.example")) == "tls"
    assert shown == ["crm.example", "other.example", "crm.example"]
    assert len(there.received) == 1


async def test_the_machines_own_names_are_looked_up():
    names = SystemNames()
    assert ip_address(LOOPBACK) in await names("localhost")
    assert await names(PUBLIC) == [ip_address(PUBLIC)]
    for wrong in ("no-such-name.invalid", "a" * 70 + ".example"):
        with pytest.raises(OSError):  # noqa: PT011 - the machine words it
            await names(wrong)
    names.close()

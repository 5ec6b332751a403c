from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.callback import BadCallback, is_public, read_callback

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:4860:4860::5efe:7f00:1",
    "2001:db8::1",
    "2002:a00:1::",
    "2002:808:808::",
    "2606:4700::200:5efe:a00:1",
    "::ffff:168.63.129.16",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.254"]
PUBLIC_6 = [
    "2606:4700:4700::1111",
    "2606:4700::5efe:808:808",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("text", [*PRIVATE, *PRIVATE_6])
def test_an_address_that_is_not_of_the_public_internet_is_refused(text):
    assert not is_public(ip_address(text))
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(BadCallback, match="not public"):
        read_callback(f"https://{host}/hook")
    assert read_callback(f"https://{host}/hook", private=True).hostname == text


@pytest.mark.parametrize("text", [*PUBLIC, *PUBLIC_6])
def test_an_address_of_the_public_internet_is_taken(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0x7F.0.0.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "010.8.8.8",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.256.256.256",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "api.localhost",
        "１２７.0.0.1",
        "127。0。0。1",
        "ⓛocalhost",
        "0",
        "0x",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[fe80::1%25eth0]",
        "[2606:4700:4700::1111%25eth0]",
        "a..b",
        "-a.example",
        "%31%32%37.0.0.1",
    ],
)
def test_odd_spellings_of_hosts_are_refused(host):
    with pytest.raises(BadCallback):
        read_callback(f"http://{host}/hook")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///hook",
        "https:hook",
        "//crm.example/hook",
        "ftp://crm.example/hook",
        "file:///etc/passwd",
        "gopher://crm.example/",
        "https://user@crm.example/hook",
        "https://user:secret@crm.example/hook",
        "https://crm.example@127.0.0.1/hook",
        "https://crm.example\\@127.0.0.1/hook",
        "https://127.0.0.1\\.crm.example/",
        "https://crm.example/a b",
        "https://crm.example/\nhook",
        "https://crm.example/\thook",
        "https://crm.example:0/hook",
        "https://crm.example:99999/hook",
        "https://crm.example:port/hook",
        "https://crm.example:22/hook",
        "http://crm.example:25/hook",
        "https://crm.example/ключ",
        "https://[::1/hook",
        "https://crm.example/" + "a" * 2000,
    ],
)
def test_what_is_no_plain_url_of_the_web_is_refused(url):
    with pytest.raises(BadCallback):
        read_callback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/hook?token=a%20b",
        "http://crm.example",
        "https://crm.example:443/",
        "https://crm.example:8443/hook",
        "https://xn--e1afmkfd.example/hook",
        "https://a_b.crm.example./hook",
        "https://8.8.8.8/hook",
        "https://[2606:4700:4700::1111]:8443/hook",
        "HTTPS://CRM.EXAMPLE/hook",
    ],
)
def test_urls_of_the_web_are_taken(url):
    read_callback(url)


def test_private_names_and_ports_may_be_allowed_but_no_odd_spelling():
    for url in ("http://localhost:80/", "http://127.0.0.1:25/", "http://crm:22/hook", "http://[::1]:9000/"):
        read_callback(url, private=True)
    for url in ("http://2130706433/", "http://user@localhost/", "ftp://localhost/"):
        with pytest.raises(BadCallback):
            read_callback(url, private=True)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_the_one_it_carries(address: IPv4Address):
    for carrier in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(IPv6Address(carrier)) == is_public(address)
    assert is_public(address) <= address.is_global


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_is_refused(text):
    for url in (text, f"https://{text}/", f"https://crm.example{text}"):
        with suppress(BadCallback):
            assert read_callback(url).hostname

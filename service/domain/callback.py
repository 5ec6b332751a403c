"""Where webhooks may go: which URLs, and which addresses behind their names."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address

LONGEST_URL = 2000
_WEB_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024

_PRINTABLE = re.compile(r"[!-~]+")
# What the old ways of writing an IPv4 address have in common: its last part is a number.
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")

# Beside what Python calls global, which differs between its versions. The last one is a public address that
# leads every machine of Azure to what governs its host.
_NOT_PUBLIC_4 = [
    IPv4Network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10", "240.0.0.0/4", "168.63.129.16/32")
]
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16", "3ffe::/16")
]
_NAT64 = IPv6Network("64:ff9b::/96")
# RFC 5214: the lower half of an address that tunnels to the IPv4 address in its last 32 bits. The bit for
# "unique in the world" may be set.
_ISATAP, _UNIQUE = 0x00005EFE, 0x02000000


class Resolver(Protocol):
    """Says what addresses a name stands for."""

    async def __call__(self, host: str) -> Sequence[Address]:
        """Return the addresses of a name, or the address that `host` is. Raises OSError when it has none."""


class BadCallback(ValueError):
    """A callback URL that webhooks cannot or must not go to; the message is for who gave it."""


def read_callback(url: str, *, private: bool = False) -> SplitResult:
    """Return the parts of a callback URL. Raises BadCallback unless webhooks may go there.

    A name may still lead to an address where they may not. `private` allows every address and port.
    """
    parts = _parsed(url)
    host = parts.hostname or ""
    literal = _literal(host)
    if literal is None:
        _check_name(host, private=private)
    elif not private:
        check_address(literal)
    port = parts.port
    if not private and port is not None and port not in _WEB_PORTS and port < _FIRST_FREE_PORT:
        raise BadCallback("the port must be 80, 443 or above 1023")
    return parts


def check_address(address: Address) -> None:
    """Raise BadCallback unless the address is one of the public internet."""
    if not is_public(address):
        raise BadCallback("it leads to an address that is not public")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and so is the IPv4 address that it may carry."""
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        return _is_public_6(address) if carried is None else is_public(carried)
    is_special = address.is_multicast or any(address in net for net in _NOT_PUBLIC_4)
    return address.is_global and not is_special


def _is_public_6(address: IPv6Address) -> bool:
    is_special = address.is_multicast or any(address in net for net in _NOT_PUBLIC_6)
    tunnel = _tunnelled(address)
    if tunnel is not None and not is_public(tunnel):
        return False
    return address in _PUBLIC_6 and address.is_global and not is_special


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address are led to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return _last_32_bits(address) if address in _NAT64 else None


def _tunnelled(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a router of the site that has the IPv6 address may tunnel to."""
    middle = int(address) >> 32 & 0xFFFFFFFF
    return _last_32_bits(address) if middle & ~_UNIQUE == _ISATAP else None


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _parsed(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise BadCallback(f"it is longer than {LONGEST_URL} characters")
    # Python drops some characters silently, and takes a backslash for something else than browsers do.
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise BadCallback("write it in ASCII, without spaces: percent-encoded, names as xn--…")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadCallback("it is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise BadCallback("it must be an http or https URL with a host")
    if "@" in parts.netloc:
        raise BadCallback("it must not hold a user or password; signatures prove where webhooks come from")
    return parts


def _literal(host: str) -> Address | None:
    try:
        # Which of our networks an address is in (`%eth0`) is nobody else's to say.
        return ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def _check_name(host: str, *, private: bool) -> None:
    plain = host.removesuffix(".")
    if not _NAME.fullmatch(host) or _NUMBER.fullmatch(plain.rpartition(".")[2]):
        raise BadCallback("the host is neither a name nor an IP address in its usual spelling")
    if not private and (plain == "localhost" or plain.endswith(".localhost")):
        raise BadCallback("it leads to an address that is not public")

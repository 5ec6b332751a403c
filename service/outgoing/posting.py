"""Posts to addresses that strangers chose: checked after the name is looked up, and connected to as checked.

A name is looked up once, where the connection is made. A second look-up, as an HTTP client does it by itself,
could give another address than the one that was checked.
"""

import asyncio
import ssl
from collections.abc import AsyncIterable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import httpcore2
import httpx2

from service.domain.callback import Address, BadCallback, Resolver, check_address, read_callback
from service.domain.webhook import DeliveryFailure, FailureType, NotPosted, Reply

TIMEOUT_S = 15.0
"""All of a request: looking up the name, connecting, sending and the answer."""

CONNECT_S = 5.0
"""One address of a name. When it does not answer there may be another one."""

MOST_SENT = 65_536
"""Bytes that are taken from a receiver at most. Any number of interim answers may come before the answer, and
each of them costs work.
"""

MOST_READ = 4096
READ_S = 1.0
"""What is read of an answer's body at most, and for how long. Nobody looks at it, but some servers take it
for a failure when nobody reads what they say.
"""


class Post:
    """Posts webhooks. Redirects are not followed, proxies of the environment not used."""

    def __init__(
        self,
        resolve: Resolver,
        *,
        private: bool,
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make one; `private` allows every address. `tls` says whose certificates are trusted."""
        self._backend = CheckedBackend(resolve, private=private)
        self._private = private
        self._timeout_s = timeout_s
        self._tls = tls or httpx2.create_ssl_context()

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return what the receiver answered. Raises NotPosted when it did not, or must not be asked."""
        try:
            read_callback(url, private=self._private)
            async with asyncio.timeout(self._timeout_s):
                return await self._post(url, headers, body)
        except TimeoutError:
            raise _not_posted("timeout", f"there was no answer within {self._timeout_s:g} s") from None
        except BadCallback as error:
            raise _not_posted("not-allowed", f"the callback URL is not allowed: {error}") from None
        except httpcore2.UnsupportedProtocol:
            raise _not_posted("not-allowed", "the callback URL is not one of HTTP") from None
        except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
            raise _why(error) from None
        except SentTooMuch:
            raise _not_posted("protocol", f"the receiver sent {MOST_SENT:,} bytes and no answer") from None
        except (httpcore2.ProtocolError, ValueError):
            raise _not_posted("protocol", "the receiver does not speak HTTP") from None

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        # A connection for each: they are seldom, and one that was kept may have been closed meanwhile, which
        # would look like a failure.
        async with httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, network_backend=self._backend, max_keepalive_connections=0
        ) as pool:
            request = pool.stream("POST", url, headers=list(headers.items()), content=body)
            async with request as response:
                assert isinstance(response.stream, AsyncIterable)  # noqa: S101 - so says its pool
                with suppress(Exception):
                    async with asyncio.timeout(READ_S):
                        await _read_some(response.stream)
                return Reply(response.status, _header(response, b"retry-after"))


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Looks up a name, checks every address it stands for, and connects to one of these very addresses.

    The name itself goes on in the Host header and in TLS, where the certificate is checked against it.
    """

    def __init__(self, resolve: Resolver, *, private: bool) -> None:
        self._resolve = resolve
        self._private = private
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - not our signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect. Raises BadCallback when one of the addresses is not allowed, ConnectError."""
        failure: httpcore2.NetworkError | httpcore2.TimeoutException = httpcore2.ConnectError("no address")
        for address in await self._checked(host):
            try:
                stream = await self._plain.connect_tcp(
                    str(address), port, min(timeout or CONNECT_S, CONNECT_S), local_address, socket_options
                )
                return BoundedStream(stream)
            except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str) -> list[Address]:
        try:
            addresses = list(await self._resolve(host))
        except OSError:
            raise NameNotFound("the name cannot be looked up") from None
        for address in addresses:
            if not self._private:
                check_address(address)
        return addresses


class BoundedStream(httpcore2.AsyncNetworkStream):
    """A connection that gives up on who sends more than MOST_SENT bytes."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = MOST_SENT

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return some of what came. Raises SentTooMuch."""
        if not self._left:
            raise SentTooMuch
        read = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(read)
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """Return the same connection encrypted; what it may send is counted there as well."""
        return BoundedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows about itself."""
        return self._stream.get_extra_info(info)


class SentTooMuch(httpcore2.RemoteProtocolError):
    """The receiver goes on and on."""


class NameNotFound(httpcore2.ConnectError):
    """The receiver's name stands for no address, or nobody can say now."""


async def _read_some(stream: AsyncIterable[bytes]) -> None:
    read = 0
    async for part in stream:
        read += len(part)
        if read >= MOST_READ:
            return


def _header(response: httpcore2.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), None)


def _not_posted(kind: FailureType, detail: str) -> NotPosted:
    return NotPosted(DeliveryFailure(type=kind, detail=detail))


def _why(error: Exception) -> NotPosted:
    if isinstance(error, NameNotFound):
        return _not_posted("unresolved", "the receiver's name cannot be looked up")
    if isinstance(error, httpcore2.TimeoutException):
        return _not_posted("timeout", f"no connection within {CONNECT_S:g} s")
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return _not_posted("tls", "the receiver's certificate cannot be trusted, or it does not speak TLS")
    return _not_posted("connection", "the connection was refused or lost")

"""The one way out: every HTTP request to a vendor goes through this client.

Explicit timeouts, no redirects, no cookies, no proxies from the environment, TLS always
verified, a cap on the answer's size, a guard against our own network. It logs nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp
from yarl import URL

from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError, Stage
from kommutator.kit.guard import (
    AddressRefused,
    GuardedResolver,
    is_literal,
    is_public,
    is_public_or_lan,
)

CONNECT_TIMEOUT_S = 3.0
TOTAL_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
CONNECTIONS = 500
CONNECTIONS_PER_HOST = 32
KEEP_ALIVE_S = 30.0
_CHUNK_BYTES = 64 * 1024

Pairs = Sequence[tuple[str, str]]
Meter = Callable[[str, str, float], None]


class WireError(KommutatorError):
    """No usable answer came.

    Attributes:
        stage: BEFORE_SENDING: the vendor saw nothing. SENT: the request left, no status came.
            ANSWERED: a status came but the body did not.
        reason: one of `address_refused`, `insecure_url`, `dns`, `connect`, `tls`, `timeout`,
            `reset`, `too_large`, `broken_answer`.
    """

    def __init__(self, stage: Stage, reason: str, status: int | None = None) -> None:
        super().__init__(f"{reason} ({stage.value})")
        self.stage = stage
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status. Header names are lower-case.

    `left_ms`: from asking to the moment the request began to leave, connecting included.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    duration_ms: float
    left_ms: float = 0.0


class HttpClient:
    """One per process: keeps connections alive and the limits per host.

    Args:
        allowed_hosts: hosts that may be private, and may be reached without TLS (twins, an
            intranet CRM); from settings only, never from a tenant.
        own_hosts: hosts that a tenant calls its own (its PBX): without TLS too, and in a private
            network, but never at loopback, link-local or other special addresses.
        ca_file: extra certificate authority for an on-premises CRM.
        meter: told of each request: vendor, what came of it, seconds.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        allowed_hosts: Collection[str] = (),
        own_hosts: Collection[str] = (),
        ca_file: str | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        per_host: int = CONNECTIONS_PER_HOST,
        meter: Meter | None = None,
    ) -> None:
        self._clock = clock
        self._meter = meter
        self._allowed = frozenset(allowed_hosts)
        self._own = frozenset(own_hosts)
        self._ca_file = ca_file
        self._max_bytes = max_answer_bytes
        self._per_host = per_host
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Pairs = (),
        form: Pairs | None = None,
        body: bytes | None = None,
        timeout_s: float = TOTAL_TIMEOUT_S,
        vendor: str = "",
    ) -> Answer:
        """Send one request, `form` urlencoded in UTF-8, or `body` as it is.

        Args:
            vendor: under which kind the request is counted; "": not at all.

        Raises:
            WireError: no usable answer; see its `stage` before trying again.
        """
        started = self._clock.monotonic()
        outcome = "cancelled"
        try:
            answer = await self._send(
                method, url, headers, params, _data(form, body), timeout_s, started
            )
            outcome = str(answer.status)
        except WireError as error:
            outcome = error.reason
            raise
        else:
            return answer
        finally:
            if self._meter is not None and vendor:
                self._meter(vendor, outcome, self._clock.monotonic() - started)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Pairs,
        data: aiohttp.FormData | bytes | None,
        timeout_s: float,
        started: float,
    ) -> Answer:
        target = self._admit(url)
        trace = SimpleNamespace(stage=Stage.BEFORE_SENDING, left=started)
        try:
            async with self._open().request(
                method,
                target.extend_query(list(params)),
                headers=headers,
                data=data,
                allow_redirects=False,
                timeout=_timeout(timeout_s),
                trace_request_ctx=trace,
            ) as response:
                trace.stage = Stage.ANSWERED
                trace.status = response.status
                body = await self._read(response)
                return Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                    duration_ms=(self._clock.monotonic() - started) * 1000,
                    left_ms=(trace.left - started) * 1000,
                )
        except WireError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, AddressRefused) as error:
            raise WireError(trace.stage, _reason(error), getattr(trace, "status", None)) from error

    async def download(
        self,
        url: str,
        write: Callable[[bytes], Awaitable[None]],
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> int:
        """GET a body of any size, piece by piece into `write`; returns the status.

        Only the body of a 200 is written. What `write` raises is passed on.

        Raises:
            WireError: no usable answer, or it broke off; what was written is then a part.
        """
        target = self._admit(url)
        trace = SimpleNamespace(stage=Stage.BEFORE_SENDING)
        try:
            async with self._open().get(
                target, headers=headers, allow_redirects=False, timeout=_timeout(timeout_s),
                trace_request_ctx=trace,
            ) as response:  # fmt: skip
                trace.stage = Stage.ANSWERED
                if response.status == HTTPStatus.OK:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        await write(chunk)
                return response.status
        except (aiohttp.ClientError, TimeoutError, ConnectionError, AddressRefused) as error:
            raise WireError(trace.stage, _reason(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _admit(self, url: str) -> URL:
        try:
            target = URL(url)
        except ValueError as error:
            raise WireError(Stage.BEFORE_SENDING, "address_refused") from error
        host = target.host or ""
        if host in self._allowed:
            return target
        own = host in self._own
        if target.scheme != "https" and not (own and target.scheme == "http"):
            raise WireError(Stage.BEFORE_SENDING, "insecure_url")
        if is_literal(host) and not (is_public_or_lan(host) if own else is_public(host)):
            raise WireError(Stage.BEFORE_SENDING, "address_refused")
        return target

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise WireError(Stage.ANSWERED, "too_large", response.status)
        return bytes(body)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            tls = ssl.create_default_context()
            if self._ca_file is not None:
                tls.load_verify_locations(self._ca_file)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=tls,
                    limit=CONNECTIONS,
                    limit_per_host=self._per_host,
                    keepalive_timeout=KEEP_ALIVE_S,
                    resolver=GuardedResolver(aiohttp.ThreadedResolver(), self._allowed, self._own),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # one session serves all tenants
                trace_configs=[_stage_trace(self._clock)],
                headers={"User-Agent": "Kommutator"},
                trust_env=False,
            )
        return self._session


def _data(form: Pairs | None, body: bytes | None) -> aiohttp.FormData | bytes | None:
    return body if form is None else aiohttp.FormData(list(form), charset="utf-8")


def _timeout(total_s: float) -> aiohttp.ClientTimeout:
    connect_s = min(CONNECT_TIMEOUT_S, total_s)
    return aiohttp.ClientTimeout(total=total_s, connect=connect_s, sock_connect=connect_s)


def _stage_trace(clock: Clock) -> aiohttp.TraceConfig:
    """Notes when a request begins to leave: from then on nobody knows what the vendor saw."""

    async def leaving(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
        context.trace_request_ctx.stage = Stage.SENT
        context.trace_request_ctx.left = clock.monotonic()

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(leaving)
    trace.on_connection_reuseconn.append(leaving)
    return trace


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (AddressRefused, "address_refused"),
    (aiohttp.InvalidURL, "address_refused"),  # 127.1 and other disguises of an address
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (TimeoutError, "timeout"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (aiohttp.ClientOSError, "reset"),
    (aiohttp.ClientError, "broken_answer"),
    (ConnectionError, "reset"),
)


def _reason(error: BaseException) -> str:
    return next((word for kind, word in _REASONS if isinstance(error, kind)), "connect")

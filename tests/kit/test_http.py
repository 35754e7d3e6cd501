"""The outbound client against real sockets: what it refuses, and how far a failure came."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from unittest.mock import patch

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from yarl import URL

from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import Stage
from kommutator.kit.http import HttpClient, WireError

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A socket that speaks whatever the test wants."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        server.close()


@dataclass
class Site:
    url: str = ""
    seen: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    there = Site()

    async def echo(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        there.seen.append((request.method, request.path_qs, form, dict(request.headers)))
        headers = {"X-Reply": "Yes", "Set-Cookie": "tenant=one"}
        return web.Response(body=b"hello", headers=headers)

    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/echo"})

    app = web.Application()
    app.router.add_route("*", "/echo", echo)
    app.router.add_get("/moved", moved)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"}, max_answer_bytes=1000)
    yield client
    await client.close()


async def failure(http: HttpClient, url: str, timeout_s: float = 5.0) -> WireError:
    with pytest.raises(WireError) as caught:
        await http.request("POST", url, form=[("a", "b")], timeout_s=timeout_s)
    return caught.value


async def test_form_query_and_headers_arrive(http: HttpClient, site: Site) -> None:
    answer = await http.request(
        "POST",
        f"{site.url}/echo?old=1",
        headers={"X-API-KEY": "fake-key"},
        params=[("phone", "+375000000070"), ("filter[name]", "Ёж")],
        form=[("event", '{"a":"я"}')],
    )
    assert (answer.status, answer.body, answer.headers["x-reply"]) == (200, b"hello", "Yes")
    assert answer.duration_ms > 0
    method, path, form, headers = site.seen[0]
    assert (method, form, headers["X-API-KEY"]) == ("POST", {"event": '{"a":"я"}'}, "fake-key")
    assert path == "/echo?old=1&phone=%2B375000000070&filter%5Bname%5D=%D0%81%D0%B6"


async def test_redirects_are_answers(http: HttpClient, site: Site) -> None:
    assert (await http.request("GET", f"{site.url}/moved")).status == 302
    assert site.seen == []


async def test_cookies_do_not_travel_between_tenants(http: HttpClient, site: Site) -> None:
    for _ in range(2):
        await http.request("GET", f"{site.url}/echo")
    assert "Cookie" not in site.seen[1][3]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://127.0.0.2/", "address_refused"),
        ("https://[::1]/", "address_refused"),
        ("https://localhost/", "address_refused"),
        ("https://[nonsense/", "address_refused"),
        ("", "insecure_url"),
        ("https://127.1/", "address_refused"),
        ("http://93.184.216.34/", "insecure_url"),
        ("ftp://93.184.216.34/", "insecure_url"),
        ("https://nowhere.invalid/", "dns"),
    ],
)
async def test_where_it_does_not_go(http: HttpClient, url: str, reason: str) -> None:
    error = await failure(http, url)
    assert (error.stage, error.reason) == (Stage.BEFORE_SENDING, reason)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "0"],
)
async def test_a_tenants_own_host_is_never_this_machine(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    own = URL(f"http://{host}").host
    assert own is not None
    client = HttpClient(clock=SystemClock(), own_hosts={own})
    error = await failure(client, f"http://{host}:{port}/echo")
    await client.close()
    assert (error.stage, error.reason) == (Stage.BEFORE_SENDING, "address_refused")
    assert site.seen == []


async def test_a_tenants_own_host_may_be_private_and_without_tls(site: Site) -> None:
    client = HttpClient(clock=SystemClock(), own_hosts={"127.0.0.1"})
    with patch("kommutator.kit.guard._LAN", (ip_network("127.0.0.0/8"),)):
        answer = await client.request("GET", f"{site.url}/echo")
        stranger = await failure(client, site.url.replace("127.0.0.1", "127.0.0.2"))
    await client.close()
    assert (answer.status, len(site.seen)) == (200, 1)
    assert stranger.reason == "insecure_url"


async def test_closed_port(http: HttpClient) -> None:
    async with listening(_hang_up) as url:
        pass
    error = await failure(http, url)
    assert (error.stage, error.reason) == (Stage.BEFORE_SENDING, "connect")


async def _hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def test_dropped_after_sending(http: HttpClient) -> None:
    async with listening(_hang_up) as url:
        error = await failure(http, url)
    assert (error.stage, error.reason) == (Stage.SENT, "reset")


async def test_silence_after_sending(http: HttpClient) -> None:
    release = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await release.wait()

    async with listening(wait) as url:
        error = await failure(http, url, timeout_s=0.05)
        release.set()
    assert (error.stage, error.reason) == (Stage.SENT, "timeout")


def answering(raw: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    return talk


async def test_answer_cut_off(http: HttpClient) -> None:
    async with listening(answering(b"HTTP/1.1 201 OK\r\nContent-Length: 9\r\n\r\nab")) as url:
        error = await failure(http, url)
    assert (error.stage, error.reason, error.status) == (Stage.ANSWERED, "broken_answer", 201)


async def test_answer_too_large(http: HttpClient) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001
    async with listening(answering(raw)) as url:
        error = await failure(http, url)
    assert (error.stage, error.reason) == (Stage.ANSWERED, "too_large")


async def test_not_http_at_all(http: HttpClient) -> None:
    async with listening(answering(b"SSH-2.0-OpenSSH\r\n\r\n")) as url:
        error = await failure(http, url)
    assert (error.stage, error.reason) == (Stage.SENT, "broken_answer")


async def test_plain_listener_is_no_tls_peer(http: HttpClient) -> None:
    async with listening(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        error = await failure(http, url.replace("http:", "https:"), timeout_s=1)
    assert error.stage is Stage.BEFORE_SENDING


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of our own authority for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crm.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, secret


async def test_certificates_are_verified(certificate: tuple[Path, Path]) -> None:
    chain, secret = certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, secret)
    hello = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    stranger = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    friend = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"}, ca_file=str(chain))
    async with listening(hello, tls) as url:
        error = await failure(stranger, url)
        answer = await friend.request("POST", url, form=[("a", "b")])
    await stranger.close()
    await friend.close()
    assert (error.stage, error.reason) == (Stage.BEFORE_SENDING, "tls")
    assert (answer.status, answer.body) == (200, b"hi")


async def test_each_request_to_a_vendor_is_counted_with_what_came_of_it(site: Site) -> None:
    told: list[tuple[str, str]] = []

    def meter(vendor: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        told.append((vendor, outcome))

    client = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"}, meter=meter)
    try:
        await client.request("POST", f"{site.url}/echo", body=b"{}", vendor="amocrm")
        await client.request("GET", f"{site.url}/moved", vendor="retailcrm")
        await client.request("GET", f"{site.url}/echo")
        with pytest.raises(WireError):
            await client.request("GET", "https://127.0.0.2/", vendor="amocrm")
    finally:
        await client.close()
    assert told == [("amocrm", "200"), ("retailcrm", "302"), ("amocrm", "address_refused")]

import io
import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.logs import caught_logs


@pytest.fixture
def lines(house: House) -> Iterator[io.StringIO]:
    with caught_logs(house.redactor) as out:
        yield out


def add_trouble(app: FastAPI) -> None:
    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("password is hunter2-not-real")

    @app.get("/html", response_model=None)
    async def html() -> None:
        raise RuntimeError


async def test_a_bug_tells_an_id_and_nothing_else(house: House, lines: io.StringIO) -> None:
    house.redactor.register("hunter2-not-real")
    caller = Asgi(create_app(house, families={"trouble": add_trouble}))
    reply = await caller.get("/boom", headers={"x-correlation-id": "call-000042"})
    assert (reply.status, reply.code) == (500, "internal_error")
    assert "hunter2" not in reply.body.decode()
    assert "RuntimeError" not in reply.body.decode()
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert line["error_id"] == reply.json()["error"]["error_id"]
    assert line["correlation_id"] == "call-000042"
    assert line["request_id"] == reply.header("x-request-id")
    assert "RuntimeError: password is ***" in line["exception"]


async def test_every_error_has_the_one_shape(stranger: Asgi, admin: Asgi) -> None:
    login = "/api/v1/auth/login"
    replies = {
        "unknown page": await stranger.get("/nowhere"),
        "unknown method": await stranger.request("DELETE", login),
        "broken JSON": await stranger.post(
            login, raw=b'{"email":', headers={"content-type": "application/json"}
        ),
        "missing fields": await stranger.post(login, json_body={}),
        "no JSON at all": await stranger.post(login, raw=b"email=x"),
        "empty": await stranger.post(login),
        "not UTF-8": await stranger.post(
            login, raw=b"\xff\xfe{", headers={"content-type": "application/json"}
        ),
        "no credentials": await stranger.get("/api/v1/me"),
        "NUL in the path": await admin.get("/api/v1/calls/a%00b".replace("%00", "\x00")),
        "NUL in the query": await admin.get("/api/v1/calls?phone=%00"),
        "bad number": await admin.get("/api/v1/calls?limit=0"),
        "bad cursor": await admin.get("/api/v1/calls?cursor=%25%25"),
        "bad id": await admin.get("/api/v1/log/99999999999999999999"),
    }
    assert {why: (reply.status, reply.code) for why, reply in replies.items()} == {
        "unknown page": (404, "page_not_found"),
        "unknown method": (405, "method_not_allowed"),
        "broken JSON": (400, "json_broken"),
        "missing fields": (400, "request_invalid"),
        "no JSON at all": (400, "request_invalid"),
        "empty": (400, "request_invalid"),
        "not UTF-8": (400, "request_invalid"),
        "no credentials": (401, "sign_in_first"),
        "NUL in the path": (400, "request_invalid"),
        "NUL in the query": (400, "request_invalid"),
        "bad number": (400, "request_invalid"),
        "bad cursor": (400, "cursor_invalid"),
        "bad id": (400, "request_invalid"),
    }
    for reply in replies.values():
        answer = reply.json()
        assert set(answer) == {"error", "detail"}
        assert {"code", "message", "action"} <= set(answer["error"])
        assert answer["detail"] == answer["error"]["message"]
    assert [f["field"] for f in replies["missing fields"].json()["error"]["fields"]] == [
        "body.email", "body.password",
    ]  # fmt: skip


async def test_values_that_were_sent_are_not_repeated(stranger: Asgi) -> None:
    reply = await stranger.post(
        "/api/v1/auth/login", json_body={"email": "leak-me", "password": ["leak-me-too"]}
    )
    assert reply.status == 400
    assert "leak-me" not in reply.body.decode()


async def test_a_body_that_is_too_big_is_stopped(stranger: Asgi, here: TenantOfTests) -> None:
    megabyte = b"x" * 1_048_577
    declared = await stranger.post("/api/events", raw=megabyte, headers={"x-api-key": here.key})
    assert (declared.status, declared.code) == (413, "body_too_large")
    pieces = [b"x" * 500_000] * 3
    for url, headers in (
        ("/api/events", {"x-api-key": here.key}),
        ("/api/v1/auth/login", {"content-type": "application/json"}),
    ):
        poured = await stranger.post(url, chunks=list(pieces), headers=headers)
        assert (poured.status, poured.code) == (413, "body_too_large")
    lying = await stranger.post("/api/events", headers={"content-length": "ten"})
    assert lying.status == 413


async def test_every_answer_wears_its_headers(stranger: Asgi) -> None:
    reply = await stranger.get("/health")
    assert {name: reply.header(name) for name in (
        "x-content-type-options", "referrer-policy", "content-security-policy", "cache-control",
        "strict-transport-security",
    )} == {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "strict-transport-security": None,
    }  # fmt: skip
    behind_tls = Asgi(stranger.app, address="127.0.0.1", headers={"x-forwarded-proto": "https"})
    assert (await behind_tls.get("/health")).header("strict-transport-security")
    spoofed = stranger.with_headers(x_forwarded_proto="https")
    assert (await spoofed.get("/health")).header("strict-transport-security") is None


async def test_metrics_count_by_template_never_by_path(
    house: House, stranger: Asgi, admin: Asgi
) -> None:
    await admin.get("/api/v1/calls/secret-call-id")
    await stranger.get("/etc/passwd")
    await stranger.request("BREW", "/health")
    told = house.metrics.render().decode()
    assert (
        'kommutator_http_requests_total{method="GET",route="/api/v1/calls/{call_id}",status="4xx"}'
        in told
    )
    assert 'route="other"' in told
    assert 'method="other"' in told
    assert "secret-call-id" not in told
    assert "passwd" not in told


async def test_a_caller_who_is_too_fast_is_slowed(house: House, here: TenantOfTests) -> None:
    quick = house.settings.model_copy(update={"api_rate": 1.0, "api_burst": 2})
    house.settings = quick
    admin = Asgi(create_app(house), headers=here.headers)
    statuses = [(await admin.get("/api/v1/me")).status for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_the_language_of_an_error_follows_the_reader(stranger: Asgi) -> None:
    for wish in ("en", "uk", "ru"):
        reply = await stranger.get("/nowhere", headers={"accept-language": wish})
        assert reply.json()["detail"]

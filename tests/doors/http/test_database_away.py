"""While PostgreSQL is away callers hear 503 and what to do, and the log stays readable."""

import socket

import asyncpg
import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.errors import Unavailable
from tests.support.asgi import Asgi
from tests.support.house import event, settle_tenant

AWAY = [
    asyncpg.ConnectionDoesNotExistError("terminated"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    ConnectionRefusedError(111, "refused"),
    TimeoutError(),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
async def test_a_lost_database_is_no_bug(
    house: House, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await settle_tenant(house, "0367")

    async def broken(_: object) -> None:
        raise error

    monkeypatch.setattr(house.keys, "actor", broken)
    caller = Asgi(create_app(house), headers={"x-api-key": tenant.key})
    for reply in (
        await caller.post("/api/events", json_body=event("0367")),
        await caller.get("/api/v1/calls"),
    ):
        assert reply.status == Unavailable.status == 503
        assert reply.code == "database_unavailable"


async def test_a_missing_file_is_a_bug(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await settle_tenant(house, "0367")

    async def broken(_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(house.keys, "actor", broken)
    caller = Asgi(create_app(house), headers={"x-api-key": tenant.key})
    assert (await caller.get("/api/v1/calls")).status == 500


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(-2, "Name or service not known"),
        OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect"),
        OSError(24, "Too many open files"),
    ],
    ids=["no such host", "two addresses", "no more files"],
)
async def test_a_connection_that_cannot_be_opened_is_no_bug_either(
    house: House, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool grows under load: opening one more may fail in the middle of a click."""
    tenant = await settle_tenant(house, "0367")

    class Pool:
        async def acquire(self) -> None:
            raise error

    monkeypatch.setattr(house.db, "_pool", Pool())
    reply = await Asgi(create_app(house), headers={"x-api-key": tenant.key}).get("/api/v1/calls")
    assert (reply.status, reply.code) == (503, "database_unavailable")

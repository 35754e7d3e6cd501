"""Promise: only tokens signed by us, for the API, for this password and in time, count."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, open_house, settle_tenant

Forge = Callable[..., str]


@pytest.fixture
def forge(house: House, here: TenantOfTests) -> Forge:
    """A token as we make it, with some of it changed."""

    def forged(
        *, key: Any = None, algorithm: str = "HS256", header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:  # fmt: skip
        now = int(house.clock.now().timestamp())
        honest = {
            "iss": "kommutator",
            "aud": "kommutator:api",
            "sub": str(here.admin.id),
            "epoch": 1,
            "iat": now,
            "exp": now + 60,
        }
        payload = {k: v for k, v in {**honest, **claims}.items() if v is not None}
        own = house.vault.derive("api-token")
        headers = {"kid": "k1", "typ": "at+jwt", **(header or {})}
        return jwt.encode(payload, own if key is None else key, algorithm, headers=headers)

    return forged


async def verdict(caller: Asgi, token: str) -> tuple[int, str]:
    reply = await caller.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    return reply.status, "" if reply.status == 200 else reply.code


async def test_the_forge_itself_is_right(stranger: Asgi, forge: Forge) -> None:
    assert await verdict(stranger, forge()) == (200, "")


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "kommutator:crm-entry"},
        {"aud": None},
        {"iss": "elsewhere"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"epoch": 2},
        {"epoch": None},
        {"epoch": "one"},
        {"sub": "00000000-0000-0000-0000-000000000001"},
        {"sub": "not-an-id"},
        {"sub": None},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "k9"}},
        {"header": {"kid": "../../dev/null"}},
        {"key": "a guess that is long enough to be a key"},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The HMAC key")  # the forger does not care
async def test_a_changed_token_is_worth_nothing(
    stranger: Asgi, forge: Forge, change: dict[str, Any]
) -> None:
    assert await verdict(stranger, forge(**change)) == (401, "token_invalid")


async def test_the_algorithm_is_ours_to_choose(
    stranger: Asgi, forge: Forge, here: TenantOfTests
) -> None:
    none = forge(key="", algorithm="none")
    assert await verdict(stranger, none) == (401, "token_invalid")
    head, body, sign = forge().split(".")
    for alg in ("none", "None", "nOnE", "RS256", "", None):
        swapped = base64.urlsafe_b64encode(
            json.dumps({"alg": alg, "kid": "k1", "typ": "at+jwt"}).encode()
        ).rstrip(b"=").decode()  # fmt: skip
        assert await verdict(stranger, f"{swapped}.{body}.") == (401, "token_invalid")
        assert await verdict(stranger, f"{swapped}.{body}.{sign}") == (401, "token_invalid")
    assert await verdict(stranger, f"{head}.{body}.") == (401, "token_invalid")


@pytest.mark.parametrize("junk", ["", ".", "..", "a.b.c", "é", "x" * 20_000, "e30.e30.e30"])
async def test_junk_is_refused_calmly(stranger: Asgi, junk: str) -> None:
    reply = await stranger.get(
        "/api/v1/me", headers={"authorization": f"Bearer {junk}".encode().decode("utf-8")}
    )
    assert reply.status == 401


async def test_the_payload_cannot_be_exchanged(
    stranger: Asgi, forge: Forge, there: TenantOfTests
) -> None:
    mine = forge().split(".")
    theirs = forge(sub=str(there.admin.id)).split(".")
    mixed = ".".join([mine[0], theirs[1], mine[2]])
    assert await verdict(stranger, mixed) == (401, "token_invalid")


async def test_tokens_end(database_url: str) -> None:
    clock = ManualClock()
    async with open_house(database_url, clock=clock, token_minutes="10") as house:
        tenant = await settle_tenant(house, "0367")
        caller = Asgi(create_app(house))
        await clock.advance(599)
        assert await verdict(caller, tenant.token) == (200, "")
        await clock.advance(1)
        assert await verdict(caller, tenant.token) == (401, "token_expired")


async def test_the_link_of_the_crm_is_no_api_token(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    from kommutator.flows.entry import EntryLinks  # noqa: PLC0415  only this test needs it

    links = EntryLinks(house.vault.derive("api-token"), house.clock)
    account = await house.directory.account(here.crm_id)
    token = links.token(account, 1)
    assert await verdict(stranger, token) == (401, "token_invalid")

"""The API's way to a past period."""

from typing import Any

import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import settle_tenant

SPAN = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
URL = "/api/v1/reprocess"


@pytest.fixture
async def caller(house: House) -> Asgi:
    tenant = await settle_tenant(house, "0367")
    return Asgi(create_app(house), headers=tenant.headers)


async def test_a_period_is_judged_and_nothing_changes(caller: Asgi) -> None:
    reply = await caller.post(URL, json_body=SPAN)

    assert (reply.status, reply.json()) == (
        200, {"counts": {}, "applied": 0, "owed": 0, "findings": []},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**SPAN, "until": SPAN["since"]}, "range_reversed"),
        ({**SPAN, "since": "2026-01-01T00:00:00Z"}, "period_too_long"),
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(
    caller: Asgi, body: dict[str, Any], code: str
) -> None:
    reply = await caller.post(URL, json_body=body)

    assert (reply.status, reply.json()["error"]["code"]) == (400, code)

"""Promise: nothing that opens a salon, or stands for a person, is written down where people read.

Neither by what goes well nor by what is refused: logs, rows, answers, metrics.
"""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from kommutator.flows.yclients.direct import Pass
from kommutator.kit.errors import VendorError
from kommutator.twins.yclients.seed import OWNER_LOGIN
from tests.security.test_canary import dump
from tests.support.logs import caught_logs
from tests.support.service import Caller
from tests.support.yclients_service import (
    CALLBACK,
    HERE,
    SALON,
    SECOND,
    SalonService,
    open_salon_service,
)


async def test_a_salons_whole_life_tells_no_secret(database_url: str) -> None:
    async with open_salon_service(database_url) as service:
        owner = service.twin.world.user(OWNER_LOGIN)
        with caught_logs(service.house.redactor, level="debug") as out:
            location = await service.pressed()
            page = await service.caller.get(location)
            token = re.search(r'name="token" value="([^"]+)"', page.text)
            assert token
            done = await service.caller.post("/yclients/connect/register", data={"token": token[1]})
            link = re.search(r"/yclients/first-password/([^\"]+)", done.text)
            assert link
            (row,) = await service.fetch("SELECT enterprise, connection_id FROM yclients_salons")
            account = await service.house.directory.account(row["connection_id"])
            said = [page.text.replace(token[1], ""), await _refusals(service.caller, location)]

            await service.house.yclients.look.first()
            await service.twin.order("market", act="freeze", salon_id=SALON)
            await service.told("paused", "yclients_frozen")
            wrong = Pass(login=owner.login, password="a-password-nobody-has")
            with pytest.raises(VendorError):
                await service.house.yclients.direct(service.admin, HERE, SECOND, wrong)
            given = Pass(login=owner.login, password=owner.password)
            await service.house.yclients.direct(service.admin, HERE, SECOND, given)
            await service.twin.order("faults", kind="json_500", path="/marketplace")
            await service.house.yclients.leave(
                service.admin, row["enterprise"], row["connection_id"], force=True
            )
        secrets = [
            service.twin.partner_token,
            service.twin.user_token,
            owner.token,
            owner.password,
            "a-password-nobody-has",
            token[1],
            link[1],
            account.secrets["hook_secret"],
            account.secrets["hook_secret"].partition(".")[2],
            account.secrets["api_key"],
            parse_qs(urlsplit(location).query)["user_data_sign"][0],
        ]
        told = "\n".join([*said, out.getvalue(), await dump(service.house), _metrics(service)])
        assert "yclients" in told
        assert [secret for secret in secrets if secret in told] == []


def _metrics(service: SalonService) -> str:
    return service.house.metrics.render().decode()


async def _refusals(caller: Caller, location: str) -> str:
    """What is answered to those who know a part of it."""
    replies = [
        await caller.get(f"{location}x"),
        await caller.post(CALLBACK, json={"salon_id": SALON, "partner_token": "wrong"}),
        await caller.post("/marketplace/register", json={"salon_id": SALON}),
        await caller.get("/marketplace/connect?token=wrong"),
        await caller.get("/marketplace/qr/wrong"),
    ]
    return "\n".join(f"{reply.headers}{reply.text}" for reply in replies)

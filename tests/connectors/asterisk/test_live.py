"""The link and its commands against a real Asterisk and real SIP phones."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.connectors.pbx.asterisk.errors import AmiError, LoginRefused
from kommutator.connectors.pbx.asterisk.probe import AsteriskDesk
from kommutator.domain.commands import CancelCall, Command, OriginateCall
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due, Probe
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.connectors.asterisk.conftest import MakeLink
from tests.connectors.asterisk.peer import Peer
from tests.connectors.asterisk.test_delivery import ACCOUNT
from tests.support.pbx import AsteriskMaker, Office
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"


def address_of(asterisk: PrivateAsterisk) -> AmiAddress:
    return AmiAddress(asterisk.host, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)


def click(call_id: str, extension: str = "150") -> OriginateCall:
    return OriginateCall(call_id=call_id, extension=extension, client=CLIENT, requested_by="anna")


async def deliver(link: AmiLink, command: Command, *, unsure: bool = False) -> Outcome:
    delivery = AsteriskDelivery(lambda _: link, clock=SystemClock())
    now = datetime.now(UTC)
    due = Due(id=1, key="k", command=command, attempt=1, unsure=unsure, created_at=now)
    (outcome,) = await delivery.deliver(ACCOUNT, [due])
    return outcome


async def test_it_logs_in(asterisk: PrivateAsterisk, make_link: MakeLink) -> None:
    link = make_link(address_of(asterisk))
    await link.wait_up()

    assert (await link.action([("Action", "Ping")]))["Ping"] == "Pong"


async def test_it_logs_in_over_tls_that_it_verified(
    make_asterisk: AsteriskMaker, make_link: MakeLink
) -> None:
    asterisk = await make_asterisk(PbxConfig(tls=True))
    assert asterisk.authority is not None
    secure = replace(
        address_of(asterisk),
        port=asterisk.ports.ami_tls,
        tls=True,
        authority=str(asterisk.authority),
    )
    link = make_link(secure)
    await link.wait_up()
    assert (await link.action([("Action", "Ping")]))["Ping"] == "Pong"

    troubles: list[AmiError] = []
    make_link(replace(secure, authority=None), on_down=troubles.append)
    await eventually(lambda: troubles)
    assert "certificate is not trusted" in str(troubles[0])


async def test_a_wrong_secret(asterisk: PrivateAsterisk, make_link: MakeLink) -> None:
    troubles: list[AmiError] = []
    make_link(replace(address_of(asterisk), secret="wrong"), on_down=troubles.append)
    await eventually(lambda: troubles)

    assert isinstance(troubles[0], LoginRefused)


async def test_a_frozen_pbx_is_noticed_and_a_thawed_one_found_again(
    make_asterisk: AsteriskMaker, make_link: MakeLink
) -> None:
    asterisk = await make_asterisk()
    troubles: list[AmiError] = []
    link = make_link(address_of(asterisk), on_down=troubles.append, ping=0.2, timeout=0.3)
    await link.wait_up()
    asterisk.freeze()
    await eventually(lambda: troubles)
    assert not link.up

    asterisk.thaw()
    await eventually(lambda: link.up)


async def test_it_comes_back_after_a_restart_and_rings_nobody(
    make_asterisk: AsteriskMaker, make_link: MakeLink
) -> None:
    asterisk = await make_asterisk()
    troubles: list[AmiError] = []
    link = make_link(address_of(asterisk), on_down=troubles.append)
    await link.wait_up()
    await asterisk.stop()
    await eventually(lambda: not link.up)
    refused = await deliver(link, click("kmt-dead"))
    await asterisk.restart()
    await eventually(lambda: link.up)

    assert isinstance(refused, Failed)
    assert refused.kind is ErrorKind.TRANSIENT
    assert "0 active channels" in await asterisk.rx("core show channels count")
    assert "0 calls processed" in await asterisk.rx("core show channels count")


async def test_a_click_rings_the_phone_and_shows_the_client(
    office: Office, make_link: MakeLink
) -> None:
    link = make_link(address_of(office.asterisk))
    await link.wait_up()
    outcome = await deliver(link, click("kmt-ring"))
    call = await office["150"].next_call()

    assert isinstance(outcome, Done)
    assert outcome.exchange.response["Message"] == "Originate successfully queued"
    assert call.peer == CLIENT

    await deliver(link, CancelCall(call_id="kmt-ring"))
    assert await call.wait_final() == 487
    again = await deliver(link, CancelCall(call_id="kmt-ring"))
    assert isinstance(again, Done)


async def test_the_same_click_twice_rings_once(office: Office, make_link: MakeLink) -> None:
    events: list[dict[str, Any]] = []
    link = make_link(address_of(office.asterisk), wanted=lambda e: bool(events.append(e)) or False)
    await link.wait_up()
    await deliver(link, click("kmt-twice"))
    await office["150"].next_call()
    second = await deliver(link, click("kmt-twice"))

    assert isinstance(second, Done)  # queued, and refused when its turn came
    await eventually(
        lambda: [e for e in events if e["Event"] == "OriginateResponse" and e["Reason"] == "0"]
    )
    born = [e for e in events if e["Event"] == "Newchannel" and e["Uniqueid"] == "kmt-twice"]
    assert len(born) == 1


async def test_a_doubtful_click_is_found_while_it_rings_and_never_repeated(
    office: Office, make_link: MakeLink
) -> None:
    link = make_link(address_of(office.asterisk))
    await link.wait_up()
    await deliver(link, click("kmt-doubt"))
    await office["150"].next_call()

    found = await deliver(link, click("kmt-doubt"), unsure=True)
    assert isinstance(found, Done)
    assert found.note == "found_by_look_up"

    lost = await deliver(link, click("kmt-never"), unsure=True)
    assert isinstance(lost, Failed)
    assert lost.kind is ErrorKind.REJECTED


async def test_a_context_that_does_not_exist_is_explained(
    office: Office, make_link: MakeLink
) -> None:
    link = make_link(address_of(office.asterisk))
    await link.wait_up()
    account = replace(ACCOUNT, config={"context": "nowhere"})
    delivery = AsteriskDelivery(lambda _: link, clock=SystemClock())
    now = datetime.now(UTC)
    due = Due(1, "k", click("kmt-ctx"), attempt=1, unsure=False, created_at=now)
    (outcome,) = await delivery.deliver(account, [due])

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "ami_context_missing")


async def probe(asterisk: PrivateAsterisk, secret: str | None = None) -> Probe:
    secrets = {"ami_user": asterisk.ami_user, "ami_secret": secret or asterisk.ami_secret}
    url = f"ami://{asterisk.host}:{asterisk.ports.ami}"
    desk = AsteriskDesk(clock=SystemClock())
    return await desk.probe(replace(ACCOUNT, base_url=url, secrets=secrets))


async def test_the_connection_test_names_the_version(asterisk: PrivateAsterisk) -> None:
    found = await probe(asterisk)

    assert found.ok
    assert found.missing_scopes == ()
    assert re.match(r"Asterisk \d+\.", found.message)


async def test_the_connection_test_tells_a_wrong_secret(asterisk: PrivateAsterisk) -> None:
    found = await probe(asterisk, secret="wrong")

    assert (found.ok, found.message) == (False, "Authentication failed")


async def test_the_connection_test_tells_that_nobody_is_there() -> None:
    desk = AsteriskDesk(clock=SystemClock())
    async with Peer() as gone:
        nobody = replace(ACCOUNT, base_url=f"ami://127.0.0.1:{gone.address.port}")
    with pytest.raises(VendorError) as silent:
        await desk.probe(nobody)

    assert silent.value.kind is ErrorKind.TRANSIENT
    assert silent.value.message == "the PBX does not answer: ConnectionRefusedError"

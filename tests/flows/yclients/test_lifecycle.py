"""Promise: what the vendor says of an installation is followed once, and put right if it is lost.

A salon that removed us keeps no secret here; a frozen one keeps its settings and sends nothing.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstalledSalon, InstallState, SalonStanding
from kommutator.flows.connections import resume
from kommutator.flows.secrets import open_account
from kommutator.kit.errors import Conflict, VendorError
from tests.support.yclients_said import said_of
from tests.support.yclients_service import (
    CALLBACK,
    HERE,
    SALON,
    SECOND,
    THIRD,
    SalonService,
)


async def say(service: SalonService, event: str, salon: int = SALON, **more: Any) -> int:
    """A notice as anybody could send it."""
    body = {
        "salon_id": salon,
        "application_id": service.twin.application_id,
        "event": event,
        "partner_token": service.twin.partner_token,
        **more,
    }
    return (await service.caller.post(CALLBACK, json=body)).status


async def test_uninstalling_wipes_every_secret(service: SalonService) -> None:
    await service.install()
    before = await service.value("SELECT secrets::text FROM connections WHERE kind = 'yclients'")
    assert "hook_secret" in before
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    await service.told("removed", None)
    assert await service.value("SELECT secrets::text FROM connections WHERE kind = 'yclients'") == (
        "{}"
    )
    shown = await service.house.yclients.standing.all(HERE)
    assert [(one.salon_id, one.state) for one in shown] == [(SALON, "removed")]
    actions = {r["action"] for r in await service.fetch("SELECT action FROM audit_log")}
    assert "yclients.uninstalled" in actions


async def test_freezing_pauses_and_paying_goes_on(service: SalonService) -> None:
    await service.twin.order("switches", lifecycle_payment=True)
    await service.install()
    secrets = "SELECT secrets::text FROM connections WHERE kind = 'yclients'"
    before = await service.value(secrets)
    await service.twin.order("market", act="freeze", salon_id=SALON)
    await service.told("paused", "yclients_frozen")
    assert await service.value(secrets) == before
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.state == "frozen"
    with pytest.raises(Conflict, match="connection_frozen"):
        await resume(service.house, "tests", HERE, one.record.id)
    await service.twin.order("market", act="pay", salon_id=SALON)
    await service.told("active", None)


async def test_a_notice_may_come_any_number_of_times(service: SalonService) -> None:
    await service.install()
    for _ in range(3):
        assert await say(service, "freeze") == 200
    assert (
        await service.value("SELECT count(*) FROM audit_log WHERE action = 'yclients.frozen'") == 1
    )
    await service.twin.order("switches", lifecycle_loss=1.0)
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    for _ in range(3):
        assert await say(service, "uninstall") == 200
    assert await say(service, "freeze") == 200
    states = await service.states()
    assert states[SALON][1] == "removed"
    assert await say(service, "sneeze") == 200
    assert await say(service, "uninstall", salon=5) == 200, "of a salon nobody has"


async def test_a_late_notice_does_not_remove_what_came_back(service: SalonService) -> None:
    await service.install()
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    await service.told("removed", None)
    await service.install()
    assert await say(service, "uninstall") == 200
    assert (await service.states())[SALON][1:] == ("active", "yclients_uninstall_doubted")
    await service.house.yclients.reconcile.troubled()
    assert (await service.states())[SALON][1:] == ("active", None)
    # Doubted, yet true: it is found out as soon.
    assert await say(service, "uninstall") == 200
    await service.twin.order("switches", lifecycle_loss=1.0)
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    await service.house.yclients.reconcile.troubled()
    assert (await service.states())[SALON][1] == "removed"


async def test_a_vendor_that_cannot_be_asked_is_believed(service: SalonService) -> None:
    await service.install()
    await service.twin.order("faults", kind="html_502")
    assert await say(service, "uninstall") == 200
    assert (await service.states())[SALON][1] == "removed"


async def test_only_the_partner_token_and_our_application_prove_it(service: SalonService) -> None:
    await service.install()
    for more in (
        {"partner_token": "wrong"},
        {"partner_token": ""},
        {"partner_token": None},
        {"partner_token": ["x"]},
        {"application_id": 1},
    ):
        assert await say(service, "uninstall", **more) == 401, more
    assert (await service.caller.post(CALLBACK, data=b"not json")).status == 401
    assert (await service.states())[SALON][1] == "active"
    noted = await service.fetch("SELECT detail FROM audit_log WHERE action = 'hook.refused'")
    assert noted
    assert service.twin.partner_token not in str(noted)


async def test_who_guesses_waits(service: SalonService) -> None:
    answers = [await say(service, "uninstall", partner_token="wrong") for _ in range(15)]
    assert answers[:10] == [401] * 10
    assert 429 in answers[10:]
    assert await say(service, "freeze") == 429, "by this address, for a while"


async def test_an_administrators_pause_outlives_freezing_and_paying(service: SalonService) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    async with service.house.db.unit() as unit:
        await unit.connections.set_status(
            HERE, one.record.id, ConnectionStatus.PAUSED, reason="paused_by_hand"
        )
    assert await say(service, "freeze") == 200
    await service.house.yclients.lifecycle.paid(HERE, one.record.id, "test")
    assert (await service.states())[SALON][1:] == ("paused", "paused_by_hand")


async def test_lost_notices_are_made_up_for_at_night(service: SalonService) -> None:
    await service.twin.order("switches", lifecycle_loss=1.0)
    await service.install(SALON, SECOND, THIRD)
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    await service.twin.order("market", act="freeze", salon_id=SECOND)
    assert {row[1] for row in (await service.states()).values()} == {"active"}
    flows = service.house.yclients
    found = await flows.reconcile.nightly()
    assert found == {"removed": 1, "frozen": 1}
    states = {salon: row[1:] for salon, row in (await service.states()).items()}
    assert states == {
        SALON: ("removed", None),
        SECOND: ("paused", "yclients_frozen"),
        THIRD: ("active", None),
    }
    assert await flows.reconcile.nightly() is None, "once a day, of all processes"
    await service.twin.order("market", act="pay", salon_id=SECOND)
    await flows.reconcile.troubled()
    assert (await service.states())[SECOND][1:] == ("active", None)
    (told,) = await service.fetch(
        "SELECT detail::text AS detail FROM audit_log WHERE action = 'yclients.reconciled'"
    )
    assert '"removed": 1' in told["detail"]


async def test_an_empty_list_removes_nothing(service: SalonService) -> None:
    """A mistyped application id shows every salon as removed."""
    await service.install(SALON, SECOND)
    marketplace = service.house.yclients.vendors.application().marketplace
    nothing = SalonStanding(InstallState.NONE)
    with (
        patch.object(type(marketplace), "salons", AsyncMock(return_value=[])),
        patch.object(type(marketplace), "standing", AsyncMock(return_value=nothing)),
    ):
        assert not await service.house.yclients.reconcile()
    assert {row[1] for row in (await service.states()).values()} == {"active"}


async def test_removed_here_while_the_vendor_was_away_is_removed_there_at_night(
    service: SalonService,
) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    await service.twin.order("faults", kind="html_502")
    with pytest.raises(VendorError):
        await service.house.yclients.leave(service.admin, HERE, one.record.id, force=False)
    await service.house.yclients.leave(service.admin, HERE, one.record.id, force=True)
    assert (await service.states())[SALON][1] == "removed"
    await service.twin.http.delete(f"{service.twin.url}/_twin/faults")
    assert await service.vendor_says() == "active"
    assert await service.house.yclients.reconcile() == {"uninstalled": 1}
    assert await service.vendor_says() == "none"


async def test_a_salon_nobody_here_knows_is_told(service: SalonService) -> None:
    await service.install()
    marketplace = service.house.yclients.vendors.application().marketplace
    listed = [InstalledSalon(SALON, "ours"), InstalledSalon(4, "whose?")]
    with patch.object(type(marketplace), "salons", AsyncMock(return_value=listed)):
        assert await service.house.yclients.reconcile() == {"unknown": 1}


async def test_leaving_uninstalls_there_and_takes_hooks_off(service: SalonService) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    await service.house.yclients.leave(service.admin, HERE, one.record.id, force=False)
    assert await service.vendor_says() == "none"
    assert (await service.states())[SALON][1] == "removed"
    # And it may come back, to whomever.
    arrived = await service.house.yclients.arrive(said_of(await service.pressed()))
    assert arrived.branches[0].holder is None


async def test_the_vendor_said_yes_and_we_died_before_writing_it_down(
    service: SalonService,
) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    with (
        patch.object(type(flows.activate), "_done", AsyncMock(side_effect=SystemExit)),
        pytest.raises(SystemExit),
    ):
        await flows.activate.all(HERE, joined.connections)
    assert await service.vendor_says() == "active"
    assert (await service.states())[SALON][1:] == ("draft", "yclients_activating")
    async with service.house.db.unit() as unit:
        await unit.connection.execute("UPDATE yclients_salons SET next_try_at = now()")
    assert await flows.activate.due() == 1
    assert (await service.states())[SALON][1:] == ("active", None)


async def test_an_hour_too_late_is_said_and_not_repeated(service: SalonService) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    await service.twin.order("clock", advance=timedelta(hours=2).total_seconds())
    (result,) = await flows.activate.all(HERE, joined.connections)
    assert (result.done, result.problem, result.again) == (False, "yclients_not_pending", False)
    assert await flows.activate.due() == 0
    (one,) = await flows.standing.all(HERE)
    assert (one.state, one.problem, one.stuck) == ("pending", "yclients_not_pending", True)


async def test_licence_and_rights_are_told(service: SalonService) -> None:
    await service.install()
    flows = service.house.yclients
    assert await flows.look.first() == 1
    assert await flows.look.first() == 0
    (one,) = await flows.standing.all(HERE)
    assert one.held is not None
    assert one.held.licence_active
    assert one.held.licence_until is not None
    company = service.twin.world.company(SALON)
    company.license = replace(company.license, end=date(2020, 1, 1))
    await flows.reconcile.one(HERE, one.record.id)
    assert (await service.states())[SALON][1:] == ("active", "yclients_licence_over")
    company.license = replace(company.license, end=date(2040, 1, 1))
    await flows.reconcile.troubled()
    assert (await service.states())[SALON][1:] == ("active", None)


async def test_a_refusal_met_elsewhere_is_shown_once(service: SalonService) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    account = open_account(service.house.vault, one.record)
    for _ in range(5):
        await service.house.yclients.look.hear(account, "yclients_rights", "Недостаточно прав")
    assert (await service.states())[SALON][1:] == ("active", "yclients_rights")
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.words == "Недостаточно прав"


async def test_a_licence_we_may_not_read_is_no_trouble(service: SalonService) -> None:
    await service.install()
    await service.twin.order("faults", kind="forbidden", path="/api/v1/license")
    assert await service.house.yclients.look.first() == 1
    assert (await service.states())[SALON][1:] == ("active", None)
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.held is not None
    assert (one.held.licence_active, one.held.phones) == (None, True)


async def test_a_name_nobody_told_before_is_learnt_afterwards(service: SalonService) -> None:
    await service.twin.order("faults", kind="forbidden", path=f"/api/v1/company/{SALON}", count=1)
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.record.name == str(SALON)
    await service.house.yclients.look.first()
    (one,) = await service.house.yclients.standing.all(HERE)
    company = service.twin.world.company(SALON)
    assert one.record.name == company.title
    assert one.record.config["title"] == company.title


async def test_rights_that_are_missing_are_named(service: SalonService) -> None:
    await service.twin.order("market/application", rooms=["timetable", "record_form"])
    await service.install()
    await service.house.yclients.look.first()
    assert (await service.states())[SALON][1:] == ("active", "yclients_rights_missing")
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.held is not None
    assert {"clients", "services", "phones"} <= set(one.held.rights_missing)
    token = service.here.headers["authorization"]
    shown = await service.caller.with_headers(authorization=token, accept_language="en").get(
        "/api/v1/yclients/salons"
    )
    (item,) = shown.body["items"]
    assert item["problem"] == "yclients_rights_missing"
    assert "Grant them in YClients" in item["message"]
    assert item["sees_phones"] is False

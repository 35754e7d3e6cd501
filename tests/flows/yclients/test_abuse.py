"""Promise: what is late, mistyped, greedy or guessed does not cost a salon its connection."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState, SalonStanding
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows import connections
from kommutator.flows.yclients.direct import Pass
from kommutator.kit.errors import Conflict, Forbidden, TooMany, UserError, VendorError
from kommutator.twins.yclients.seed import OWNER_LOGIN
from tests.support.yclients_said import said_of
from tests.support.yclients_service import CALLBACK, HERE, SALON, SECOND, THERE, SalonService


async def told_that_it_was_removed(service: SalonService) -> int:
    body = {
        "salon_id": SALON,
        "application_id": service.twin.application_id,
        "event": "uninstall",
        "partner_token": service.twin.partner_token,
    }
    return (await service.caller.post(CALLBACK, json=body)).status


async def secrets_of(service: SalonService) -> Any:
    return await service.value(
        "SELECT secrets::text FROM connections WHERE kind = 'yclients' AND status <> 'removed'"
    )


async def test_a_late_removal_does_not_wipe_a_salon_that_is_being_connected_anew(
    service: SalonService,
) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    kept = await secrets_of(service)
    assert await told_that_it_was_removed(service) == 200
    assert (await service.states())[SALON][1:] == ("draft", "yclients_activating")
    assert await secrets_of(service) == kept
    (result,) = await flows.activate.all(HERE, joined.connections)
    assert result.done


async def test_a_late_removal_does_not_wipe_a_salon_that_rests(service: SalonService) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    await connections.pause(service.house, "tests", HERE, one.record.id)
    assert await told_that_it_was_removed(service) == 200
    assert (await service.states())[SALON][1:] == ("paused", "paused_by_hand")
    await service.twin.order("switches", lifecycle_loss=1.0)
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    assert await told_that_it_was_removed(service) == 200
    assert (await service.states())[SALON][1] == "removed", "this time it is true"


async def test_who_resumes_a_salon_by_hand_does_not_end_the_vendors_freeze(
    service: SalonService,
) -> None:
    await service.install()
    (one,) = await service.house.yclients.standing.all(HERE)
    await connections.pause(service.house, "tests", HERE, one.record.id)
    await service.house.yclients.lifecycle.frozen(HERE, one.record.id, "test")
    with pytest.raises(Conflict, match="connection_frozen"):
        await connections.resume(service.house, "tests", HERE, one.record.id)
    await service.house.yclients.lifecycle.paid(HERE, one.record.id, "test")
    await connections.resume(service.house, "tests", HERE, one.record.id)
    assert (await service.states())[SALON][1:] == ("active", None)


async def test_a_mistyped_application_removes_no_salon_that_is_merely_looked_at(
    service: SalonService,
) -> None:
    await service.install(SALON, SECOND)
    shown = await service.house.yclients.standing.all(HERE)
    marketplace = service.house.yclients.vendors.application().marketplace
    nothing = SalonStanding(InstallState.NONE)
    async with service.house.db.unit() as unit:
        await unit.connections.set_status(
            HERE, shown[0].record.id, ConnectionStatus.ACTIVE, reason="yclients_rights"
        )
    with (
        patch.object(type(marketplace), "salons", AsyncMock(return_value=[])),
        patch.object(type(marketplace), "standing", AsyncMock(return_value=nothing)),
    ):
        await service.house.yclients.reconcile.troubled()
        await service.house.yclients.reconcile.one(HERE, shown[1].record.id)
    assert {row[1] for row in (await service.states()).values()} == {"active"}


async def test_one_signature_does_not_use_up_what_all_salons_share(
    service: SalonService,
) -> None:
    """A signature is good for ever, and every salon it names costs the vendor's allowance."""
    many = "&".join(f"salon_ids[]={number}" for number in range(1, 30))
    signed = (await service.forged(SALON)).partition("?")[2]
    signed = "&".join(part for part in signed.split("&") if part.startswith("user_data"))
    marketplace = service.house.yclients.vendors.application().marketplace
    standing = AsyncMock(return_value=SalonStanding(InstallState.NONE))
    refused = []
    with patch.object(type(marketplace), "standing", standing):
        for _ in range(40):
            with pytest.raises(UserError) as caught:
                await service.house.yclients.arrive(said_of(f"/yclients/connect?{many}&{signed}"))
            refused.append(caught.value)
    assert isinstance(refused[0], Forbidden)
    assert isinstance(refused[-1], TooMany)
    assert refused[-1].retry_after
    assert standing.await_count <= 200, "what the vendor grants all salons in a minute"


async def test_nobody_lies_in_wait_for_a_salon(service: SalonService) -> None:
    """Whoever asks in vain again and again wants to be the first when it waits."""
    register = service.house.yclients.register
    codes = []
    for _ in range(30):
        with pytest.raises(UserError) as caught:
            await register.by_administrator(service.admin, HERE, SALON)
        codes.append(caught.value.code)
    assert codes[0] == "yclients_not_pending"
    assert codes[-1] == "too_many_requests"
    fine = await service.house.yclients.arrive(said_of(await service.pressed()))
    assert fine.welcome, "others are not kept waiting"


async def test_two_who_were_signed_for_one_salon_are_told_to_the_platform(
    service: SalonService,
) -> None:
    """The vendor signs no salon: whoever comes second may be whose it is."""
    await service.pressed()
    quick = service.house.yclients.register
    await quick.by_administrator(service.admin, HERE, SALON)
    title = service.twin.world.company(SALON).title
    slow = {"id": 777, "email": "owner@example.com", "salon_name": title}
    with pytest.raises(Forbidden, match="yclients_salon_taken"):
        await service.house.yclients.arrive(
            said_of(await service.forged(SALON, person=slow)),
        )
    (told,) = await service.fetch(
        "SELECT enterprise, actor, detail::text AS detail FROM audit_log "
        "WHERE action = 'yclients.contested'"
    )
    assert (told["enterprise"], told["actor"]) == (None, "yclients:777")
    assert str(SALON) in told["detail"]


async def test_of_two_enterprises_at_once_one_gets_the_salon(service: SalonService) -> None:
    flows = service.house.yclients
    location = await service.pressed()
    ours, theirs = [await flows.arrive(said_of(location)) for _ in range(2)]
    neighbour = Actor("them", Role.ENTERPRISE_ADMIN, THERE, service.there.admin.id)
    done = await asyncio.gather(
        flows.join.into(service.admin, HERE, ours.token),
        flows.join.into(neighbour, THERE, theirs.token),
        flows.join.register(ours.token, locale="ru"),
        return_exceptions=True,
    )
    refused = [one for one in done if isinstance(one, BaseException)]
    assert len(refused) == 2
    assert all(isinstance(one, Conflict | Forbidden) for one in refused), refused
    assert await service.value("SELECT count(*) FROM connections WHERE kind = 'yclients'") == 1
    assert await service.value("SELECT count(*) FROM enterprises") <= 3


async def test_own_salons_are_no_cover_for_lying_in_wait(service: SalonService) -> None:
    """One that does wait, and is the attacker's own, beside one that does not."""
    both = (await service.forged(SALON, SECOND)).partition("?")[2]
    await service.pressed(SALON)
    codes = set()
    for _ in range(12):
        try:
            await service.house.yclients.arrive(said_of(f"/yclients/connect?{both}"))
        except UserError as error:
            codes.add(error.code)
    assert codes == {"too_many_requests"}


async def test_passwords_are_not_guessed_through_us(service: SalonService) -> None:
    user = service.twin.world.user(OWNER_LOGIN)
    errors: list[Exception] = []
    for number in range(12):
        given = Pass(login=user.login, password=f"guess {number}")
        with pytest.raises((VendorError, TooMany)) as caught:
            await service.house.yclients.direct(service.admin, HERE, SALON, given)
        errors.append(caught.value)
    assert isinstance(errors[0], VendorError)
    assert isinstance(errors[-1], TooMany)


async def test_a_password_set_otherwise_ends_the_link(service: SalonService) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.register(arrived.token, locale="ru")
    assert joined.user is not None
    assert joined.link is not None
    await service.house.people.set_password(
        "administrator", joined.enterprise, joined.user.id, "a long enough password"
    )
    with pytest.raises(Forbidden, match="password_link_over"):
        await flows.first_password.set(joined.link, "whoever saw the link")


async def test_one_unreadable_salon_keeps_no_other_from_being_connected(
    service: SalonService,
) -> None:
    flows = service.house.yclients
    for salon in (SALON, SECOND):
        arrived = await flows.arrive(said_of(await service.pressed(salon)))
        await flows.join.into(service.admin, HERE, arrived.token)
    async with service.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET secrets = jsonb_build_object('api_key', '{}'::jsonb) "
            "WHERE account_key = $1",
            str(SALON),
        )
        await unit.connection.execute(
            "UPDATE yclients_salons SET next_try_at = now() - "
            "CASE WHEN salon_id = $1 THEN interval '1 minute' ELSE interval '0' END",
            SALON,
        )
    await flows.activate.due()
    assert (await service.states())[SECOND][1:] == ("active", None)
    # Nor from being looked at: the vendor had heard of it before we could read our own words.
    await service.twin.order("switches", lifecycle_loss=1.0)
    await service.twin.order("market", act="freeze", salon_id=SECOND)
    found = await flows.reconcile()
    assert found["frozen"] == 1

"""Promise: a salon is bound only to who was signed for it, while it waits at the vendor, once."""

import asyncio

import pytest

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput, UserError
from tests.support.yclients_said import said_of
from tests.support.yclients_service import HERE, SALON, SECOND, THERE, THIRD, SalonService


async def refused(service: SalonService, location: str) -> str:
    with pytest.raises(UserError) as caught:
        await service.house.yclients.arrive(said_of(location))
    return caught.value.code


async def test_a_new_enterprise_with_its_first_person(service: SalonService) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    assert [(b.id, b.problem, b.holder) for b in arrived.branches] == [(SALON, None, None)]
    assert not arrived.known
    assert await service.states() == {}, "the page binds nothing"

    joined = await flows.join.register(arrived.token, locale="uk")
    assert joined.enterprise == "0412", "the number after the greatest"
    assert await service.states() == {SALON: ("0412", "draft", "yclients_activating")}
    assert await service.vendor_says() == "pending"
    (result,) = await flows.activate.all(joined.enterprise, joined.connections)
    assert result.done
    assert await service.states() == {SALON: ("0412", "active", None)}
    assert await service.vendor_says() == "active"

    async with service.house.db.single() as unit:
        made = await unit.enterprises.get(joined.enterprise)
        user = await unit.people.by_email_everywhere(arrived.installer.email)
    assert user is not None
    assert (user.enterprise, user.role, user.locale) == ("0412", Role.ENTERPRISE_ADMIN, "uk")
    assert user.password_hash is None
    assert made.name == arrived.installer.salon_name == arrived.branches[0].title
    assert made.time_zone == arrived.branches[0].time_zone


async def test_the_password_link_works_once(service: SalonService) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.register(arrived.token, locale="ru")
    assert joined.link is not None
    assert joined.link not in str(await service.fetch("SELECT * FROM password_links"))
    with pytest.raises(InvalidInput):
        await flows.first_password.set(joined.link, "short")
    await flows.first_password.set(joined.link, "a long enough password")
    email = arrived.installer.email
    user = await service.house.sign_in.password(
        email, "a long enough password", address="192.0.2.7"
    )
    assert user.enterprise == joined.enterprise
    with pytest.raises(Forbidden, match="password_link_over"):
        await flows.first_password.set(joined.link, "another long password")


async def test_three_branches_at_once_and_each_has_its_own_result(service: SalonService) -> None:
    await service.twin.order("switches", redirect_salons="numbered")
    location = await service.pressed(SALON, SECOND, THIRD)
    assert "salon_ids[2]" in location
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(location))
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    await service.twin.order(
        "faults", kind="json_500", path="/marketplace/partner/callback", count=1
    )
    results = await flows.activate.all(HERE, joined.connections)
    assert sorted(r.done for r in results) == [False, True, True]
    (late,) = (r for r in results if not r.done)
    assert late.again
    assert (await service.states())[late.salon_id][1:] == ("draft", "yclients_activating")
    results = await flows.activate.all(HERE, joined.connections)
    assert all(r.done for r in results)
    assert {await service.vendor_says(one) for one in (SALON, SECOND, THIRD)} == {"active"}


async def test_forged_and_damaged_addresses_are_refused(service: SalonService) -> None:
    assert await refused(service, await service.forged(SALON)) == "yclients_not_pending"
    for spoil, code in (
        ("data", "yclients_install_unsigned"),
        ("sign", "yclients_install_unsigned"),
        ("unsigned", "yclients_unsigned"),
    ):
        assert await refused(service, await service.forged(SALON, spoil=spoil)) == code
    assert await refused(service, "/yclients/connect?user_data=x&user_data_sign=y") == (
        "yclients_salon_missing"
    )
    assert await refused(service, "/yclients/connect?salon_id=0") == "yclients_salon_invalid"
    many = "&".join(f"salon_ids[]={number}" for number in range(1, 40))
    assert await refused(service, f"/yclients/connect?{many}") == "yclients_salons_too_many"
    assert await service.states() == {}


async def test_a_truly_signed_stranger_cannot_take_a_salon_that_waits(
    service: SalonService,
) -> None:
    """The id is not signed: an attacker with an own signature names the victim's salon."""
    stranger = {"id": 777, "email": "mallory@example.com", "salon_name": "Other salon"}
    victims = await service.pressed()
    attack = await service.forged(SALON, person=stranger)
    assert await refused(service, attack) == "yclients_salon_not_theirs"
    # Even with the name right: who was signed first keeps it.
    fine = await service.house.yclients.arrive(said_of(victims))
    named = {**stranger, "salon_name": fine.branches[0].title}
    assert await refused(service, await service.forged(SALON, person=named)) in (
        "yclients_salon_claimed",
        "yclients_salon_not_theirs",
    )
    await service.house.yclients.join.register(fine.token, locale="ru")
    assert [row[1] for row in (await service.states()).values()] == ["draft"]


async def test_the_same_person_may_press_again_while_it_waits_and_not_afterwards(
    service: SalonService,
) -> None:
    location = await service.pressed()
    flows = service.house.yclients
    first = await flows.arrive(said_of(location))
    second = await flows.arrive(said_of(location))
    joined = await flows.join.into(service.admin, HERE, second.token)
    again = await flows.arrive(said_of(location))
    assert again.branches[0].holder == HERE
    await flows.activate.all(HERE, joined.connections)
    assert await refused(service, location) == "yclients_arrival_used"
    with pytest.raises(Forbidden, match="yclients_not_pending"):
        await flows.join.register(first.token, locale="ru")


async def test_a_known_person_signs_in_first(service: SalonService) -> None:
    email = service.here.admin.email
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed(person={"email": email.upper()})))
    assert arrived.known
    with pytest.raises(Conflict, match="yclients_email_known"):
        await flows.join.register(arrived.token, locale="ru")
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    assert joined.enterprise == HERE
    assert joined.link is None


async def test_another_enterprises_salon_is_refused_and_the_others_are_not(
    service: SalonService,
) -> None:
    await service.install(SALON)
    await service.twin.order("market", act="uninstall", salon_id=SALON)
    await service.twin.order("switches", lifecycle_loss=1.0)
    flows = service.house.yclients
    await service.told("removed", None)

    await service.install(SALON)
    await service.twin.order("market", act="uninstall", salon_id=SALON)  # nobody hears of it
    neighbour = Actor("them", Role.ENTERPRISE_ADMIN, THERE, service.there.admin.id)
    location = await service.pressed(SALON, SECOND)
    arrived = await flows.arrive(said_of(location))
    held = {branch.id: branch.holder for branch in arrived.branches}
    assert held == {SALON: HERE, SECOND: None}
    await flows.join.into(neighbour, THERE, arrived.token)
    states = await service.states()
    assert (states[SALON][0], states[SECOND][0]) == (HERE, THERE)
    alone = await flows.arrive(said_of(await service.pressed(SALON)))
    with pytest.raises(Conflict, match="yclients_salon_elsewhere"):
        await flows.join.into(neighbour, THERE, alone.token)


async def test_two_who_press_the_button_at_once_make_one_connection(
    service: SalonService,
) -> None:
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed()))
    made = await asyncio.gather(
        *(flows.join.into(service.admin, HERE, arrived.token) for _ in range(5)),
        return_exceptions=True,
    )
    assert any(not isinstance(one, BaseException) for one in made)
    assert await service.value("SELECT count(*) FROM connections WHERE kind = 'yclients'") == 1


async def test_an_employee_connects_nothing(service: SalonService) -> None:
    arrived = await service.house.yclients.arrive(said_of(await service.pressed()))
    employee = Actor("e", Role.EMPLOYEE, HERE, service.here.employee.id)
    with pytest.raises(Forbidden, match="not_allowed"):
        await service.house.yclients.join.into(employee, HERE, arrived.token)
    assert EnterpriseNumber("0412") not in str(await service.states())


async def test_what_people_typed_into_their_profile_cannot_break_anything(
    service: SalonService,
) -> None:
    typed = {"name": "Vera\u0000\n Obraztsova", "email": "not an address"}
    flows = service.house.yclients
    arrived = await flows.arrive(said_of(await service.pressed(person=typed)))
    assert arrived.installer.name == "Vera Obraztsova"
    assert arrived.installer.email == ""
    with pytest.raises(InvalidInput, match="yclients_email_missing"):
        await flows.join.register(arrived.token, locale="ru")

"""Promise: a salon by its own user's token is tried before it is kept, and kept sealed."""

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.secrets import open_account
from kommutator.flows.yclients.direct import Pass
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput, VendorError
from kommutator.twins.yclients.seed import OWNER_LOGIN
from tests.support.yclients_service import HERE, SALON, SECOND, THERE, SalonService


async def connect(service: SalonService, given: Pass, salon: int = SALON) -> None:
    await service.house.yclients.direct(service.admin, HERE, salon, given)
    service.house.directory.clear()


async def test_a_token_that_opens_the_salon(service: SalonService) -> None:
    await connect(service, Pass(service.twin.owner_token))
    assert (await service.states())[SALON] == (HERE, "active", None)
    (one,) = await service.house.yclients.standing.all(HERE)
    assert (one.installed, one.state, one.salon_id) == (False, "active", SALON)
    assert one.held is not None
    assert one.held.licence_active
    assert one.record.name == service.twin.world.company(SALON).title
    assert service.twin.owner_token not in str(await service.fetch("SELECT * FROM connections"))
    account = open_account(service.house.vault, one.record)
    assert account.secrets["user_token"] == service.twin.owner_token
    assert "hook_secret" in account.secrets


async def test_login_and_password_are_used_once_and_not_kept(service: SalonService) -> None:
    user = service.twin.world.user(OWNER_LOGIN)
    await connect(service, Pass(login=user.login, password=user.password))
    (one,) = await service.house.yclients.standing.all(HERE)
    kept = open_account(service.house.vault, one.record).secrets
    assert kept["user_token"] == user.token
    assert user.password not in str(kept)
    with pytest.raises(VendorError) as wrong:
        await connect(service, Pass(login=user.login, password="wrong"), SECOND)
    assert wrong.value.hint == "yclients_password_wrong"


async def test_a_token_that_does_not_open_it_saves_nothing(service: SalonService) -> None:
    for token in ("nobody-has-this-token", service.twin.admin_token):
        with pytest.raises(VendorError):
            await connect(service, Pass(token), SECOND)
    assert await service.states() == {}
    for given, code in (
        (Pass(), "yclients_pass_missing"),
        (Pass(login="only"), "yclients_pass_missing"),
        (Pass("two words"), "yclients_pass_invalid"),
        (Pass("x" * 501), "yclients_pass_invalid"),
    ):
        with pytest.raises(InvalidInput, match=code):
            await connect(service, given)


async def test_another_enterprises_and_an_installed_salon_are_refused(
    service: SalonService,
) -> None:
    await connect(service, Pass(service.twin.owner_token))
    neighbour = Actor("them", Role.ENTERPRISE_ADMIN, THERE, service.there.admin.id)
    direct = service.house.yclients.direct
    with pytest.raises(Conflict, match="yclients_salon_elsewhere"):
        await direct(neighbour, THERE, SALON, Pass(service.twin.owner_token))
    employee = Actor("e", Role.EMPLOYEE, HERE, service.here.employee.id)
    with pytest.raises(Forbidden, match="not_allowed"):
        await direct(employee, HERE, SALON, Pass(service.twin.owner_token))
    await service.install(SECOND)
    with pytest.raises(Conflict, match="yclients_salon_installed"):
        await connect(service, Pass(service.twin.owner_token), SECOND)


async def test_a_refused_token_breaks_it_and_a_new_one_mends_it(service: SalonService) -> None:
    await connect(service, Pass(service.twin.owner_token))
    user = service.twin.world.user(OWNER_LOGIN)
    (one,) = await service.house.yclients.standing.all(HERE)
    account = open_account(service.house.vault, one.record)
    await service.house.yclients.look.hear(account, "yclients_token_refused", "Нет доступа")
    assert (await service.states())[SALON][1:] == ("broken", "yclients_token_refused")
    await connect(service, Pass(user.token))
    assert (await service.states())[SALON][1:] == ("active", None)
    assert await service.value("SELECT count(*) FROM connections WHERE kind = 'yclients'") == 1


async def test_installing_takes_the_place_of_an_own_token(service: SalonService) -> None:
    await connect(service, Pass(service.twin.owner_token))
    await service.install(SALON)
    (one,) = await service.house.yclients.standing.all(HERE)
    assert one.installed
    assert one.record.status is ConnectionStatus.ACTIVE
    assert "user_token" not in one.record.sealed


async def test_leaving_takes_our_hooks_off_and_leaves_those_of_others(
    service: SalonService,
) -> None:
    await connect(service, Pass(service.twin.owner_token))
    (one,) = await service.house.yclients.standing.all(HERE)
    account = open_account(service.house.vault, one.record)
    ours = f"{service.url}/api/v1/webhooks/yclients/{account.secrets['hook_secret']}"
    theirs = "https://other.example/hook"
    hooks = service.house.yclients.vendors.get().hooks
    await service.twin.order("hooks", company=SALON, urls=[theirs, ours], active=1)
    assert set(await hooks.addresses(account)) == {theirs, ours}
    await service.house.yclients.leave(service.admin, HERE, one.record.id, force=False)
    assert list(await hooks.addresses(account)) == [theirs]

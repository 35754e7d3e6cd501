"""Storing and switching connections under everything that may happen at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncssh
import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.ports import CrmDesk, Probe, RegistrationReport
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, NotFound, Stage, VendorError
from tests.support.house import open_house

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)
CRM, PBX = ConnectionKind.RETAILCRM, ConnectionKind.ASTERISK


class Desk:
    """A CRM that answers what the test wants, in its order."""

    kind = CRM

    def __init__(self, *answers: Exception | RegistrationReport) -> None:
        self.answers = list(answers)
        self.heard: list[Any] = []

    async def register(self, _account: Any, registration: Any) -> RegistrationReport:
        self.heard.append(registration)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def probe(self, _account: Any) -> Probe:
        return Probe(ok=True, message="probe_ready", time_zone="Europe/Minsk")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as opened:
        async with opened.db.unit() as unit:
            for number in (HERE, THERE):
                await unit.enterprises.create(number, name=number)
        yield opened


def form(address: str = "june.retailcrm.ru", **config: Any) -> ConnectionForm:
    return ConnectionForm(CRM, address, secrets={"api_key": "not-a-real-key"}, config=config)


def pbx_form(address: str = "pbx.example.com", **config: Any) -> ConnectionForm:
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
    return ConnectionForm(PBX, address, secrets=secrets, config=config)


async def test_settings_saved_at_once_are_all_kept(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    changes = [{f"option_{number}": number} for number in range(8)]
    await asyncio.gather(*(house.set_up.save(ADMIN, HERE, form(**one)) for one in changes))
    config = (await house.set_up.stored(HERE, CRM)).config
    assert config == {f"option_{number}": number for number in range(8)}


async def test_none_takes_an_option_away(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, form(default_site="shop"))
    await house.set_up.save(ADMIN, HERE, form(default_site=None))
    assert (await house.set_up.stored(HERE, CRM)).config == {}


async def _read_half(house: House) -> None:
    async with house.db.unit() as unit:
        await unit.phone_book_reads.enrol_everywhere([CRM.value])
        await unit.connection.execute(
            "UPDATE phone_book_reads SET page = 7, owner = gen_random_uuid(), "
            "lease_until = now() + interval '1 hour', due_at = now() + interval '1 day'"
        )


async def _read_stands(house: House) -> tuple[int, bool]:
    """The last page that was read, and whether anybody may go on now."""
    async with house.db.single() as unit:
        row = await unit.connection.fetchrow(
            "SELECT page, owner IS NULL AND due_at <= clock_timestamp() AS due "
            "FROM phone_book_reads"
        )
    return row["page"], row["due"]


@pytest.mark.parametrize(
    ("address", "key", "anew"),
    [
        ("june.retailcrm.ru", "not-a-real-key", False),
        ("june.retailcrm.ru", "another-unreal-key", True),
        ("july.retailcrm.ru", "not-a-real-key", True),
    ],
)
async def test_another_address_or_key_of_the_crm_reads_its_clients_anew(
    house: House, address: str, key: str, anew: bool
) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    await house.set_up.activate(ADMIN, HERE, CRM)
    await _read_half(house)
    await house.set_up.save(ADMIN, HERE, ConnectionForm(CRM, address, secrets={"api_key": key}))
    assert await _read_stands(house) == ((0, True) if anew else (7, False))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "pbx_host_missing"),
        ("pbx host", "pbx_host_invalid"),
        ("pbx.example.com:0", "pbx_port_invalid"),
        ("pbx.example.com:70000", "pbx_port_invalid"),
    ],
)
async def test_a_pbx_needs_a_host(house: House, address: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await house.set_up.save(ADMIN, HERE, pbx_form(address))
    assert refused.value.code == code


async def test_a_pbx_may_serve_several_tenants_a_crm_may_not(house: House) -> None:
    for number in (HERE, THERE):
        record = await house.set_up.save(ADMIN, number, pbx_form("ami://PBX.example.com/"))
        assert record.base_url == "ami://pbx.example.com:5038"
    await house.set_up.save(ADMIN, HERE, form())
    with pytest.raises(Conflict) as refused:
        await house.set_up.save(ADMIN, THERE, form())
    assert refused.value.code == "account_already_connected"


async def test_a_pbx_secret_stays_with_its_host(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, pbx_form())
    with pytest.raises(InvalidInput) as refused:
        await house.set_up.save(ADMIN, HERE, ConnectionForm(PBX, "elsewhere.example.com"))
    assert refused.value.code == "secret_needed_for_new_address"
    with pytest.raises(InvalidInput):
        await house.set_up.save(ADMIN, HERE, ConnectionForm(PBX, "pbx.example.com:5039"))


async def test_what_is_not_set_up_is_not_found(house: House) -> None:
    with pytest.raises(NotFound) as missing:
        await house.set_up.pause(ADMIN, HERE, CRM)
    assert missing.value.code == "connection_not_set_up"


async def register(house: House, desk: Desk, **options: bool) -> RegistrationReport:
    house.enrol._desks = {CRM: cast("CrmDesk", desk)}
    return await house.enrol.register(ADMIN, HERE, **options)


DONE = RegistrationReport(verified=True, codes={})
LOST = VendorError(ErrorKind.UNSURE, "no answer", stage=Stage.SENT)
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502)


@pytest.mark.parametrize("first", [LOST, DOWN])
async def test_a_lost_answer_is_asked_for_once_more(house: House, first: VendorError) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    desk = Desk(first, DONE)
    assert (await register(house, desk)).verified
    assert desk.heard[0] == desk.heard[1]
    assert (await house.set_up.stored(HERE, CRM)).status is ConnectionStatus.ACTIVE


async def test_a_refusal_is_not_repeated(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    desk = Desk(VendorError(ErrorKind.REJECTED, "Errors in the entity format", status=400))
    with pytest.raises(VendorError):
        await register(house, desk)
    assert len(desk.heard) == 1
    assert (await house.set_up.stored(HERE, CRM)).status is ConnectionStatus.DRAFT


async def test_two_registrations_at_once_give_out_one_link(house: House) -> None:
    """A double click on the button: whichever edit the CRM keeps, its link opens the door."""
    await house.set_up.save(ADMIN, HERE, form())
    desk = Desk(DONE, DONE)
    await asyncio.gather(register(house, desk), register(house, desk))
    held_by_crm = desk.heard[-1].account_url.partition("token=")[2]
    assert (await house.entrance.admit(held_by_crm)).enterprise == HERE


async def test_a_refused_rotation_restores_the_client_id(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    await register(house, Desk(DONE))
    before = (await house.set_up.stored(HERE, CRM)).client_id_hash
    with pytest.raises(VendorError):
        await register(house, Desk(DOWN, DOWN), rotate=True)
    assert (await house.set_up.stored(HERE, CRM)).client_id_hash == before
    await register(house, Desk(DONE), rotate=True)
    assert (await house.set_up.stored(HERE, CRM)).client_id_hash != before


async def test_what_a_test_learns_does_not_undo_a_save(house: House) -> None:
    await house.set_up.save(ADMIN, HERE, form())
    house.enrol._probers = {CRM: cast("CrmDesk", Desk())}
    await asyncio.gather(
        house.enrol.test(ADMIN, HERE, CRM),
        house.set_up.save(ADMIN, HERE, form(default_performer="16")),
    )
    config = (await house.set_up.stored(HERE, CRM)).config
    assert config == {"sites": {}, "time_zone": "Europe/Minsk", "default_performer": "16"}


async def test_a_neighbours_change_leaves_our_keys_in_memory(house: House) -> None:
    keys = {}
    for number in (HERE, THERE):
        actor = Actor("tests", Role.ENTERPRISE_ADMIN, number)
        made = await house.keys.create(actor, number, name="k", scopes={Permission.READ_CALLS})
        keys[number] = made.secret
        await house.keys.actor(made.secret)
    misses = house.keys.stats()["misses"]
    house.config_changed('{"enterprise_number":"0411","integration_type":"retailcrm"}')
    await house.keys.actor(keys[HERE])
    assert house.keys.stats()["misses"] == misses
    await house.keys.actor(keys[THERE])
    assert house.keys.stats()["misses"] == misses + 1
    house.config_changed("not JSON")
    assert house.keys.stats()["size"] == 0


def ssh_form(key: str, address: str = "pbx.example.com", **config: Any) -> ConnectionForm:
    shape = {"link": "ssh", "ssh_user": "kommutator", **config}
    return ConnectionForm(PBX, address, secrets={"ssh_key": key} if key else {}, config=shape)


async def test_a_private_key_is_the_one_secret_with_line_breaks(house: House) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(InvalidInput, match="ssh_key_missing"):
        await house.set_up.save(ADMIN, HERE, ssh_form(""))
    for bad in ("a\nb", key + "\x00", key.replace("PRIVATE", "PUBLIC")):
        with pytest.raises(InvalidInput, match="ssh_key_invalid"):
            await house.set_up.save(ADMIN, HERE, ssh_form(bad))
    smuggled = ConnectionForm(PBX, "pbx.example.com", secrets={"ami_secret": key, "ami_user": "x"})
    with pytest.raises(InvalidInput, match="secret_invalid"):
        await house.set_up.save(ADMIN, HERE, smuggled)

    record = await house.set_up.save(ADMIN, HERE, ssh_form(key, ssh_port=2222))
    assert record.base_url == "ssh://pbx.example.com:2222"
    with pytest.raises(InvalidInput, match="secret_needed_for_new_address"):
        await house.set_up.save(ADMIN, HERE, ssh_form("", "other.example.com", ssh_port=2222))
    other_page = ConnectionForm(PBX, "pbx.example.com:2222", config={"context": "x"})
    kept = await house.set_up.save(ADMIN, HERE, other_page)
    assert (kept.base_url, kept.config["context"]) == ("ssh://pbx.example.com:2222", "x")
    with pytest.raises(InvalidInput, match="secret_needed_for_new_address"):  # of the AMI user
        await house.set_up.save(
            ADMIN, HERE, ConnectionForm(PBX, "pbx.example.com", config={"link": "ami"})
        )

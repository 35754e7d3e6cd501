"""The files for a PBX: secrets made once, kept sealed, changed only on request."""

import io
import zipfile
from collections.abc import AsyncIterator

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.pbx_files import Flavour
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.flows.pbx_setup import PbxWishes, instructions, zipped
from kommutator.flows.secrets import seal_secrets
from kommutator.kit.errors import InvalidInput, NotFound, Unauthorized
from tests.support.house import TenantOfTests, open_house, settle_tenant

ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, EnterpriseNumber("0367"))


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, public_url="https://gate.example") as opened:
        yield opened


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


async def test_without_a_connection_the_host_makes_one(house: House, here: TenantOfTests) -> None:
    with pytest.raises(NotFound) as refused:
        await house.pbx_setup.files(ADMIN, here.number, PbxWishes())
    assert refused.value.code == "connection_not_set_up"

    bundle = await house.pbx_setup.files(ADMIN, here.number, PbxWishes(host="127.0.0.1"))
    account = await house.directory.account_of(here.number, ConnectionKind.ASTERISK)
    assert account is not None
    assert account.status == "draft"
    assert account.secrets["ami_user"] == bundle.values.ami_user == "kommutator-0367"
    assert account.secrets["ami_secret"] in "".join(file.text for file in bundle.files)
    assert (bundle.values.permit, bundle.guessed) == ("127.0.0.1", True)


async def test_an_unknown_enterprise_gets_nothing(house: House) -> None:
    with pytest.raises(NotFound) as refused:
        await house.pbx_setup.files(ADMIN, EnterpriseNumber("0999"), PbxWishes(host="pbx.example"))
    assert refused.value.code == "enterprise_not_found"


async def test_an_older_connection_gets_the_secrets_it_lacks(
    house: House, here: TenantOfTests
) -> None:
    connection_id = house.ids.uuid()
    old = {"ami_user": "gateway", "ami_secret": "as-it-was-typed"}
    async with house.db.unit() as unit:
        await unit.connections.create(
            here.number, connection_id, kind=ConnectionKind.ASTERISK, name="PBX",
            base_url="ami://pbx.example:5038", account_key=None, config={"link": "ssh"},
            sealed=seal_secrets(house.vault, here.number, connection_id, old),
        )  # fmt: skip
    first = await house.pbx_setup.files(ADMIN, here.number, PbxWishes(trunk="provider"))
    assert (first.values.ami_user, first.values.ami_secret) == ("gateway", "as-it-was-typed")
    assert (first.values.permit, first.guessed) == ("127.0.0.1", False)
    sender = await house.pbx_hooks.sender(first.values.hook_secret)
    assert sender.connection_id == connection_id
    assert sender.config["trunks"] == ["provider"]
    found = await house.directory.by_client_id(sender.secrets["client_id"])
    assert found is not None

    again = await house.pbx_setup.files(ADMIN, here.number, PbxWishes())
    assert (again.values.hook_secret, again.values.trunk) == (first.values.hook_secret, "provider")


async def test_rotation_ends_the_old_secrets(house: House, here: TenantOfTests) -> None:
    first = await house.pbx_setup.files(ADMIN, here.number, PbxWishes(host="pbx.example"))
    second = await house.pbx_setup.files(ADMIN, here.number, PbxWishes(rotate=True))
    house.directory.clear()
    assert second.values.ami_secret != first.values.ami_secret
    with pytest.raises(Unauthorized):
        await house.pbx_hooks.sender(first.values.hook_secret)
    assert (await house.pbx_hooks.sender(second.values.hook_secret)).enterprise == "0367"


async def test_a_bad_value_changes_nothing(house: House, here: TenantOfTests) -> None:
    await house.pbx_setup.files(ADMIN, here.number, PbxWishes(host="pbx.example"))
    before = await house.set_up.stored(here.number, ConnectionKind.ASTERISK)
    wishes = PbxWishes(trunk="a,1)\n[x]", rotate=True)
    with pytest.raises(InvalidInput) as refused:
        await house.pbx_setup.files(ADMIN, here.number, wishes)
    assert refused.value.params == {"field": "trunk"}
    after = await house.set_up.stored(here.number, ConnectionKind.ASTERISK)
    assert after.version == before.version


async def test_a_preview_shows_no_secret_and_changes_nothing(
    house: House, here: TenantOfTests
) -> None:
    assert await house.pbx_setup.preview(here.number, PbxWishes()) is None
    form = ConnectionForm(
        ConnectionKind.ASTERISK, "pbx.example", secrets={"ami_user": "u", "ami_secret": "s" * 20}
    )
    stored = await house.set_up.save(ADMIN, here.number, form)
    shown = await house.pbx_setup.preview(here.number, PbxWishes())
    assert shown is not None
    assert "s" * 20 not in "".join(file.text for file in shown.files)
    after = await house.set_up.stored(here.number, ConnectionKind.ASTERISK)
    assert after.version == stored.version


async def test_recordings_pulled_by_ari_get_a_user(house: House, here: TenantOfTests) -> None:
    form = ConnectionForm(
        ConnectionKind.ASTERISK,
        "pbx.example",
        secrets={"ami_user": "gateway", "ami_secret": "s" * 20},
        config={"recordings": {"pull": "ari", "ari_url": "http://pbx.example:8088/ari"}},
    )
    await house.set_up.save(ADMIN, here.number, form)
    bundle = await house.pbx_setup.files(ADMIN, here.number, PbxWishes())
    account = await house.directory.account_of(here.number, ConnectionKind.ASTERISK)
    assert account is not None
    assert account.secrets["ari_password"] == bundle.values.ari_password != ""
    assert "ari" in [file.slug for file in bundle.files]


async def test_who_took_the_files_is_written_down(house: House, here: TenantOfTests) -> None:
    bundle = await house.pbx_setup.files(ADMIN, here.number, PbxWishes(host="pbx.example"))
    async with house.db.unit() as unit:
        (row, *_) = await unit.audit.page(here.number)
    assert (row.actor, row.action) == ("admin@0367.example", "connection.pbx_files")
    assert bundle.values.ami_secret not in str(row.detail)


@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
async def test_the_instructions_name_every_file_in_words(
    house: House, here: TenantOfTests, locale: str
) -> None:
    for flavour in ("asterisk", "freepbx"):
        wishes = PbxWishes(host="pbx.example", flavour=Flavour(flavour))
        bundle = await house.pbx_setup.files(ADMIN, here.number, wishes)
        told = instructions(house.texts, locale, bundle)
        assert "pbx_file." not in told
        assert "pbx_setup." not in told
        assert bundle.values.ami_secret not in told
        archive = zipfile.ZipFile(io.BytesIO(zipped(bundle.files, told)))
        modes = {i.filename: i.external_attr >> 16 & 0o777 for i in archive.infolist()}
        assert modes.pop("kommutator-pbx/INSTALL.txt") == 0o644
        assert all(modes[f"kommutator-pbx/{f.name}"] & 0o077 == 0 for f in bundle.files if f.secret)
        assert all(file.name in told for file in bundle.files)

"""What is chosen for a PBX: judged wherever it is stored, its password kept to one address."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.queue_pause import member_of, queues_of
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.flows.pbx_choices import check_pbx_choices
from kommutator.kit.errors import InvalidInput
from tests.support.house import open_house

HERE = EnterpriseNumber("0367")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)
PBX = "pbx.example.com"
ARI = f"http://{PBX}:8088/ari"
PASSWORDS = {"ari_user": "puller", "ari_password": "ari-password-not-real"}


def form(host: str = PBX, *, passwords: dict[str, str] | None = None, **config: Any) -> Any:
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret", **(passwords or {})}
    return ConnectionForm(ConnectionKind.ASTERISK, host, secrets=secrets, config=config)


def pulling(url: str) -> dict[str, str]:
    return {"pull": "ari", "ari_url": url}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as opened:
        async with opened.db.unit() as unit:
            await unit.enterprises.create(HERE, name="June")
        yield opened


def judge(config: dict[str, Any]) -> None:
    check_pbx_choices(config, f"ami://{PBX}:5038", private_hosts={"trusted.local"})


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"region": "BY", "queues": ["sales", "_night-2"], "queue_member": "SIP/{extension}"},
        {"region": None, "queues": None, "queue_member": None},
        {"queue_member": "Local/{extension}@from-queue/n"},
        {"recordings": pulling(ARI)},
        {"recordings": pulling("https://elsewhere.example/pbx-1/ari")},
        {"recordings": pulling("http://trusted.local:8088/ari")},
        {"recordings": {"pull": "none", "ari_url": ARI, "delete": True}},
    ],
)
def test_what_is_possible_passes(config: dict[str, Any]) -> None:
    judge(config)
    assert queues_of(config) == (config.get("queues") or [])
    assert "150" in member_of("150", config)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"region": "XX"}, "region_unknown"),
        ({"region": "by"}, "region_unknown"),
        ({"region": "001"}, "region_unknown"),
        ({"queues": ["sales", "two words"]}, "queue_name_invalid"),
        ({"queues": ["sales\r\nAction: Command"]}, "queue_name_invalid"),
        ({"queues": [f"q{n}" for n in range(101)]}, "queue_name_invalid"),
        ({"queue_member": "PJSIP/150"}, "queue_member_invalid"),
        ({"queue_member": "{extension}"}, "queue_member_invalid"),
        ({"queue_member": "Local/{extension}@{extension}/n"}, "queue_member_invalid"),
        ({"queue_member": "PJSIP/{extension}\r\nAction: x"}, "queue_member_invalid"),
        ({"recordings": {"pull": "ftp"}}, "pull_unknown"),
        ({"recordings": {"pull": "ari"}}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://{PBX}:8088")}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://{PBX}:99999/ari")}, "ari_url_invalid"),
        ({"recordings": pulling(f"ftp://{PBX}/ari")}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://u:p@{PBX}/ari")}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://{PBX}/ari?x=/ari")}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://{PBX}/ari#")}, "ari_url_invalid"),
        ({"recordings": pulling("http://[/ari")}, "ari_url_invalid"),
        ({"recordings": pulling(f"http://{PBX}/x y/ari")}, "ari_url_invalid"),
        ({"recordings": pulling("http://elsewhere.example/ari")}, "ari_url_needs_https"),
        ({"recordings": {"pull": "none", "ari_url": "http://10.0.0.1/ari"}}, "ari_url_needs_https"),
    ],
)
def test_what_is_not_possible_is_refused(config: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        judge(config)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/ari",
        f"http://{PBX}:8089/ari",
        f"https://{PBX}:8088/ari",
    ],
)
async def test_an_ari_password_stays_with_its_address(house: House, url: str) -> None:
    await house.set_up.save(ADMIN, HERE, form(passwords=PASSWORDS, recordings=pulling(ARI)))
    only_half = {"ari_password": "another-not-real"}
    for passwords in (None, only_half):
        with pytest.raises(InvalidInput, match="secret_needed_for_new_address"):
            await house.set_up.save(ADMIN, HERE, form(passwords=passwords, recordings=pulling(url)))
    # Nor by way of no address at all.
    await house.set_up.save(ADMIN, HERE, form(recordings={"pull": "none"}))
    with pytest.raises(InvalidInput, match="secret_needed_for_new_address"):
        await house.set_up.save(ADMIN, HERE, form(recordings=pulling(url)))
    saved = await house.set_up.save(ADMIN, HERE, form(passwords=PASSWORDS, recordings=pulling(url)))
    assert saved.config["recordings"]["ari_url"] == url


async def test_another_page_saves_though_the_row_was_written_by_hand(house: House) -> None:
    """Whoever changes the dialling is not asked about queues; a new host judges all anew."""
    await house.set_up.save(ADMIN, HERE, form(recordings=pulling(ARI)))
    async with house.db.unit() as unit:
        await unit.connection.execute(
            """UPDATE connections SET config = config || '{"region": "by"}'"""
        )
    saved = await house.set_up.save(ADMIN, HERE, form(context="click2call"))
    assert saved.config["context"] == "click2call"
    with pytest.raises(InvalidInput, match="region_unknown"):
        await house.set_up.save(ADMIN, HERE, form("new.example.com"))
    with pytest.raises(InvalidInput, match="ari_url_needs_https"):
        await house.set_up.save(ADMIN, HERE, form("new.example.com", region="BY"))

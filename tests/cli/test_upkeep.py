"""Looking after a standing system from the command line."""

import socket
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import aiohttp
import msgspec
import pytest

from kommutator.domain.commands import CancelCall
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.house import House
from kommutator.flows.secrets import open_secrets
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.keyring import parse_keys
from kommutator.store import migrate
from kommutator.store.outbox import Owed
from tests.support.command import ask, environment, start
from tests.support.house import MASTER_KEYS, open_house, settle_tenant


async def test_settings_are_judged_all_at_once(tmp_path: Path) -> None:
    code, said = await ask("settings", env=environment(tmp_path, port=70000, pubic_url="http://x"))
    assert code == 2
    assert "KOMMUTATOR_PORT: " in said
    assert "KOMMUTATOR_PUBIC_URL: is not a setting; did you mean KOMMUTATOR_PUBLIC_URL?" in said


async def test_fine_settings_are_said_to_be_fine(tmp_path: Path) -> None:
    code, said = await ask("settings", env=environment(tmp_path, public_url="https://gate.example"))
    expected = f"The settings are fine. Data: {tmp_path}, address: https://gate.example.\n"
    assert (code, said) == (0, expected)
    shown = await ask("settings", "--show-home", env=environment(tmp_path))
    assert shown == (0, f"{tmp_path}\n")


async def test_migrate_brings_an_empty_database_to_head(
    tmp_path: Path, empty_database_url: str
) -> None:
    env = environment(tmp_path, database_url=empty_database_url)
    assert not await migrate.is_current(empty_database_url)
    for _ in range(2):
        code, said = await ask("migrate", env=env)
        assert (code, said) == (0, f"Database schema: {migrate.head()}.\n")
    assert await migrate.is_current(empty_database_url)


async def test_a_database_that_is_away_ends_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://nobody:not-a-real-word@127.0.0.1:{port}/nothing"
    code, said = await ask("migrate", env=environment(tmp_path, database_url=url))
    assert code == 1
    assert said.startswith("The database does not answer (ConnectionRefusedError).")
    assert "Traceback" not in said
    assert "not-a-real-word" not in said


async def test_new_key_then_rotate_then_the_old_one_can_go(
    tmp_path: Path, database_url: str
) -> None:
    code, key = await ask("new-key", "k2", env=environment(tmp_path))
    assert code == 0
    async with open_house(database_url) as house:
        tenant = await settle_tenant(house, "0367")
        both = environment(
            tmp_path, database_url=database_url, master_keys=f"{key.strip()},{MASTER_KEYS}"
        )
        code, said = await ask("rotate-keys", env=both)
        assert (code, said) == (0, "Secrets under the new key: 1, there already: 0.\n")
        async with house.db.unit() as unit:
            record = await unit.connections.get(tenant.number, tenant.crm_id)
    secrets = open_secrets(Vault(parse_keys(key.strip())), record)
    assert secrets["client_id"] == tenant.client_id
    with pytest.raises(VaultError):
        open_secrets(Vault(parse_keys(MASTER_KEYS)), record)


async def _give_up(house: House, number: EnterpriseNumber, connection: UUID) -> list[int]:
    owed = [
        Owed(f"crm:{connection}", connection, name, CancelCall(call_id=name), f"{name}:once")
        for name in ("a", "b")
    ]
    async with house.db.unit() as unit:
        ids = await unit.outbox.add(number, owed)
        await unit.connection.execute("UPDATE outbox SET state = 'dead', finished_at = now()")
    return ids


async def test_replay_by_id_and_by_span(tmp_path: Path, database_url: str) -> None:
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    async with open_house(database_url) as house:
        tenant = await settle_tenant(house, "0367")
        first, second = await _give_up(house, tenant.number, tenant.crm_id)

        async def states() -> list[str]:
            async with house.db.unit() as unit:
                rows = [await unit.outbox.get(tenant.number, number) for number in (first, second)]
            return [row.state for row in rows if row]

        assert await ask("replay", "0367", "--id", str(first), env=env) == (0, "Due again: 1.\n")
        assert await states() == ["due", "dead"]
        today = house.clock.now()
        span = [f"{today + timedelta(days=days):%Y-%m-%d}" for days in (-1, 2)]
        by_span = ("--since", span[0], "--until", span[1])
        assert await ask("replay", "0367", *by_span, env=env) == (0, "Due again: 1.\n")
        assert await states() == ["due", "due"]
        assert (await ask("replay", "0411", "--id", str(second), env=env))[1] == "Due again: 0.\n"
        assert (await ask("replay", "0367", env=env))[0] == 2


async def test_twins_stand_alone_and_say_where(tmp_path: Path) -> None:
    env = environment(tmp_path)
    async with start("twins", "--json", "--port", "0", env=env) as command:
        described = msgspec.json.decode(await command.until("}"))
        url = described["retailcrm"]["base_url"]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/_twin/credentials") as answer:
                account = (await answer.json())["accounts"][0]
            headers = {"X-API-KEY": account["api_key"]}
            async with session.get(f"{url}/api/credentials", headers=headers) as answer:
                assert (await answer.json())["success"] is True
        assert await command.end() == 0


async def test_a_past_period_is_told_as_words_and_as_json(
    tmp_path: Path, database_url: str
) -> None:
    async with open_house(database_url) as house:
        await settle_tenant(house, "0367")
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    span = ("--enterprise", "0367", "--since", "2026-11-20", "--until", "2026-11-21")
    code, said = await ask("reprocess", *span, env=env)
    assert code == 0
    assert "Calls: 0 unchanged, 0 changed, 0 new, 0 vanished." in said
    assert "This was a trial" in said

    ledger = tmp_path / "Master.csv"
    ledger.write_text(
        '"CHAN_START","1795186800.5","","+375000000070","","","","375000000001","from-trunk",'
        '"PJSIP/trunk-0","","","3","","1.1","1.1","","","",""\n'
        '"HANGUP","1795186803.5","","+375000000070","","","","375000000001","from-trunk",'
        '"PJSIP/trunk-0","","","3","","1.1","1.1","","","","{""hangupcause"":16}"\n'
    )
    code, said = await ask("reprocess", *span, "--cel", str(ledger), "--json", env=env)
    assert code == 0, said
    told = msgspec.json.decode(said)
    assert (code, told["counts"], told["applied"]) == (0, {"new": 1}, 0)
    assert [f["call_id"] for f in told["findings"]] == ["1.1"]

    edge = ("--enterprise", "0367", "--since", "0001-01-01", "--until", "9999-12-31")
    code, said = await ask("reprocess", *edge, env=env)
    assert (code, "Traceback" in said) == (2, False)
    assert "within the calendar" in said

    for option, file, why in (
        ("--cdr", tmp_path / "nothing", "No such file or directory"),
        ("--cel", tmp_path, "Is a directory"),
    ):
        code, said = await ask("reprocess", *span, option, str(file), env=env)
        assert code == 1
        assert f"The file {file} cannot be opened: {why}." in said.replace("\n", " ")

"""`whatsapp`: a phone linked from a terminal, while a worker of another process holds the line."""

from pathlib import Path

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from tests.support.command import ask, environment, start
from tests.support.factories import value
from tests.support.house import MASTER_KEYS
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp
from tests.support.whatsapp_house import SALON_PHONE, a_worker, admin

HERE = EnterpriseNumber("0367")
_ID = "SELECT connection_id FROM whatsapp_sessions"


async def test_a_code_is_drawn_scanned_and_the_phone_logged_out(
    tmp_path: Path, database_url: str
) -> None:
    db = await Database.open(database_url, size=2)
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Spring")
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    code, said = await ask("whatsapp", "logout", "--enterprise", "0367", env=env)
    assert (code, said) == (1, "This enterprise has no WhatsApp phone.\n")
    world = FakeWhatsApp()
    async with a_worker(database_url, world):
        args = ("whatsapp", "link", "--enterprise", "0367")
        async with start(*args, env=env) as command:
            await command.until("▀")
            assert "Waiting for a code. On the phone: WhatsApp" in command.said
            line = await world.line(await value(db, _ID))
            await line.scan(SALON_PHONE)
            await command.until(f"{SALON_PHONE}")
            await command.process.wait()
        assert (command.process.returncode, "open:" in command.said) == (0, True)
        code, said = await ask("whatsapp", "logout", "--enterprise", "0367", env=env)
        assert (code, "logged_out:" in said) == (0, True), said

    async def wiped() -> bool:
        return bool(await value(db, "SELECT count(*) = 0 FROM whatsapp_keys"))

    await eventually(wiped)
    await db.close()


async def test_of_several_phones_one_is_to_be_chosen(tmp_path: Path, database_url: str) -> None:
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    async with a_worker(database_url, FakeWhatsApp()) as house:
        async with house.db.unit() as unit:
            await unit.enterprises.create(HERE, name="Spring")
        for _ in range(2):
            await house.whatsapp.create(admin(), HERE, None)
        code, said = await ask("whatsapp", "link", "--enterprise", "0367", env=env)
        assert code == 1
        assert said.startswith("There are several phones, choose one: --connection …\n")
        assert said.count("new: ") == 2
        assert await ask("whatsapp", "list", "--enterprise", "0367", env=env) == (
            0, said.partition("\n")[2],
        )  # fmt: skip

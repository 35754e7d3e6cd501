"""`outreach`: the switch for whoever runs the house."""

from pathlib import Path

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from tests.support.command import ask, environment
from tests.support.house import MASTER_KEYS

HERE = EnterpriseNumber("0367")


async def test_everything_stops_and_one_enterprise_stays_stopped(
    tmp_path: Path, database_url: str
) -> None:
    db = await Database.open(database_url, size=2)
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Spring")
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    code, said = await ask("outreach", "pause", env=env)
    assert (code, "cli: Paused by hand." in said) == (0, True), said
    async with db.single() as unit:
        assert await unit.outreach_pauses.is_stopped(HERE)
        await unit.outreach_pauses.resume_everywhere(
            at=(await unit.outreach_pauses.of(HERE))[0].since
        )
    code, said = await ask("outreach", "resume", "--enterprise", "0367", env=env)
    assert (code, "nothing is paused" in said) == (0, True), said
    await db.close()

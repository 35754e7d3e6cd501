"""`kommutator pbx setup` writes files that only their owner can read."""

from pathlib import Path

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from tests.support.command import ask, environment
from tests.support.house import MASTER_KEYS, open_house, settle_tenant


async def test_setup_writes_the_files_and_says_where(tmp_path: Path, database_url: str) -> None:
    async with open_house(database_url) as house:
        await settle_tenant(house, "0367")
    env = environment(
        tmp_path, database_url=database_url, master_keys=MASTER_KEYS,
        public_url="https://gate.example",
    )  # fmt: skip
    out = tmp_path / "out"
    arguments = ["pbx", "setup", "--enterprise", "0367", "--out", str(out)]
    code, said = await ask(*arguments, env=env)
    assert code == 1
    assert said.startswith("This connection is not set up yet")

    code, said = await ask(*arguments, "--host", "pbx.example", "--trunk", "provider", env=env)
    assert (code, str(out) in said, "INSTALL.txt" in said) == (0, True, True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()}
    assert modes["kommutator.conf"] == modes["manager.kommutator.conf"] == 0o600
    assert modes["kommutator-recording"] == 0o755
    assert "https://gate.example/asterisk/route" in (out / "kommutator.conf").read_text()
    assert "@provider,60" in (out / "kommutator.conf").read_text()
    assert "Files for the PBX" not in (out / "INSTALL.txt").read_text()

    taken = [*arguments[:-1], str(out / "INSTALL.txt" / "below")]
    code, said = await ask(*taken, env=env)
    assert (code, "--out" in said, "KOMMUTATOR_HOME" in said) == (1, True, False)

    secret = (out / "manager.kommutator.conf").read_text()
    code, _ = await ask(*arguments, "--flavour", "freepbx", "--rotate-secret", env=env)
    assert code == 0
    assert (out / "manager_custom.conf").read_text() != secret

    code, said = await ask(*arguments, "--trunk", "a;b", env=env)
    assert code == 1
    assert "trunk" in said


async def test_the_client_id_is_shown_once_there_is_one(tmp_path: Path, database_url: str) -> None:
    async with open_house(database_url) as house:
        await settle_tenant(house, "0367")
        env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
        arguments = ["pbx", "client-id", "--enterprise", "0367"]
        code, said = await ask(*arguments, env=env)
        assert (code, said.startswith("This connection is not set up yet")) == (1, True)

        out = ["--out", str(tmp_path / "out")]
        setup = ["pbx", "setup", "--enterprise", "0367", "--host", "pbx.example", *out]
        assert (await ask(*setup, env=env))[0] == 0
        code, said = await ask(*arguments, env=env)
        assert code == 0
        found = await house.directory.by_client_id(said.strip())
        assert found is not None
        assert (found.enterprise, found.kind) == ("0367", ConnectionKind.ASTERISK)
        async with house.db.unit() as unit:
            (shown, *_) = await unit.audit.page(EnterpriseNumber("0367"))
        assert (shown.actor, shown.action) == ("cli", "connection.client_id")
        assert shown.detail == {"made": []}

        code, another = await ask(*arguments, "--rotate", env=env)
        assert (code, another != said) == (0, True)
        await house.directory.refresh_all()
        assert await house.directory.by_client_id(said.strip()) is None
        assert await house.directory.by_client_id(another.strip()) is not None


async def test_without_a_subcommand_it_is_still_the_process(tmp_path: Path) -> None:
    code, said = await ask("pbx", env=environment(tmp_path, port=70000))
    assert code == 2
    assert "KOMMUTATOR_PORT" in said

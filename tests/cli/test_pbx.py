"""`kommutator pbx setup` writes files that only their owner can read."""

from pathlib import Path

from tests.support.command import environment, run
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
    code, said = await run(*arguments, env=env)
    assert code == 1
    assert said.startswith("This connection is not set up yet")

    code, said = await run(*arguments, "--host", "pbx.example", "--trunk", "provider", env=env)
    assert (code, str(out) in said, "INSTALL.txt" in said) == (0, True, True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()}
    assert modes["kommutator.conf"] == modes["manager.kommutator.conf"] == 0o600
    assert modes["kommutator-recording"] == 0o755
    assert "https://gate.example/asterisk/route" in (out / "kommutator.conf").read_text()
    assert "@provider,60" in (out / "kommutator.conf").read_text()
    assert "Files for the PBX" not in (out / "INSTALL.txt").read_text()

    secret = (out / "manager.kommutator.conf").read_text()
    code, _ = await run(*arguments, "--flavour", "freepbx", "--rotate-secret", env=env)
    assert code == 0
    assert (out / "manager_custom.conf").read_text() != secret

    code, said = await run(*arguments, "--trunk", "a;b", env=env)
    assert code == 1
    assert "trunk" in said


async def test_without_a_subcommand_it_is_still_the_process(tmp_path: Path) -> None:
    code, said = await run("pbx", env=environment(tmp_path, port=70000))
    assert code == 2
    assert "KOMMUTATOR_PORT" in said
